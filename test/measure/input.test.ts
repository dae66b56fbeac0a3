import { runInNewContext } from "node:vm";
import { OptionError } from "../../kernel/errors";
import { weightsOf } from "../../kernel/measure/input";

describe("weightsOf", () => {
  test("takes an array as it is, without a copy", () => {
    const values = Float32Array.of(1, 2);
    expect(weightsOf("f", values).weights).toBe(values);
    expect(weightsOf("f", values)).toEqual({ weights: values, shape: [2] });
  });

  test("rounds numbers to float32, and knows the shape of rows", () => {
    expect(weightsOf("f", [0.1, 1])).toEqual({ weights: Float32Array.of(0.1, 1), shape: [2] });
    expect(
      weightsOf("f", [
        [1, 2, 3],
        [4, 5, 6],
      ]),
    ).toEqual({ weights: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3] });
    expect(weightsOf("f", [])).toEqual({ weights: new Float32Array(0), shape: [0] });
    expect(weightsOf("f", [[], []])).toEqual({ weights: new Float32Array(0), shape: [2, 0] });
  });

  test("takes the shape that is given where it holds as many values", () => {
    expect(weightsOf("f", Float32Array.of(1, 2, 3, 4), [2, 2]).shape).toEqual([2, 2]);
    expect(
      weightsOf(
        "f",
        [
          [1, 2],
          [3, 4],
        ],
        [4],
      ).shape,
    ).toEqual([4]);
    expect(weightsOf("f", Float32Array.of(1), []).shape).toEqual([]);
    for (const shape of [[3], [2, 1.5], [-2, -2], [2, NaN]])
      expect(() => weightsOf("f", Float32Array.of(1, 2, 3, 4), shape)).toThrow(
        new OptionError(`f(): shape (${shape.join(", ")}) does not hold 4 values`),
      );
  });

  test("refuses rows of unequal length, and what are no weights", () => {
    expect(() => weightsOf("f", [[1, 2], [3]])).toThrow("f(): row 1 does not have the 2 numbers of row 0");
    expect(() => weightsOf("f", [[1], 2] as never)).toThrow("row 1 does not have");
    for (const wrong of ["1", 1, null, { length: 1 }, new Float64Array(1)])
      expect(() => weightsOf("f", wrong as never)).toThrow("must be a Float32Array or a list of numbers");
  });

  test("knows a Float32Array of another realm", () => {
    const foreign = runInNewContext("Float32Array.of(1, 2)") as Float32Array;
    expect(weightsOf("f", foreign).shape).toEqual([2]);
  });
});
