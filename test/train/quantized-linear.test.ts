import * as tf from "@tensorflow/tfjs";
import { NonFiniteError, OptionError } from "../../kernel/errors";
import { QuantizedLinear } from "../../kernel/train/quantized-linear";
import { mounted, onEachBackend, seededNumbers } from "./support";

/** w′ of symmetric `linear` in plain numbers, one scale per column, each step rounded to float32 as the layer's are. */
function roundByHand(w: Float32Array, inputs: number, outputs: number, bits: number, shared: boolean): Float32Array {
  const result = new Float32Array(w.length);
  const largestCode = 2 ** (bits - 1) - 1;
  for (let o = 0; o < outputs; o++) {
    let largest = 0;
    w.forEach((value, index) => {
      if (shared || index % outputs === o) largest = Math.max(largest, Math.abs(value));
    });
    const scale = Math.fround(largest / largestCode);
    for (let i = 0; i < inputs; i++) {
      const ratio = scale === 0 ? 0 : Math.fround(w[i * outputs + o] / scale);
      const floor = Math.floor(ratio);
      const up = ratio - floor > 0.5 || (ratio - floor === 0.5 && floor % 2 !== 0);
      const code = Math.max(-largestCode, Math.min(largestCode, floor + (up ? 1 : 0)));
      result[i * outputs + o] = Math.fround(code * scale);
    }
  }
  return result;
}

function built(
  options: ConstructorParameters<typeof QuantizedLinear>[0] & object,
  kernel?: tf.Tensor2D,
): QuantizedLinear {
  const layer = mounted(new QuantizedLinear(options));
  if (kernel) layer.setWeights([kernel, ...(options.useBias === false ? [] : [tf.zeros([options.outputSize])])]);
  return layer;
}

onEachBackend(() => {
  test("rounds a column worked by hand: scale 3/3, ties to even, a zero column stays zero", () => {
    tf.tidy(() => {
      // columns: [3, 0.5, -1.5, 2.5] with qmax 3 gives scale 1 and codes 3, 0, -2, 2
      const kernel = tf.tensor2d([3, 0, 0.5, 0, -1.5, 0, 2.5, 0], [4, 2]);
      const layer = built({ inputSize: 4, outputSize: 2, bits: 3 }, kernel);
      expect([...layer.quantizedKernel().dataSync()].map((v) => v + 0)).toEqual([3, 0, 0, 0, -2, 0, 2, 0]);
      layer.dispose();
    });
  });

  test("one bit keeps the sign and the mean magnitude", () => {
    tf.tidy(() => {
      const layer = built({ inputSize: 4, outputSize: 1, bits: 1 }, tf.tensor2d([1, -2, 0, 5], [4, 1]));
      expect([...layer.quantizedKernel().dataSync()]).toEqual([2, -2, 2, 2]);
      layer.dispose();
    });
  });

  test.each([2, 3, 4, 5, 6, 7, 8])(
    "%i bits: equal to the formula in plain numbers, per channel and per tensor",
    (bits) => {
      const random = seededNumbers(40 + bits);
      for (const [inputs, outputs] of [
        [1, 1],
        [3, 7],
        [83, 54],
      ]) {
        const values = Float32Array.from({ length: inputs * outputs }, () => random() * 2 - 1);
        for (const per of ["channel", "tensor"] as const) {
          tf.tidy(() => {
            const layer = built(
              { inputSize: inputs, outputSize: outputs, bits, per },
              tf.tensor2d(values, [inputs, outputs]),
            );
            const expected = roundByHand(values, inputs, outputs, bits, per === "tensor");
            expect(
              layer
                .quantizedKernel()
                .dataSync()
                .map((v) => v + 0),
            ).toEqual(expected.map((v) => v + 0));
            layer.dispose();
          });
        }
      }
    },
  );

  test("computes with the quantized weights, whatever the rank of the input", () => {
    tf.tidy(() => {
      const kernel = tf.tensor2d([1, 0.4, -0.6, 0.1, 0.9, -1], [3, 2]);
      const layer = built({ inputSize: 3, outputSize: 2, bits: 2, activation: "relu" }, kernel);
      const weights = layer.quantizedKernel(); // bits 2: codes -1, 0, 1
      expect([...weights.dataSync()].map((v) => v + 0)).toEqual([1, 0, -1, 0, 1, -1]);
      const flat = layer.apply(tf.tensor2d([1, 2, 3, -1, 0, 1], [2, 3])) as tf.Tensor;
      expect([...flat.dataSync()]).toEqual([2, 0, 0, 0]);
      const deep = layer.apply(tf.tensor3d([1, 2, 3, -1, 0, 1], [1, 2, 3])) as tf.Tensor;
      expect(deep.shape).toEqual([1, 2, 2]);
      expect([...deep.dataSync()]).toEqual([2, 0, 0, 0]);
      layer.dispose();
    });
  });

  test("the gradient that reaches the weights is that of the quantized ones: straight through", () => {
    tf.tidy(() => {
      const layer = built({ inputSize: 3, outputSize: 2, bits: 3, useBias: false, seed: 5 });
      const x = tf.tensor2d([1, -2, 0.5, 3, 1, -1], [2, 3]);
      const target = tf.tensor2d([1, 0, 0, 1], [2, 2]);
      const { grads } = tf.variableGrads(() => (layer.apply(x) as tf.Tensor).sub(target).square().sum());
      const [gradient] = Object.values(grads);
      // ∂/∂w′ Σ(x·w′ − t)² = 2 xᵀ(x·w′ − t)
      const expected = x.transpose().matMul(x.matMul(layer.quantizedKernel()).sub(target)).mul(2);
      expect(gradient.shape).toEqual([3, 2]);
      expected.dataSync().forEach((value, i) => expect(gradient.dataSync()[i]).toBeCloseTo(value, 4));
      expect(Math.max(...gradient.abs().dataSync())).toBeGreaterThan(0.1);
      layer.dispose();
    });
  });

  test("the same seed gives the same first weights, another seed others", () => {
    const weights = (seed: number) => {
      const layer = built({ inputSize: 5, outputSize: 4, bits: 4, seed });
      const values = [...layer.getWeights()[0].dataSync()];
      layer.dispose();
      return values;
    };
    expect(weights(1)).toEqual(weights(1));
    expect(weights(1)).not.toEqual(weights(2));
  });

  test("a weight that is not finite is named by its index", () => {
    const kernel = tf.tensor2d([1, 2, NaN, 4], [2, 2]);
    const bias = tf.zeros([2]);
    const layer = mounted(new QuantizedLinear({ inputSize: 2, outputSize: 2, bits: 4, name: "broken" }));
    layer.setWeights([kernel, bias]);
    expect(() => layer.quantizedKernel()).toThrow(NonFiniteError);
    expect(() => layer.quantizedKernel()).toThrow(/broken: weight 2 is NaN/);
    layer.dispose();
    tf.dispose([kernel, bias]);
  });
});

describe("options", () => {
  const make = (options: object) => () => new QuantizedLinear(options as { inputSize: 1; outputSize: 1; bits: 1 });
  test.each<[string, () => unknown, RegExp]>([
    ["bits 0", () => new QuantizedLinear(4, 8, 0), /bits is 0; it takes a whole number from 1 to 8/],
    ["bits 9", () => new QuantizedLinear(4, 8, 9), /from 1 to 8/],
    ["bits missing", make({ inputSize: 4, outputSize: 8 }), /bits is undefined/],
    ["no size", make({ outputSize: 8, bits: 3 }), /inputSize is undefined/],
    ["half a unit", () => new QuantizedLinear(4, 1.5, 3), /outputSize is 1.5/],
    ["no units", () => new QuantizedLinear(0, 8, 3), /inputSize is 0; it takes a whole number from 1 to 2147483647/],
    ["too many units", () => new QuantizedLinear(4, 2 ** 31, 3), /outputSize is 2147483648/],
    ["half a seed", make({ inputSize: 4, outputSize: 8, bits: 3, seed: 0.5 }), /seed is 0.5; .* from 0 to 4294967295/],
    ["a seed below 0", make({ inputSize: 4, outputSize: 8, bits: 3, seed: -1 }), /seed is -1/],
    ["a misspelt option", make({ inputSize: 4, outputSize: 8, bit: 3 }), /unknown option "bit"; did you mean "bits"/],
    ["a misspelt choice", make({ inputSize: 4, outputSize: 8, bits: 3, per: "chanel" }), /did you mean "channel"/],
    [
      "an unknown activation",
      make({ inputSize: 4, outputSize: 8, bits: 3, activation: "rellu" }),
      /activation is "rellu"/,
    ],
    [
      "an unknown initializer",
      make({ inputSize: 4, outputSize: 8, bits: 3, kernelInitializer: "glorotnormal" }),
      /did you mean "glorotNormal"/,
    ],
    [
      "a shape that does not fit",
      make({ inputSize: 4, outputSize: 8, bits: 3, inputShape: [5] }),
      /does not end in inputSize, 4/,
    ],
    ["weights before they are there", () => new QuantizedLinear(4, 8, 3).quantizedKernel(), /has no weights yet/],
  ])("%s", (_, action, message) => {
    expect(action).toThrow(OptionError);
    expect(action).toThrow(message);
  });

  test("inputs of another size than said are refused", () => {
    const model = tf.sequential();
    model.add(tf.layers.dense({ units: 6, inputShape: [2] }));
    expect(() => model.add(new QuantizedLinear(4, 8, 3))).toThrow(OptionError);
    model.dispose();
  });
});
