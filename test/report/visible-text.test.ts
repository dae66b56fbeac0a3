import { escapeMarkup, shortenMiddle, visibleText, widthOf } from "../../kernel/report/visible-text";

test("names: cut in the middle, invisible characters written out", () => {
  expect(shortenMiddle("encoder.layer.0.attention.self.query.weight", 20)).toBe("encoder…query.weight");
  expect(shortenMiddle("short", 20)).toBe("short");
  expect(shortenMiddle("long", 1)).toBe("…");
  expect(visibleText("a\u202eb\u0000\ud800 é 名 😀")).toBe("a\\u{202e}b\\u{0}\\u{d800} é 名 😀");
});

test("markup in a name becomes text, in elements and in both kinds of quotes", () => {
  expect(escapeMarkup(`<b title="x" id='y'>&</b>\u0000`)).toBe(
    "&lt;b title=&quot;x&quot; id=&#39;y&#39;&gt;&amp;&lt;/b&gt;\\u{0}",
  );
});

test("widths: narrow letters take less than wide ones, East Asian ones the whole of the font's size", () => {
  expect(widthOf("il")).toBeLessThan(widthOf("no"));
  expect(widthOf("no")).toBeLessThan(widthOf("MW"));
  expect(widthOf("名")).toBe(1.05);
  expect(widthOf("")).toBe(0);
});
