import { byteCuts, cutBytes } from "../../../kernel/prune/channels/cut-bytes";
import { keepMap } from "../../../kernel/prune/channels/axis-map";

const bytes = (length: number) => Uint8Array.from({ length }, (_, i) => i & 0xff);

describe("cuts on stored bytes", () => {
  test("take rows of F16 as they are", () => {
    expect(Array.from(cutBytes(bytes(12), "F16", [3, 2], [keepMap(0, 3, Int32Array.of(0, 2))]) ?? [])).toEqual([
      0, 1, 2, 3, 8, 9, 10, 11,
    ]);
  });

  test("take columns of a plain type", () => {
    expect(Array.from(cutBytes(bytes(12), "F16", [2, 3], [keepMap(1, 3, Int32Array.of(1))]) ?? [])).toEqual([
      2, 3, 8, 9,
    ]);
  });

  test("take rows of blocks", () => {
    const cut = cutBytes(bytes(3 * 18), "Q4_0", [3, 32], [keepMap(0, 3, Int32Array.of(1))]);
    expect(Array.from(cut ?? [])).toEqual(Array.from(bytes(54).subarray(18, 36)));
  });

  test("take whole blocks out of a row", () => {
    const second = Int32Array.from({ length: 32 }, (_, i) => 32 + i);
    const cut = cutBytes(bytes(2 * 2 * 18), "Q4_0", [2, 64], [keepMap(1, 64, second)]);
    expect(Array.from(cut ?? [])).toEqual([...bytes(72).subarray(18, 36), ...bytes(72).subarray(54, 72)]);
  });

  test("are not possible through a block, in another order, or with a row that is no whole number of blocks", () => {
    const shifted = Int32Array.from({ length: 32 }, (_, i) => 16 + i);
    const turned = Int32Array.from({ length: 32 }, (_, i) => 31 - i);
    const short = Int32Array.from({ length: 31 }, (_, i) => i);
    for (const members of [shifted, turned, short])
      expect(byteCuts("Q4_0", [2, 64], [keepMap(1, 64, members)])).toBeUndefined();
    expect(
      byteCuts(
        "Q4_0",
        [2, 48],
        [
          keepMap(
            1,
            48,
            Int32Array.from({ length: 32 }, (_, i) => i),
          ),
        ],
      ),
    ).toBeUndefined();
  });

  test("are not possible for entries of zeros, merged channels, or types that are not read", () => {
    expect(byteCuts("F32", [2, 2], [keepMap(0, 2, Int32Array.of(0, -1))])).toBeUndefined();
    const clusters = { starts: Int32Array.of(0, 2), members: Int32Array.of(0, 1), scale: Float64Array.of(1, 1) };
    expect(
      byteCuts("F32", [2, 2], [{ kind: "sum", axis: 0, size: 2, members: clusters.members, clusters }]),
    ).toBeUndefined();
    expect(byteCuts("SOMETHING", [2, 2], [keepMap(0, 2, Int32Array.of(0))])).toBeUndefined();
  });

  test("follow one another, each on what the one before left", () => {
    const maps = [keepMap(0, 3, Int32Array.of(0, 2)), keepMap(1, 2, Int32Array.of(1))];
    expect(Array.from(cutBytes(bytes(6), "U8", [3, 2], maps) ?? [])).toEqual([1, 5]);
  });

  test("none at all leave the bytes", () => {
    const own = bytes(4);
    expect(cutBytes(own, "F32", [1], [])).toBe(own);
  });
});
