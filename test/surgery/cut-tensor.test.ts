import { inspect } from "node:util";
import { keepMap, type AxisMap } from "../../kernel/prune/channels/axis-map";
import { CutTensor } from "../../kernel/surgery/cut-tensor";
import { fromArrays } from "../../kernel/tensor/memory";
import type { Tensor } from "../../kernel/tensor/tensor";

const [origin] = fromArrays({ w: { shape: [2, 3], values: Float32Array.of(1, 2, 3, 4, 5, 6) } }).tensors;
const columns = keepMap(1, 3, Int32Array.of(0, 2));
const merged: AxisMap = {
  kind: "average",
  axis: 0,
  size: 2,
  members: Int32Array.of(0, 1),
  clusters: { starts: Int32Array.of(0, 2), members: Int32Array.of(0, 1), scale: Float64Array.of(1, 1) },
};
const half = (values: number[]): Tensor => ({
  name: "h",
  shape: [2, 1],
  dtype: "F16",
  parameters: 2,
  sizeBytes: 4,
  read: async () => Float32Array.from(values),
  readBytes: async () => Uint8Array.of(0x00, 0x3c, 0x00, 0x40),
});

describe("a tensor with parts taken out", () => {
  test("has shape, size and values of what is left, of the same type", async () => {
    const cut = new CutTensor(origin, "new name", [columns]);
    expect(cut).toMatchObject({ name: "new name", shape: [2, 2], dtype: "F32", parameters: 4, sizeBytes: 16 });
    expect(Array.from(await cut.read())).toEqual([1, 3, 4, 6]);
    expect(new Uint8Array(await cut.readBytes())).toEqual(new Uint8Array(Float32Array.of(1, 3, 4, 6).buffer));
    expect(inspect(cut)).toBe("Tensor new name: F32 [2, 2], of [2, 3]");
  });

  test("is to its model what the original is", () => {
    const axes = { output: [1], input: [0], stacked: [] };
    const array = { shape: [2, 3], values: new Float32Array(6), role: "linear", axes } as const;
    const [given] = fromArrays({ w: array }).tensors;
    expect(new CutTensor(given, "w", [columns])).toMatchObject({ role: "linear", roleReason: "as it was given", axes });
    expect(new CutTensor(origin, "w", [columns]).axes).toBeUndefined();
  });

  test("without maps is the original under its name", async () => {
    const same = new CutTensor(origin, "w", []);
    expect([same.shape, same.sizeBytes]).toEqual([[2, 3], 24]);
    expect(Array.from(await same.read())).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("copies bytes of a cut, whatever the values", async () => {
    const cut = new CutTensor(half([NaN, 2]), "h", [keepMap(0, 2, Int32Array.of(1))]);
    expect(Array.from(await cut.readBytes())).toEqual([0x00, 0x40]);
    expect(cut.dtype).toBe("F16");
  });

  test("rounds merged weights to its own 16-bit type, in values and bytes alike", async () => {
    const cut = new CutTensor(half([1, 1 + 2 ** -10]), "h", [merged]);
    expect([cut.dtype, cut.sizeBytes]).toEqual(["F16", 2]);
    expect(Array.from(await cut.readBytes())).toEqual([0x00, 0x3c]);
    expect(Array.from(await cut.read())).toEqual([1]);
  });

  test("is float32 where its type cannot hold the result", () => {
    const blocks: Tensor = { ...half([1, 2]), shape: [1, 32], dtype: "Q4_0", parameters: 32, sizeBytes: 18 };
    const cut = new CutTensor(blocks, "q", [keepMap(1, 32, Int32Array.of(0, 1))]);
    expect([cut.dtype, cut.sizeBytes]).toEqual(["F32", 8]);
  });

  test("keeps its block type where whole rows of blocks stay, and copies their bytes", async () => {
    const bytes = Uint8Array.from({ length: 36 }, (_, i) => i);
    const blocks: Tensor = {
      ...half([]),
      shape: [2, 32],
      dtype: "Q4_0",
      parameters: 64,
      sizeBytes: 36,
      readBytes: async () => bytes,
    };
    const cut = new CutTensor(blocks, "q", [keepMap(0, 2, Int32Array.of(1))]);
    expect([cut.dtype, cut.sizeBytes, cut.shape]).toEqual(["Q4_0", 18, [1, 32]]);
    expect(Array.from(await cut.readBytes())).toEqual(Array.from(bytes.subarray(18)));
  });

  test("stops by the signal", async () => {
    const cut = new CutTensor(origin, "w", [columns]);
    await expect(cut.read({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "CANCELLED" });
  });
});
