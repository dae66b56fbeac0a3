import { OptionError } from "../../kernel/errors";
import { tilingOfGroups } from "../../kernel/grid/tiles";
import type { GridOptions } from "../../kernel/grid/uniform-grid";
import { fastUniform, plainUniform } from "../../kernel/loops/uniform";

const tiling = tilingOfGroups({ rows: 1, rowLength: 4, groupLength: 2, groupsPerRow: 2 });
const weights = Float32Array.of(7, -3.5, 0.5, 1);
const grid = (bits: GridOptions["bits"], symmetric: boolean): GridOptions => ({
  bits,
  symmetric,
  scaleDtype: "F32",
  range: "minmax",
});

describe.each([
  ["plain", plainUniform],
  ["fast", fastUniform],
])("%s", (_, loops) => {
  test("by hand: 4 symmetric bits, scale max|w|/7", () => {
    const { codes, scales, zeroPoints } = loops.encode(weights, tiling, grid(4, true), "linear");
    // −3.5 is a tie, to even; 0.5 over the float32 of 1/7, which is a little more than 1/7, is none.
    expect(codes).toEqual(Int8Array.of(7, -4, 3, 7));
    expect(scales).toEqual(Float32Array.of(1, 1 / 7));
    expect(zeroPoints.length).toBe(0);
  });

  test("by hand: 2 bits with a zero point, over a range that holds 0", () => {
    const { codes, scales, zeroPoints } = loops.encode(weights, tiling, grid(2, false), "linear");
    expect(scales).toEqual(Float32Array.of(3.5, 1 / 3));
    expect([...zeroPoints]).toEqual([1, 0]);
    // 0.5 is 1.5 steps: to even.
    expect([...codes]).toEqual([3, 0, 2, 3]);
  });

  test("by hand: 1 symmetric bit is the sign, its scale the mean of |w|", () => {
    const { codes, scales } = loops.encode(Float32Array.of(3, -1, -0, -4), tiling, grid(1, true), "linear");
    expect([...codes]).toEqual([1, -1, 1, -1]);
    expect([...scales]).toEqual([2, 2]);
  });

  test("steps: rint(w/step), ties to even", () => {
    expect(loops.encodeSteps(Float32Array.of(0.25, 0.75, -1.3, 4e6), 0.5, "linear")).toEqual(
      Int32Array.of(0, 2, -3, 8e6),
    );
    const tooFar = () => loops.encodeSteps(Float32Array.of(0, 4e9), 1, "linear");
    expect(tooFar).toThrow(OptionError);
    expect(tooFar).toThrow("linear(): weight 1 is 4000000000, beyond 2^31 steps of 1");
  });

  test("values are scale·(q − zero point), of codes of every width", () => {
    const scales = Float32Array.of(0.5, 2);
    const decoded = (codes: Uint8Array | Int8Array | Int16Array | Int32Array, zeros?: Uint8Array | Int32Array) => [
      ...loops.decode(codes, tiling, scales, zeros),
    ];
    expect(decoded(Int8Array.of(-3, 4, 1, -2))).toEqual([-1.5, 2, 2, -4]);
    expect(decoded(Int16Array.of(-300, 4, 1, -2))).toEqual([-150, 2, 2, -4]);
    expect(decoded(Int32Array.of(-300, 4, 1, -70_000))).toEqual([-150, 2, 2, -140_000]);
    expect(decoded(Uint8Array.of(3, 0, 1, 255), Uint8Array.of(1, 2))).toEqual([1, -0.5, -2, 506]);
    // Signed codes with unsigned zero points, and with zero points of 32 bits.
    expect(decoded(Int8Array.of(-3, 0, 1, 127), Uint8Array.of(200, 0))).toEqual([-101.5, -100, 2, 254]);
    expect(decoded(Int8Array.of(-3, 0, 1, 127), Int32Array.of(1000, 0))).toEqual([-501.5, -500, 2, 254]);
  });

  test("one scale for all: exact up to 2^24 and rounded once beyond it", () => {
    const one = { ...tiling, rows: 1, rowLength: 2, width: 2, tilesPerRow: 1, tiles: 1, tableShape: [1] };
    const far = 0x1000001;
    expect([...loops.decode(Int32Array.of(-5, 0x1000000), one, Float32Array.of(3), undefined)]).toEqual([
      -15, 50331648,
    ]);
    expect(loops.decode(Int32Array.of(far, 1), one, Float32Array.of(3), undefined)[0]).toBe(Math.fround(3 * far));
  });
});
