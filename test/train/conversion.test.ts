import * as tf from "@tensorflow/tfjs";
import { OptionError } from "../../kernel/errors";
import { fromTensor, toTensor } from "../../kernel/train/conversion";
import { onEachBackend } from "./support";

onEachBackend(() => {
  test("a kernel (in, out) becomes (out, in), and back", async () => {
    const kernel = tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]);
    const ours = await fromTensor(kernel, { name: "dense/kernel" });
    expect([ours.name, ours.shape, ours.dtype, ours.parameters, ours.sizeBytes]).toEqual([
      "dense/kernel",
      [3, 2],
      "F32",
      6,
      24,
    ]);
    expect([...(await ours.read())]).toEqual([1, 4, 2, 5, 3, 6]);
    expect([...new Float32Array((await ours.readBytes()).buffer)]).toEqual([1, 4, 2, 5, 3, 6]);
    const back = await toTensor(ours);
    expect(back.shape).toEqual([2, 3]);
    expect([...back.dataSync()]).toEqual([1, 2, 3, 4, 5, 6]);
    tf.dispose([kernel, back]);
  });

  test("a convolution (height, width, in, out) becomes (out, in, height, width), and back", async () => {
    const kernel = tf.tidy(() => tf.range(0, 2 * 3 * 4 * 5).reshape([2, 3, 4, 5]));
    const ours = await fromTensor(kernel);
    expect(ours.shape).toEqual([5, 4, 2, 3]);
    // ours[o, i, h, w] is kernel[h, w, i, o]
    const at = (o: number, i: number, h: number, w: number) => ((o * 4 + i) * 2 + h) * 3 + w;
    expect((await ours.read())[at(4, 1, 1, 2)]).toBe(((1 * 3 + 2) * 4 + 1) * 5 + 4);
    const back = await toTensor(ours);
    expect(back.shape).toEqual([2, 3, 4, 5]);
    expect([...back.dataSync()]).toEqual([...kernel.dataSync()]);
    tf.dispose([kernel, back]);
  });

  test("plain keeps the axes; vectors, scalars, empty and whole numbers pass", async () => {
    const given = [
      tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]),
      tf.tensor1d([1, 2]),
      tf.scalar(7),
      tf.zeros([0, 3]),
      tf.tensor1d([1, -2], "int32"),
    ];
    const [plain, vector, scalar, empty, whole] = await Promise.all(
      given.map((tensor) => fromTensor(tensor, { layout: "plain" })),
    );
    expect([plain.shape, [...(await plain.read())]]).toEqual([
      [2, 3],
      [1, 2, 3, 4, 5, 6],
    ]);
    expect([vector.shape, [...(await vector.read())]]).toEqual([[2], [1, 2]]);
    expect([scalar.shape, scalar.parameters, [...(await scalar.read())]]).toEqual([[], 1, [7]]);
    expect([empty.shape, empty.parameters]).toEqual([[0, 3], 0]);
    expect([whole.dtype, [...(await whole.read())]]).toEqual(["I32", [1, -2]]);
    tf.dispose(given);
  });

  test("what a caller changes afterwards does not change the tensor", async () => {
    const variable = tf.tidy(() => tf.variable(tf.tensor1d([1, 2]), true, "weights"));
    const ours = await fromTensor(variable);
    expect(ours.name).toBe("weights");
    tf.tidy(() => variable.assign(tf.tensor1d([3, 4])));
    (await ours.read())[0] = 9;
    expect([...(await ours.read())]).toEqual([1, 2]);
    variable.dispose();
  });

  test("misfits are refused", async () => {
    await expect(toTensor({ values: new Float32Array(5), shape: [2, 3] })).rejects.toThrow(OptionError);
    const words = tf.tensor1d(["a", "b"]);
    await expect(fromTensor(words)).rejects.toThrow(/type string/);
    words.dispose();
  });
});
