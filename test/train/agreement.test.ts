import * as tf from "@tensorflow/tfjs";
import { linear } from "../../kernel/quantize/linear";
import { quantize } from "../../kernel/quantize/quantize";
import { magnitude } from "../../kernel/prune/magnitude";
import { prune } from "../../kernel/prune/prune";
import { PrunedLinear, QuantizedLinear, fromTensor } from "../../kernel/train";
import { mounted, onEachBackend, seededNumbers } from "./support";

onEachBackend(() => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])("%i bits: w′ is that of linear, bit for bit", async (bits) => {
    const random = seededNumbers(70 + bits);
    for (const per of ["channel", "tensor"] as const)
      for (const [inputSize, outputSize] of [
        [1, 1],
        [7, 3],
        [145, 83],
      ]) {
        const layer = mounted(new QuantizedLinear({ inputSize, outputSize, bits, per, useBias: false }));
        const values = Float32Array.from(
          { length: inputSize * outputSize },
          () => (random() + random() + random() - 1.5) / 7,
        );
        if (outputSize > 1) for (let i = 0; i < inputSize; i++) values[i * outputSize + 1] = 0; // an output of zeros
        const kernel = tf.tensor2d(values, [inputSize, outputSize]);
        layer.setWeights([kernel]);
        const weights = await (await fromTensor(kernel)).read(); // (out, in)
        const expected = quantize(weights, linear({ bits, per }), { shape: [outputSize, inputSize] }).values;
        const quantizedKernel = layer.quantizedKernel();
        const found = await (await fromTensor(quantizedKernel)).read();
        expect(found.map((value) => value + 0)).toEqual(expected.map((value) => value + 0));
        tf.dispose([kernel, quantizedKernel]);
        layer.dispose();
      }
  });

  test.each([0, 0.3, 0.5, 0.95, 1])("rate %p: what is left is what magnitude leaves, ties and all", async (rate) => {
    const random = seededNumbers(90);
    for (const [inputSize, outputSize] of [
      [1, 1],
      [7, 3],
      [145, 83],
    ]) {
      const layer = mounted(new PrunedLinear({ inputSize, outputSize, pruningRate: rate, useBias: false }));
      const values = Float32Array.from({ length: inputSize * outputSize }, () => Math.round(random() * 20 - 10) / 8);
      const kernel = tf.tensor2d(values, [inputSize, outputSize]);
      layer.setWeights([kernel, layer.getWeights()[1]]);
      layer.prune();
      const weights = await (await fromTensor(kernel)).read(); // (out, in)
      const expected = prune(weights, magnitude({ sparsity: rate }), { shape: [outputSize, inputSize] }).values;
      const pruned = layer.prunedKernel();
      expect((await (await fromTensor(pruned)).read()).map((v) => v + 0)).toEqual(expected.map((v) => v + 0));
      tf.dispose([kernel, pruned]);
      layer.dispose();
    }
  });
});
