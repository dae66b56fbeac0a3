import {
  isWarnedOf,
  markedName,
  warningKinds,
  warningLine,
  warningLines,
  warningsOf,
} from "../../kernel/report/warnings";
import { reportToHtml } from "../../kernel/static/html";
import { reportToMarkdown } from "../../kernel/static/markdown";
import { reportToText } from "../../kernel/static/text";
import { reportToSvg } from "../../kernel/static/svg";
import { smallReport, warnedReport } from "../fixtures/report/reports";

const report = warnedReport();
const name = (text: string) => `<${text}>`;

test("the warnings of a report are those of its layers, with their places", () => {
  expect(warningsOf(report.layers, report.variants)).toEqual(report.warnings);
  expect(report.warnings?.map(({ kind, variant }) => [kind, variant])).toEqual([
    ["low SQNR", "linear 4-bit g64"],
    ["zero groups", "linear 4-bit g64"],
    ["zero groups", "linear 3-bit g64"],
  ]);
  expect(warningKinds).toContain("wider scales");
});

test("a layer is marked where a variant that is shown has a warning of it", () => {
  const [plain, warned] = report.layers;
  expect([isWarnedOf(plain), isWarnedOf(warned), isWarnedOf(warned, [])]).toEqual([false, true, false]);
  expect([markedName(plain, name), markedName(warned, name)]).toEqual([`<${plain.name}>`, `⚠ <${warned.name}>`]);
});

test("lines name the variant where there are several, and count what is too much", () => {
  const [warning] = report.warnings ?? [];
  expect(warningLine(warning, false, name)).toBe(`<${warning.layer}>: SQNR 1.2 dB, below 3 dB`);
  expect(warningLine(warning, true, name)).toContain("> (<linear 4-bit g64>): SQNR");
  expect(warningLine({ ...warning, layer: "" }, false, name)).toBe("SQNR 1.2 dB, below 3 dB");
  const many = Array.from({ length: 20 }, (_, i) => ({ ...warning, text: `SQNR ${i / 10} dB` }));
  expect(warningLines(many, false, name)).toHaveLength(13);
  expect(warningLines(many, false, name)[12]).toBe("… 8 more in report.warnings");
  expect(warningLines(undefined, false, name)).toEqual([]);
});

test("layers of which the same is said share a line", () => {
  const said = { kind: "other type", text: "stored as F16", variant: "v" } as const;
  const layers = ["a", "b", "c"].map((layer) => ({ ...said, layer }));
  const others = [
    { ...said, layer: "a", variant: "w" },
    { ...said, layer: "c", text: "stored as Q5_0" },
  ];
  expect(warningLines([...layers, ...others], false, name)).toEqual([
    "<a> and 2 more: stored as F16",
    "<a>: stored as F16",
    "<c>: stored as Q5_0",
  ]);
  expect(warningLines(layers, true, name)).toEqual(["<a> and 2 more (<v>): stored as F16"]);
});

test.each([
  ["text", reportToText],
  ["Markdown", reportToMarkdown],
  ["HTML", reportToHtml],
])("%s lists the warnings, marks the layers, and gives the bits without embeddings", (_, form) => {
  const drawn = form(report);
  expect(drawn).toContain("12 of 96 groups of 32 weights became all zero");
  expect(drawn).toMatch(/⚠ (`|<code>)?h\.0\.attn\.c_proj\.weight/);
  expect(drawn).toMatch(/Without embeddings: [\d.]+, [\d.]+ bits\/weight\./);
  expect(form(smallReport())).not.toMatch(/⚠|Without embeddings|Warnings/);
});

test("the picture marks them too", () => {
  expect(reportToSvg(report)).toContain("⚠ attention.output");
  expect(reportToSvg(smallReport())).not.toContain("⚠");
});
