import { variantSymbols } from "../../kernel/report/colours";
import {
  boxMark,
  coordinate,
  fit,
  fittedText,
  lineMark,
  pictureOf,
  textMark,
  textWidth,
  titleMark,
  variantMark,
} from "../../kernel/static/svg-marks";

test("coordinates have one decimal and no negative zero", () => {
  expect([1 / 3, -0.04, 12, 2.25, -7.66].map(coordinate)).toEqual(["0.3", "0", "12", "2.3", "-7.7"]);
});

test("text is escaped; its style is told only where it differs from the usual one", () => {
  expect(textMark(1, 2, "a<b")).toBe('<text x="1" y="2">a&lt;b</text>');
  expect(textMark(1, 2, "x", { size: 12, anchor: "end", fill: "#123456", bold: true })).toBe(
    '<text x="1" y="2" font-size="12" text-anchor="end" fill="#123456" font-weight="600">x</text>',
  );
  expect(titleMark("<>")).toBe("<title>&lt;&gt;</title>");
});

test("what does not fit is cut in the middle, and its title holds the whole", () => {
  const name = "encoder.layer.0.attention.self.query.weight";
  expect(textWidth(fit(name, 100))).toBeLessThanOrEqual(100);
  expect(fittedText(0, 0, name, 100)).toContain(`<title>${name}</title>`);
  expect(fittedText(0, 0, "short", 100)).not.toContain("<title>");
});

test("lines and boxes", () => {
  expect(lineMark(0, 1, 2, 3, "#000", ' stroke-width="2"')).toBe('<path d="M0 1L2 3" stroke="#000" stroke-width="2"/>');
  expect(boxMark(0, 0, 4, 5, "#fff")).toBe('<rect x="0" y="0" width="4" height="5" fill="#fff"/>');
  expect(boxMark(0, 0, 4, 5, "#fff", titleMark("t"))).toContain("><title>t</title></rect>");
});

test("every variant has a mark of its own; the ninth is the first again", () => {
  const marks = variantSymbols.map((_, variant) => variantMark(5, 5, variant));
  expect(new Set(marks).size).toBe(variantSymbols.length);
  expect(variantMark(5, 5, variantSymbols.length)).toBe(marks[0]);
});

test("a picture says in words what it shows, and brings its own background", () => {
  const svg = pictureOf(40, '"words" & more', ["<path/>"]);
  expect(svg).toContain('role="img" aria-label="&quot;words&quot; &amp; more"');
  expect(svg).toContain('<rect width="960" height="40"');
});
