import { curvesToHtml, curvesToText } from "../../kernel/static/curves-forms";
import { hostileCurves, rateCurves } from "../fixtures/report/curves";
import { tagsOf } from "./golden";

const view = rateCurves();

test("the text lists every measured point with its distance to each bound", () => {
  const text = curvesToText(view);
  expect(text).toMatch(
    /^all-MiniLM-L6-v2 · 22.7 M weights\n\ncurve +point +bits per weight +SQNR, dB +above Gaussian bound, dB/,
  );
  expect(text).toMatch(/rans alone +rans +7\.90 +lossless +– +–/);
});

test.each([view, hostileCurves('<img src=x onerror=alert(1)> $x$ "&\u202e')])(
  "HTML holds the picture and a folded table, and no tag comes from a name",
  (curves) => {
    const html = curvesToHtml(curves);
    expect(tagsOf(html)).toEqual("code details figure img summary table tbody td th thead tr".split(" "));
    expect(html.match(/<img/g)).toHaveLength(1);
    expect(html).not.toMatch(/[\u0000\u202e]/);
  },
);
