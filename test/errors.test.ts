import * as errors from "../kernel/errors";

const cause = new Error("below");
const raised = [
  [new errors.FormatError("a.gguf", 12, "length 9", "8", { cause }), "FORMAT", "a.gguf, byte 12: length 9; expected 8"],
  [new errors.SourceError("a.bin", "no such file", { cause }), "SOURCE", "a.bin: no such file"],
  [new errors.OptionError("linear(): no"), "OPTION", "linear(): no"],
  [new errors.NonFiniteError("fc", 3, NaN, "linear"), "NON_FINITE", "fc: weight 3 is NaN; linear needs finite weights"],
  [new errors.CancelledError("reading"), "CANCELLED", "reading was interrupted"],
  [new errors.WorkerError("fc", "died", { cause }), "WORKER", "fc: died"],
  [new errors.UnsupportedError("IQ1_S"), "UNSUPPORTED", "IQ1_S"],
  [new errors.WriteError("out.bin", "no space", { cause }), "WRITE", "out.bin: no space"],
] as const;

describe("typed errors", () => {
  test.each(raised)("%s has its code and its text", (error, code, message) => {
    expect(error).toBeInstanceOf(errors.CodebookError);
    expect(error).toBeInstanceOf(Error);
    expect([error.code, error.message]).toEqual([code, message]);
    expect(error.name).toBe(error.constructor.name);
  });

  test("have names and codes of their own", () => {
    expect(new Set(raised.map(([error]) => error.name)).size).toBe(raised.length);
    expect(new Set(raised.map(([, code]) => code)).size).toBe(raised.length);
  });

  test("keep the numbers that explain them, and their cause", () => {
    expect(raised[0][0]).toMatchObject({ file: "a.gguf", offset: 12, expected: "8", cause });
    expect(raised[1][0]).toMatchObject({ file: "a.bin", cause });
    expect(raised[3][0]).toMatchObject({ layer: "fc", index: 3, value: NaN });
    expect(raised[5][0]).toMatchObject({ item: "fc", cause });
    expect(raised[7][0]).toMatchObject({ file: "out.bin", cause });
  });

  test("tell a weight that a step made from one that the model holds", () => {
    const made = new errors.NonFiniteError("fc", 3, Infinity, "low rank 3", "computed");
    expect(made.message).toBe(
      "fc: low rank 3 made Infinity of weight 3, which is finite; the layer is beyond what the step computes with",
    );
    expect([made.origin, raised[3][0].origin]).toEqual(["computed", "source"]);
  });
});
