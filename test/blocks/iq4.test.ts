import { iq4Blocks, iq4Values } from "../../kernel/blocks/iq4";
import { codecIn, largestError, roundTrip, weightsOf } from "./helpers";

test("the sixteen values ascend and have one sign change", () => {
  expect(iq4Values.length).toBe(16);
  for (let i = 1; i < 16; i++) expect(iq4Values[i]).toBeGreaterThan(iq4Values[i - 1]);
  expect([iq4Values[0], iq4Values[7], iq4Values[8], iq4Values[15]]).toEqual([-127, -10, 1, 113]);
});

test("IQ4_NL: multiples of the values come back exactly", () => {
  const weights = weightsOf(32, (i) => iq4Values[i % 16] / 4);
  const { bytes, values } = roundTrip(codecIn(iq4Blocks, "IQ4_NL"), weights);
  expect(Array.from(values)).toEqual(Array.from(weights));
  expect(Buffer.from(bytes.subarray(0, 2)).toString("hex")).toBe("0034"); // d = 1/4
  expect(Array.from(bytes.subarray(2, 6))).toEqual([0x00, 0x11, 0x22, 0x33]); // codes j and j + 16
});

test("IQ4_XS: groups whose scales are whole multiples come back", () => {
  // Scales −32, 16, 8 … of d = 1/32 would be: the greatest goes to −32.
  const weights = weightsOf(256, (i) => (iq4Values[i % 16] / 32) * (i < 32 ? 32 : 16));
  const { values } = roundTrip(codecIn(iq4Blocks, "IQ4_XS"), weights);
  expect(largestError(weights, values)).toBeLessThan(0.2);
});

test.each(iq4Blocks.map(({ name }) => name))("%s: zeros, and what is next to zero, give zeros", (name) => {
  const codec = codecIn(iq4Blocks, name);
  for (const size of [0, 1e-16])
    expect(
      roundTrip(
        codec,
        weightsOf(codec.weights, () => size),
      ).values.every((value) => value === 0),
    ).toBe(true);
});
