import * as tf from "@tensorflow/tfjs";
import { CodebookError, OptionError } from "../../kernel/errors";
import { tfBackend } from "../../kernel/train/backend";
import { hasNativeBinding, onEachBackend, seededNumbers } from "./support";

test("the first that can be had, and why the others could not", async () => {
  const backend = await tfBackend();
  expect(backend.name).toBe(hasNativeBinding() ? "tensorflow" : "wasm");
  expect(backend.skipped.map(({ name }) => name)).toEqual(hasNativeBinding() ? [] : ["tensorflow"]);
  for (const { reason } of backend.skipped) expect(reason).not.toBe("");
  expect(tf.getBackend()).toBe(backend.name);
});

test("no handler of rejections is left behind", async () => {
  const before = process.listeners("unhandledRejection").length;
  await tfBackend({ prefer: "wasm" });
  expect(process.listeners("unhandledRejection").length).toBe(before);
});

test("plain JavaScript when asked, silently", async () => {
  const warn = jest.spyOn(console, "warn");
  expect((await tfBackend({ prefer: ["cpu"] })).name).toBe("cpu");
  tf.tidy(() => expect([...tf.round([0.5, 1.5, 2.5]).dataSync()]).toEqual([0, 2, 2]));
  expect(warn).not.toHaveBeenCalled();
  warn.mockRestore();
});

test("wrong words are named", async () => {
  await expect(tfBackend({ prefer: "tensorfow" as "wasm" })).rejects.toThrow(/did you mean "tensorflow"/);
  await expect(tfBackend({ prefer: [] })).rejects.toThrow(OptionError);
  if (!hasNativeBinding()) await expect(tfBackend({ prefer: "tensorflow" })).rejects.toThrow(CodebookError);
});

onEachBackend((name) => {
  test("rounds ties to even", () => {
    tf.tidy(() =>
      expect([...tf.round([0.5, 1.5, 2.5, -0.5, -1.5]).dataSync()].map((v) => v + 0)).toEqual([0, 2, 2, 0, -2]),
    );
  });

  test("a network with a convolution, an embedding and sparse labels has gradients", async () => {
    const random = seededNumbers(6);
    const image = tf.tensor4d(Array.from({ length: 2 * 5 * 5 * 2 }, random), [2, 5, 5, 2]);
    const filter = tf.tidy(() => tf.variable(tf.tensor4d(Array.from({ length: 3 * 3 * 2 * 3 }, random), [3, 3, 2, 3])));
    const table = tf.tidy(() => tf.variable(tf.tensor2d(Array.from({ length: 4 * 3 }, random), [4, 3])));
    const ids = tf.tensor1d([2, 0, 2], "int32");
    const loss = () =>
      tf.add(tf.conv2d(image, filter, 1, "valid").square().sum(), tf.gather(table, ids).square().sum()) as tf.Scalar;
    const { value, grads } = tf.variableGrads(loss, [filter, table]);
    const byTable = [...grads[table.name].dataSync()];
    // Σ over the picks of 2·row: row 2 was picked twice, row 0 once
    const rows = [...table.dataSync()];
    [2, 0, 4, 0].forEach((factor, row) => {
      for (let column = 0; column < 3; column++)
        expect(byTable[row * 3 + column]).toBeCloseTo(factor * rows[row * 3 + column], 5);
    });
    // the filter's gradient by central differences
    const exact = [...grads[filter.name].dataSync()];
    const values = [...filter.dataSync()];
    for (const k of [0, 17, 53]) {
      const lossAt = (shift: number) =>
        tf.tidy(() => {
          filter.assign(
            tf.tensor4d(
              values.map((v, i) => (i === k ? v + shift : v)),
              [3, 3, 2, 3],
            ),
          );
          return loss().dataSync()[0];
        });
      expect(((lossAt(0.05) - lossAt(-0.05)) / 0.1 / exact[k]).toFixed(2)).toBe("1.00");
    }
    tf.dispose([image, filter, table, ids, value, ...Object.values(grads)]);
    expect(tf.getBackend()).toBe(name);
  });
});
