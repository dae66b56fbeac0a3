/** A compressed tensor reads as any other: a thread restores its weights, under its name and with the signal of whoever asks. */
import { linear } from "../../kernel";
import { CancelledError } from "../../kernel/errors";
import { setHostProvider } from "../../kernel/host";
import { compressLayer } from "../../kernel/layer/compress-layer";
import { CompressedTensor } from "../../kernel/layer/layer-tensor";
import { outlineOf } from "../../kernel/stored/outline";
import { restoreValues } from "../../kernel/stored/restored-weights";
import * as threads from "../../kernel/threads/pool";

const { stored } = compressLayer({
  name: "w",
  savedName: "w",
  shape: [2, 3],
  dtype: "F32",
  steps: [linear({ bits: 8, group: 3 })],
  input: { values: Float32Array.of(1, -2, 3, 4, -5, 6) },
  threshold: undefined,
});
if (!stored) throw new Error("nothing was kept");
const values = restoreValues(stored);
const tensor = new CompressedTensor({ outline: outlineOf(stored), location: stored }, "linear 8-bit g3");
afterEach(() => {
  setHostProvider(() => ({}));
  jest.restoreAllMocks();
});

test("says what is stored, and what it costs", () => {
  const { name, shape, parameters, sizeBytes, dtype, readsCopies } = tensor;
  expect({ name, shape, parameters, dtype, readsCopies }).toEqual({
    name: "w",
    shape: [2, 3],
    parameters: 6,
    dtype: "linear 8-bit g3",
    readsCopies: true,
  });
  expect(sizeBytes).toBe(outlineOf(stored).sizeBytes);
});

test("is to its model what the original was", () => {
  const located = { outline: outlineOf(stored), location: stored };
  const axes = { output: [0], input: [1], stacked: [] };
  const origin = { role: "linear", roleReason: "a test", axes, name: "other" } as const;
  expect(new CompressedTensor(located, "x", origin)).toMatchObject({
    name: "w",
    role: "linear",
    roleReason: "a test",
    axes,
  });
  expect([tensor.role, tensor.roleReason, tensor.axes]).toEqual([undefined, undefined, undefined]);
});

test("gives the restored weights, and the same as bytes, anew each time", async () => {
  const first = await tensor.read();
  expect(first).toEqual(values);
  first.fill(0);
  expect(await tensor.read()).toEqual(values);
  expect(new Float32Array((await tensor.readBytes()).buffer)).toEqual(values);
});

test("is restored under its name, with the caller's signal before the running cell's", async () => {
  const asked: unknown[] = [];
  const run = (_: object, task: string, location: unknown, options: object) => {
    asked.push([task, location === stored, options]);
    return Promise.resolve(values.slice());
  };
  jest.spyOn(threads, "sharedPool").mockReturnValue({ run } as never);
  const [own, cells] = [new AbortController().signal, new AbortController().signal];
  await tensor.read();
  setHostProvider(() => ({ signal: cells }));
  await tensor.read();
  await tensor.readBytes({ signal: own });
  expect(asked).toEqual([
    ["restore", true, { label: "w" }],
    ["restore", true, { label: "w", signal: cells }],
    ["restore", true, { label: "w", signal: own }],
  ]);
  expect((asked[2] as [string, boolean, { signal: AbortSignal }])[2].signal).toBe(own);
});

test("stops by its signal", async () => {
  await expect(tensor.read({ signal: AbortSignal.abort() })).rejects.toThrow(CancelledError);
});
