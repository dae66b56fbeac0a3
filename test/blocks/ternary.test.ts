import { ternaryBlocks } from "../../kernel/blocks/ternary";
import { codecIn, roundTrip, weightsOf } from "./helpers";

test.each(ternaryBlocks.map(({ name }) => name))("%s: ternary weights come back exactly, with any scale", (name) => {
  const codec = codecIn(ternaryBlocks, name);
  for (const scale of [1, 0.25, 96]) {
    const weights = weightsOf(256, (i) => scale * (((i * i + i) % 3) - 1));
    expect(Array.from(roundTrip(codec, weights).values, (x) => x + 0)).toEqual(Array.from(weights, (x) => x + 0));
  }
  expect(roundTrip(codec, new Float32Array(256)).values.every((value) => value === 0)).toBe(true);
});

test("TQ1_0: a byte has five digits of base 3, stored as ⌈256·n/243⌉", () => {
  // All codes 2 (w = d): n = 242 in the first 48 bytes, four digits and a zero in the last four.
  const { bytes } = roundTrip(
    codecIn(ternaryBlocks, "TQ1_0"),
    weightsOf(256, () => 1),
  );
  expect([bytes[0], bytes[47], bytes[48]]).toEqual([Math.ceil((256 * 242) / 243), 255, Math.ceil((256 * 240) / 243)]);
  expect(Buffer.from(bytes.subarray(52)).toString("hex")).toBe("003c");
});

test("TQ2_0: four codes a byte, 32 apart", () => {
  const { bytes } = roundTrip(
    codecIn(ternaryBlocks, "TQ2_0"),
    weightsOf(256, (i) => (i < 32 ? 1 : i < 64 ? -1 : 0)),
  );
  expect(bytes[0]).toBe(0b01_01_00_10);
});

test("a weight at half of the largest goes away from zero", () => {
  const { values } = roundTrip(
    codecIn(ternaryBlocks, "TQ2_0"),
    weightsOf(256, (i) => [1, 0.5, -0.5, 0.49][i] ?? 0),
  );
  expect(Array.from(values.subarray(0, 4), (x) => x + 0)).toEqual([1, 1, -1, 0]);
});
