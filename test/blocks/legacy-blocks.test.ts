import { legacyBlocks } from "../../kernel/blocks/legacy-blocks";
import { codecIn, largestError, roundTrip, weightsOf } from "./helpers";
import { gaussianWeights } from "./weights";

const codec = (name: "Q4_0" | "Q4_1" | "Q5_0" | "Q5_1" | "Q8_0") => codecIn(legacyBlocks, name);

describe("by hand", () => {
  test("Q4_0: the peak goes to code 0, and zero is code 8", () => {
    const { bytes, values } = roundTrip(
      codec("Q4_0"),
      weightsOf(32, (i) => (i === 0 ? -8 : i === 16 ? 7 : i === 1 ? 1 : 0)),
    );
    // d = −8 / −8 = 1; codes 0, 9, 8 … in low nibbles, 15, 8, … in high ones.
    expect(Buffer.from(bytes.subarray(0, 5)).toString("hex")).toBe("003c" + "f0" + "89" + "88");
    expect([values[0], values[1], values[16], values[2]]).toEqual([-8, 1, 7, 0]);
  });

  test("Q4_0: an end is cut off on the other side of the peak", () => {
    expect(
      roundTrip(
        codec("Q4_0"),
        weightsOf(32, (i) => (i === 0 ? -8 : i === 1 ? 8 : 0)),
      ).values[1],
    ).toBe(7);
  });

  test("Q4_1: minimum and step are kept, both ends are exact", () => {
    const { bytes, values } = roundTrip(
      codec("Q4_1"),
      weightsOf(32, (i) => 2 + (i % 16)),
    );
    expect(Buffer.from(bytes.subarray(0, 4)).toString("hex")).toBe("003c0040");
    expect(Array.from(values.subarray(0, 16))).toEqual(Array.from({ length: 16 }, (_, i) => 2 + i));
  });

  test("Q5_0: the fifth bits lie in a word of their own, bit i of code i", () => {
    const { bytes, values } = roundTrip(
      codec("Q5_0"),
      weightsOf(32, (i) => (i === 3 ? -16 : 0)),
    );
    // Zero is code 16: all fifth bits but the fourth.
    expect(Buffer.from(bytes.subarray(0, 6)).toString("hex")).toBe("003c" + "f7ffffff");
    expect([values[3], values[4]]).toEqual([-16, 0]);
  });

  test("Q5_1: 32 levels from the minimum on", () => {
    expect(
      roundTrip(
        codec("Q5_1"),
        weightsOf(32, (i) => i - 4),
      ).values,
    ).toEqual(weightsOf(32, (i) => i - 4));
  });

  test("Q8_0: 127 is the largest, halves go away from zero", () => {
    const { bytes } = roundTrip(
      codec("Q8_0"),
      weightsOf(32, (i) => [127, -127, 0.5, -0.5, 1.5][i] ?? 0),
    );
    expect(Array.from(new Int8Array(bytes.buffer, 2, 5))).toEqual([127, -127, 1, -1, 2]);
  });
});

test.each([
  ["Q4_0", 1],
  ["Q4_1", 0.5],
  ["Q5_0", 1],
  ["Q5_1", 0.5],
  ["Q8_0", 0.5],
] as const)("%s: no weight is further off than %d steps", (name, steps) => {
  const weights = gaussianWeights(32, 5);
  const { values } = roundTrip(codec(name), weights);
  const [low, high] = [Math.min(...weights), Math.max(...weights)];
  const peak = Math.max(high, -low);
  const step = { Q4_0: peak / 8, Q4_1: (high - low) / 15, Q5_0: peak / 16, Q5_1: (high - low) / 31, Q8_0: peak / 127 }[
    name
  ];
  expect(largestError(weights, values)).toBeLessThan(steps * step * 1.01 + peak * 2 ** -10);
});

test.each(legacyBlocks.map(({ name }) => name))("%s: zeros stay zeros", (name) => {
  // −0 where d is −0.
  expect(roundTrip(codecIn(legacyBlocks, name), new Float32Array(32)).values.every((value) => value === 0)).toBe(true);
});
