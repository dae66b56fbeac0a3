import { requantizedNote } from "../../kernel/report/requantized";
import { smallReport } from "../fixtures/report/reports";

const label = (name: string) => `[${name}]`;
const report = smallReport();
const from = (schemes: readonly (string | undefined)[]) => ({
  ...report,
  layers: schemes.map((scheme, i) => ({ ...report.layers[i], ...(scheme ? { requantized: scheme } : {}) })),
});

test("what the source had quantized already is said, by scheme", () => {
  expect(requantizedNote(report, label)).toEqual([]);
  expect(requantizedNote(from(["GPTQ 4-bit g32", "GPTQ 4-bit g32", "<FP8>", undefined]), label)).toEqual([
    "Quantized before: 3 of 4 layers ([GPTQ 4-bit g32], [<FP8>]); errors are against the values of those codes.",
  ]);
});

test("three schemes are named, and one layer is one", () => {
  expect(requantizedNote(from(["a", "b", "c", "d"]), label)[0]).toContain("4 of 4 layers ([a], [b], [c], …)");
  expect(requantizedNote(from(["a"]), label)[0]).toContain("1 of 1 layer ([a])");
});
