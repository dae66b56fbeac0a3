import { escapeMarkup } from "../../kernel/report/visible-text";
import { code, pictureElement, reportToHtml, tableRow } from "../../kernel/static/html";
import { hostileReport, smallReport } from "../fixtures/report/reports";
import { cases, expectGolden, tagsOf } from "./golden";

describe.each(cases)("%s", (name, make) => {
  test("gives the committed bytes, and the same on repeat", () => {
    const once = reportToHtml(make());
    expect(reportToHtml(make())).toBe(once);
    // The HTML of the larger cases is the picture again, in base64.
    if (name === "hostile") expectGolden("hostile.html", once);
  });

  test("holds every layer", () => {
    const html = reportToHtml(make());
    for (const layer of make().layers) expect(html).toContain(`<code>${escapeMarkup(layer.name)}</code>`);
  });
});

test("no tag arises from a name; nothing is asked of the page", () => {
  const html = reportToHtml(hostileReport());
  expect(tagsOf(html)).toEqual("code details figure img p summary table tbody td th thead tr".split(" "));
  expect(html.match(/<img/g)).toHaveLength(1);
  expect(html).not.toMatch(/\sclass=|<style|\sid=|<script|<img src=x|javascript:alert\(1\)"|[\u0000\u202e]/);
});

test("mathematics in a name stands in code, where MathJax reads none", () => {
  const outside = reportToHtml(hostileReport())
    .replace(/<code>.*?<\/code>/gs, "")
    .replace(/="[^"]*"/g, "");
  expect(outside).not.toContain("$");
});

test("cells: names left, numbers right; a picture carries its bytes and its words", () => {
  expect(tableRow([code("<a>"), "1"])).toBe(
    '<tr><td align="left" style="text-align:left"><code>&lt;a&gt;</code></td><td align="right">1</td></tr>',
  );
  expect(pictureElement("<svg/>", '"words"')).toMatch(
    /^<img alt="&quot;words&quot;" src="data:image\/svg\+xml;base64,PHN2Zy8\+" width="960"/,
  );
  expect(reportToHtml({ ...smallReport(), layers: [] })).toContain("<table>");
});

test("what was left alone is a list, and nothing of it is markup", () => {
  const group = {
    role: "buffer",
    reason: "<i>a mask</i>",
    tensors: 1,
    parameters: 4,
    names: ["a.<b>mask"],
    pattern: "a.<b>mask",
  };
  const report = { ...smallReport(), leftAlone: { tensors: 1, parameters: 4, groups: [group] } };
  const html = reportToHtml(report);
  expect(html).toContain("Left alone: 1 tensor");
  expect(html).toContain("<li>buffer (&lt;i&gt;a mask&lt;/i&gt;): 1 tensor");
  expect(html).not.toMatch(/<b>mask|<i>a mask/);
});
