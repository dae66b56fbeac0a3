import { escapeMarkup } from "../../kernel/report/visible-text";
import { curvesAlternative, curvesToSvg } from "../../kernel/static/svg-curves";
import { hostileCurves, rateCurves } from "../fixtures/report/curves";
import { expectGolden, expectPlainSvg } from "./golden";

test.each([
  ["curves", rateCurves()],
  ["curves-hostile", hostileCurves('<img src=x onerror=alert(1)> $x$ "&\u202e')],
])("the picture of %s is the committed one, well-formed, without script or link", (name, view) => {
  const svg = curvesToSvg(view);
  expectGolden(`${name}.svg`, svg);
  expectPlainSvg(svg);
  for (const curve of view.curves) expect(svg).toContain(escapeMarkup(curve.name));
});

test("the text alternative says what is drawn over what, and beside which bounds", () => {
  expect(curvesAlternative(rateCurves())).toBe(
    "all-MiniLM-L6-v2: SQNR (dB) over bits per weight of linear, nf4, rans alone, beside Gaussian bound and Shannon lower bound.",
  );
});

test("no curve at all is said so", () => {
  expect(curvesToSvg({ ...rateCurves(), curves: [] })).toContain("No curve was measured.");
});
