import { CancelledError } from "../../kernel/errors";
import type { Tensor } from "../../kernel/tensor/tensor";
import { Runner } from "../../kernel/threads/runner";

const tensor = (values: Float32Array, readsCopies?: true): Tensor => ({
  name: "t",
  shape: [values.length],
  dtype: "F32",
  parameters: values.length,
  sizeBytes: values.byteLength,
  ...(readsCopies && { readsCopies }),
  read: async () => values,
  readBytes: async () => new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
});

describe("the runner", () => {
  test("works on as many items at a time as there are workers, results in order", async () => {
    const runner = new Runner(2, undefined);
    let running = 0;
    let most = 0;
    const results = await runner.each([5, 1, 3], async (item, at) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, item));
      running--;
      return [item, at];
    });
    expect(results).toEqual([
      [5, 0],
      [1, 1],
      [3, 2],
    ]);
    expect(most).toBe(2);
  });

  test("stops the others at the first failure, and tells that one", async () => {
    const runner = new Runner(2, undefined);
    const first = new Error("first");
    const work = runner.each([0, 1], async (item) => {
      if (item === 0) throw first;
      await new Promise((_, reject) =>
        runner.signal.addEventListener("abort", () => reject(new CancelledError("item 1"))),
      );
    });
    await expect(work).rejects.toBe(first);
    expect(runner.signal.aborted).toBe(true);
    expect(runner.firstFailure(new CancelledError("item 1"))).toBe(first);
  });

  test("is stopped by the caller's signal, and says whose call was interrupted", () => {
    const outer = new AbortController();
    const runner = new Runner(1, outer.signal);
    expect(runner.signal.aborted).toBe(false);
    outer.abort();
    expect(runner.signal.aborted).toBe(true);
    expect(runner.firstFailure(new CancelledError("reading"))).toEqual(new CancelledError("compress()"));
    expect(() => new Runner(1, outer.signal)).toThrow(new CancelledError("compress()"));
  });

  test("takes the buffer of a tensor that gives copies, and copies any other", async () => {
    const runner = new Runner(1, undefined);
    const whole = new Float32Array(new ArrayBuffer(8));
    whole.set([1, 2]);
    expect((await runner.ownValues(tensor(whole, true))).buffer).toBe(whole.buffer);
    const copied = await runner.ownValues(tensor(whole));
    expect(copied.buffer).not.toBe(whole.buffer);
    expect(Array.from(copied)).toEqual([1, 2]);
    const part = await runner.ownValues(tensor(whole.subarray(1), true));
    expect([part.buffer === whole.buffer, Array.from(part)]).toEqual([false, [2]]);
    expect(Array.from(await runner.ownBytes(tensor(whole)))).toEqual(Array.from(new Uint8Array(whole.buffer)));
  });
});
