import { plotlyText, shorten, textWidth, visible } from "../../../extension/figures/text";
import { payloads } from "../payloads";
import { expectPlainText } from "../placed";

test("no payload is anything but text to plotly", () => {
  for (const payload of payloads) expectPlainText(plotlyText(payload));
  expect(plotlyText("a<b> & $x$")).toBe("a&lt;b&gt; &amp; &#36;x&#36;");
});

test("long names are cut in the middle; only their ends are looked at", () => {
  expect(shorten("encoder.layer.0.query", 12)).toBe("enco…0.query");
  expect(shorten("a".repeat(1_000_000) + "end", 8)).toMatch(/^a+…a*end$/);
  expect(visible("a\u0000")).toBe("a\\u{0}");
});

test("a text's width grows with its font, in whole pixels", () => {
  expect(textWidth("query", 12)).toBe(Math.ceil(textWidth("query", 1200) / 100));
  expect(Number.isInteger(textWidth("query", 11.5))).toBe(true);
});
