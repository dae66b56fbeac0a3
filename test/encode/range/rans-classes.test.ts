import { decode, encode } from "../../../kernel/encode/encode";
import { rans } from "../../../kernel/encode/rans";
import { blockLength, maxClasses } from "../../../kernel/encode/range/rans-classes";

/** Rows of small weights and rows of large ones, by turns. */
const symbols = Int8Array.from({ length: 40 * blockLength + 7 }, (_, i) => {
  const noise = ((i * 2654435761) >>> 0) % 101;
  return Math.floor(i / blockLength) % 2 ? (noise % 3) - 1 : noise - 50;
});

test("symbols come back in their order, a short last block too", () => {
  for (const classes of [1, 2, 5, maxClasses])
    expect(decode(encode(symbols, rans({ classes })).bytes)).toEqual(symbols);
});

test("stretches that differ cost less with a table each", () => {
  const [one, two] = [1, 2].map((classes) => encode(symbols, rans({ classes })).bytes.length);
  expect(two).toBeLessThan(0.95 * one);
});

test("a number of classes that cannot be is refused", () => {
  expect(() => rans({ classes: maxClasses + 1 })).toThrow("classes is 17");
  expect(() => rans({ classes: 2, adaptive: true })).toThrow("classes goes with stored tables");
});
