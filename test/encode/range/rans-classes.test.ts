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

test("stretches of one cost under one table are told apart by their symbols", () => {
  // Blocks of 0–7 and of 8–15, out of order: 3 bits a symbol with a table each, and nearly 4 with one.
  const kinds = Int8Array.from({ length: 60 * blockLength }, (_, i) => {
    const block = Math.floor(i / blockLength);
    return ((((i * 2654435761) >>> 0) >>> 13) % 8) + (((block * block * 7) >> 2) % 3 === 0 ? 8 : 0);
  });
  const [one, two] = [1, 2].map((classes) => encode(kinds, rans({ classes })).bytes.length);
  expect(two).toBeLessThan(0.8 * one);
});

test("a number of classes that cannot be is refused", () => {
  expect(() => rans({ classes: maxClasses + 1 })).toThrow("classes is 17");
  expect(() => rans({ classes: 2, adaptive: true })).toThrow("classes goes with stored tables");
});
