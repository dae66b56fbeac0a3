import { curveCells, curveHeadings, curveRows, curvesToCsv } from "../../kernel/report/curve-rows";
import { rateCurves } from "../fixtures/report/curves";

const view = rateCurves();

test("rows and CSV carry every measured point with its distance to each bound", () => {
  expect(curveRows(view).map(({ name, y, above }) => [name, y, above[0]?.toFixed(2)])).toEqual([
    ["linear", 6.1, "-7.44"],
    ["linear", 19.1, "-6.48"],
    ["linear", 43.4, undefined],
    ["nf4", 20.6, "-6.49"],
    ["rans alone", null, undefined],
  ]);
  expect(curvesToCsv(view)).toContain('\r\nlinear,"linear 4-bit g64",4.25,19.1,-6.48');
  expect(curvesToCsv(view)).toContain('"rans alone",rans,7.9,inf,,');
});

test("cells stand under their headings; a point without a label of its own is called by its curve", () => {
  expect(curveHeadings(view)).toEqual([
    "curve",
    "point",
    "bits per weight",
    "SQNR, dB",
    "above Gaussian bound, dB",
    "above Shannon lower bound, dB",
  ]);
  const cells = curveRows(view).map(curveCells);
  expect(cells[1]).toEqual(["linear", "linear 4-bit g64", "4.25", "19.1", "−6.48", "−7.08"]);
  expect(cells[3].slice(0, 2)).toEqual(["nf4", ""]);
  expect(cells[4].slice(3)).toEqual(["lossless", "–", "–"]);
});
