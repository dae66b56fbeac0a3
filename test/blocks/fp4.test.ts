import { fp4Blocks } from "../../kernel/blocks/fp4";
import { codecIn, roundTrip, weightsOf } from "./helpers";

const grid = [0, 0.5, 1, 1.5, 2, 3, 4, 6];

test("MXFP4: the values of E2M1 come back at every power of two", () => {
  const codec = codecIn(fp4Blocks, "MXFP4");
  for (const power of [-20, -1, 0, 7]) {
    const weights = weightsOf(32, (i) => (i % 16 < 8 ? grid[i % 8] : -grid[i % 8]) * 2 ** power);
    const { bytes, values } = roundTrip(codec, weights);
    expect(Array.from(values, (x) => x + 0)).toEqual(Array.from(weights, (x) => x + 0));
    expect(bytes[0]).toBe(127 + power);
  }
});

test("MXFP4: of two values as near the one of the lower code is taken, and −0 is never written", () => {
  const codec = codecIn(fp4Blocks, "MXFP4");
  const { bytes, values } = roundTrip(
    codec,
    weightsOf(32, (i) => [6, 0.25, -0.25, 2.5, -5, -0][i] ?? 0),
  );
  expect(Array.from(values.subarray(0, 6), (x) => x + 0)).toEqual([6, 0, 0, 2, -4, 0]);
  for (let i = 1; i < 17; i++) for (const code of [bytes[i] & 15, bytes[i] >> 4]) expect(code).not.toBe(8);
});

test("NVFP4: each sixteen weights have a scale of their own, a sixth of their peak", () => {
  const codec = codecIn(fp4Blocks, "NVFP4");
  const scales = [1, 2, 0.5, 8];
  const weights = weightsOf(64, (i) => grid[i % 8] * scales[i >> 4]);
  const { bytes, values } = roundTrip(codec, weights);
  expect(Array.from(values)).toEqual(Array.from(weights));
  // Unsigned E4M3 with bias 7.
  expect(Array.from(bytes.subarray(0, 4))).toEqual([0x38, 0x40, 0x30, 0x50]);
});

test("NVFP4: from 248 on a scale is 448", () => {
  const { bytes } = roundTrip(
    codecIn(fp4Blocks, "NVFP4"),
    weightsOf(64, (i) => (i === 0 ? 6 * 300 : i === 16 ? 6 * 240 : 0)),
  );
  expect([bytes[0], bytes[1], bytes[2]]).toEqual([0x7e, 0x77, 0]);
});
