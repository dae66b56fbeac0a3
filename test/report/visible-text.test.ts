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
  const classes = { i: 0.34, "'": 0.34, " ": 0.41, f: 0.41, "-": 0.41, m: 0.98, "%": 0.98, A: 0.78, "=": 0.78 };
  const wide = { я: 0.85, a: 0.64, "7": 0.64, é: 0.64, "…": 1, "“": 1, "→": 1.05, "😀": 1.05 };
  for (const [letter, width] of Object.entries({ ...classes, ...wide }))
    expect([letter, widthOf(letter)]).toEqual([letter, width]);
  expect(widthOf("a a")).toBeCloseTo(0.64 + 0.41 + 0.64, 12);
  expect(widthOf("")).toBe(0);
});
