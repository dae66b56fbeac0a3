import { escapeMarkup } from "../../kernel/report/visible-text";
import { reportToSvg } from "../../kernel/static/svg";
import * as reports from "../fixtures/report/reports";
import { cases, expectGolden, expectPlainSvg } from "./golden";

describe.each(cases)("%s", (name, make) => {
  test("gives the committed bytes, and the same on repeat", () => {
    const once = reportToSvg(make());
    expect(reportToSvg(make())).toBe(once);
    expectGolden(`${name}.svg`, once);
  });

  test.each(["rows", "map"] as const)(
    "as %s: well-formed, without script, style sheet, link or id, inside the page",
    (arrangement) => {
      const svg = reportToSvg(make(), { arrangement });
      expectPlainSvg(svg);
      const places = [...svg.matchAll(/<text x="(-?[\d.]+)"/g)].map(([, x]) => Number(x));
      expect(places.length).toBeGreaterThan(10);
      expect(Math.max(...places)).toBeLessThanOrEqual(960);
      for (const layer of make().layers) expect(svg).toContain(escapeMarkup(layer.name));
    },
  );
});

test("no layer at all is said so; more than eight variants are drawn eight at a time", () => {
  expect(reportToSvg({ ...reports.smallReport(), layers: [] })).toContain("No layer was touched.");
  const sweep = reportToSvg(reports.manyVariantsReport());
  expect(sweep).toContain("Variants 1–8");
  expect(sweep).toContain("Variants 9–10");
});

test("invisible characters are written out", () => {
  expect(reportToSvg(reports.hostileReport())).not.toMatch(/[\u0000\u202e]|<script|<img src=x/);
});
