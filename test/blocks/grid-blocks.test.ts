import { decodeBlocks } from "../../kernel/blocks";
import { gridBlocks } from "../../kernel/blocks/grid-blocks";
import { iq1Grid, iq2XxsGrid, iq3XxsGrid } from "../../kernel/blocks/grids";
import { codecIn } from "./helpers";

const decoded = (name: "IQ1_S" | "IQ2_XXS" | "IQ3_XXS", change: (bytes: Uint8Array) => void) => {
  const codec = codecIn(gridBlocks, name);
  const bytes = new Uint8Array(codec.bytes);
  bytes.set([0x00, 0x3c]); // d = 1
  change(bytes);
  const values = new Float32Array(256);
  decodeBlocks(codec, bytes, values);
  return Array.from(values.subarray(0, 8));
};

test("they are read, not written", () => {
  for (const codec of gridBlocks) expect(codec.encode).toBeUndefined();
});

test("IQ2_XXS: d·(s + ½)/4 times a point, with an even number of minus signs", () => {
  const point = (p: number) => Array.from(iq2XxsGrid().subarray(8 * p, 8 * p + 8));
  expect(decoded("IQ2_XXS", (bytes) => (bytes[2] = 3))).toEqual(point(3).map((x) => x / 8));
  // Scale 5 in the upper four bits of the word of signs; sign bits 1: weight 0 and, to be even, weight 7.
  const signed = decoded("IQ2_XXS", (bytes) => bytes.set([3, 0, 0, 0, 1, 0, 0, 0x50], 2));
  expect(signed).toEqual(point(3).map((x, i) => ((5.5 * x) / 4) * (i === 0 || i === 7 ? -1 : 1)));
});

test("IQ3_XXS: two points of four make eight weights, d·(s + ½)/2 each", () => {
  const point = (p: number) => Array.from(iq3XxsGrid().subarray(4 * p, 4 * p + 4));
  expect(decoded("IQ3_XXS", (bytes) => bytes.set([2, 9], 2))).toEqual([...point(2), ...point(9)].map((x) => x / 4));
});

test("IQ1_S: a point plus δ = 1/8, or minus it by the sign", () => {
  const point = (p: number) => Array.from(iq1Grid().subarray(8 * p, 8 * p + 8));
  expect(decoded("IQ1_S", (bytes) => (bytes[2] = 7))).toEqual(point(7).map((x) => x + 0.125));
  // The u16 at 34: upper bits of the codes 1 (code 256 + 7), scale 2 in bits 12–14, sign in bit 15.
  expect(decoded("IQ1_S", (bytes) => ((bytes[2] = 7), bytes.set([0x01, 0xa0], 34)))).toEqual(
    point(263).map((x) => 5 * (x - 0.125)),
  );
});
