import { csvCell, csvColumns, csvLines, reportToCsv } from "../../kernel/report/csv";
import { measureKeys } from "../../kernel/report/measures";
import { hostileReport, losslessReport } from "../fixtures/report/reports";
import { cases, expectGolden } from "../static/golden";

describe.each(cases)("%s", (name, make) => {
  test("has a line for every layer and variant, and the committed bytes", () => {
    const csv = reportToCsv(make());
    expect(reportToCsv(make())).toBe(csv);
    if (name === "hostile") expectGolden("hostile.csv", csv);
    const rows = make().layers.flatMap((layer) => layer.variants.filter((variant) => variant !== null));
    expect(csv.trimEnd().split("\r\n")).toHaveLength(1 + rows.length);
    const plain = csv.replace(/""/g, '"');
    for (const layer of make().layers) expect(plain).toContain(layer.name);
  });
});

test("every measure has a column", () => {
  expect(csvColumns).toHaveLength(10 + measureKeys.length + 1);
  expect(new Set(csvColumns).size).toBe(csvColumns.length);
});

test("an infinite number is inf, a missing one nothing", () => {
  expect(reportToCsv(losslessReport())).toMatch(/,inf,0,1,0,0,/);
  expect(csvLines([["a", null, undefined, 1e-7, -2]])).toBe("a,,,1e-7,-2\r\n");
});

test("quotes where they are needed", () => {
  expect(["plain", "a,b", 'say "x"', "two words", "x\ny"].map((text) => csvCell(text))).toEqual([
    "plain",
    '"a,b"',
    '"say ""x"""',
    '"two words"',
    "x\\u{a}y",
  ]);
});

test("a spreadsheet reads no formula", () => {
  const report = hostileReport();
  const csv = reportToCsv({
    ...report,
    layers: report.layers.map((layer, at) => ({ ...layer, name: ["=cmd()", "@SUM(A1)"][at] })),
  });
  expect(csv).toContain('\r\n"\'=cmd()",');
  expect(csv).toContain('\r\n"\'@SUM(A1)",');
  expect(reportToCsv(report)).toContain('"\'=cmd() <script>alert(2)</script>"');
});
