import * as tf from "@tensorflow/tfjs";
import { NonFiniteError, OptionError } from "../../kernel/errors";
import { PrunedLinear } from "../../kernel/train/pruned-linear";
import { mounted, onEachBackend, seededNumbers } from "./support";

const zerosOf = (tensor: tf.Tensor) => [...tensor.dataSync()].filter((value) => value === 0).length;

onEachBackend(() => {
  test.each([0, 0.1, 1 / 3, 0.5, 0.77, 0.9, 1])("rate %p: exactly that many zeros", (rate) => {
    for (const [inputs, outputs] of [
      [1, 1],
      [3, 7],
      [83, 54],
    ]) {
      const layer = mounted(new PrunedLinear({ inputSize: inputs, outputSize: outputs, pruningRate: rate, seed: 3 }));
      const kernel = layer.prunedKernel();
      expect(zerosOf(kernel)).toBe(Math.round(rate * inputs * outputs));
      kernel.dispose();
      layer.dispose();
    }
  });

  test("the smallest go; of equal ones the first in (out, in) order", () => {
    tf.tidy(() => {
      const layer = mounted(new PrunedLinear({ inputSize: 2, outputSize: 3, pruningRate: 0.5, useBias: false }));
      // (in, out); all 2s but one 1: it goes first, then output 0's two inputs, in (out, in) order
      layer.setWeights([tf.tensor2d([2, 2, -2, -2, 2, 1], [2, 3]), tf.ones([2, 3])]);
      layer.prune();
      expect([...layer.prunedKernel().dataSync()].map((v) => v + 0)).toEqual([0, 2, -2, 0, 2, 0]);
      layer.dispose();
    });
  });

  test("removed weights get no gradient, and the mask holds while the others learn", async () => {
    const random = seededNumbers(8);
    const x = tf.tensor2d(
      Array.from({ length: 64 * 6 }, () => random() * 2 - 1),
      [64, 6],
    );
    const model = tf.sequential();
    const layer = new PrunedLinear({ inputSize: 6, outputSize: 1, pruningRate: 0.5, seed: 2 });
    model.add(layer);
    const y = tf.tidy(() => x.matMul(layer.getWeights()[2])); // the sum of the inputs that are kept
    const optimizer = tf.train.adam(0.05);
    model.compile({ optimizer, loss: "meanSquaredError" });
    const [before, , maskBefore] = layer.getWeights().map((weight) => [...weight.dataSync()]);
    const history = await model.fit(x, y, { epochs: 60, verbose: 0, shuffle: false });
    const [after, , maskAfter] = layer.getWeights().map((weight) => [...weight.dataSync()]);
    expect(maskAfter).toEqual(maskBefore);
    maskAfter.forEach((kept, i) => {
      if (kept === 0) expect(after[i]).toBe(before[i]);
      else expect(after[i]).not.toBe(before[i]);
    });
    const losses = history.history.loss as number[];
    expect(losses[losses.length - 1]).toBeLessThan(losses[0] / 10);
    model.dispose();
    optimizer.dispose();
    tf.dispose([x, y]);
  });

  test("prune() follows the weights as they are now, at another rate when told", () => {
    tf.tidy(() => {
      const layer = mounted(new PrunedLinear({ inputSize: 4, outputSize: 1, pruningRate: 0.5, useBias: false }));
      layer.setWeights([tf.tensor2d([1, 2, 3, 4], [4, 1]), tf.tensor2d([1, 1, 0, 0], [4, 1])]);
      expect([...layer.prunedKernel().dataSync()]).toEqual([1, 2, 0, 0]);
      layer.prune();
      expect([...layer.prunedKernel().dataSync()]).toEqual([0, 0, 3, 4]);
      layer.prune(0.75);
      expect(layer.pruningRate).toBe(0.75);
      expect([...layer.prunedKernel().dataSync()]).toEqual([0, 0, 0, 4]);
      layer.prune(0.25);
      expect([...layer.prunedKernel().dataSync()]).toEqual([0, 2, 3, 4]);
      expect(() => layer.prune(1.5)).toThrow(OptionError);
      layer.setWeights([tf.tensor2d([1, Infinity, 3, 4], [4, 1]), tf.ones([4, 1])]);
      expect(() => layer.prune()).toThrow(NonFiniteError);
      layer.dispose();
    });
  });
});

test("wrong options are named", () => {
  expect(() => new PrunedLinear(4, 8, 50)).toThrow(/pruningRate is 50; it takes a number from 0 to 1/);
  const misspelt = { inputSize: 4, outputSize: 8, prunningRate: 0.5 } as unknown as {
    inputSize: 4;
    outputSize: 8;
    pruningRate: 1;
  };
  expect(() => new PrunedLinear(misspelt)).toThrow(/did you mean "pruningRate"/);
});
