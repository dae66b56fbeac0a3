import { entropyOfValues } from "../../kernel/measure/entropy";
import { entropyOfPieces } from "../../kernel/measure/entropy-pieces";

const values = Float32Array.from({ length: 5000 }, (_, i) => {
  if (i % 7 === 0) return i % 2 === 0 ? 0 : -0;
  return Math.round(Math.sin(i) * (i % 3 === 0 ? 1000 : 9)) / 64;
});

const visit = (visitPiece: (piece: Float32Array) => void): void => {
  for (let start = 0; start < values.length; start += 300) visitPiece(values.slice(start, start + 300));
};

test.each([1, 40, 500, 10_000])("with %i values in memory it is that of the whole, to the last bit", (most) => {
  expect(entropyOfPieces(values.length, visit, most)).toBe(entropyOfValues(values));
});

test("no values have none", () => {
  expect(entropyOfPieces(0, () => undefined)).toBe(0);
});

test("a share has as many values as may be in memory, and the next begins where it would have more", () => {
  // Of four upper halves 30, 20, 5 and 46 values: the first two are a share of 50, the others one each.
  const four = Float32Array.from({ length: 101 }, (_, i) => (i < 30 ? 1 : i < 50 ? 2 : i < 55 ? 4 : 8));
  let visits = 0;
  const bits = entropyOfPieces(
    four.length,
    (visitPiece) => {
      visits++;
      visitPiece(four);
    },
    50,
  );
  expect(visits).toBe(4);
  expect(bits).toBe(entropyOfValues(four));
});
