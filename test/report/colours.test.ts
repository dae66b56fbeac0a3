import {
  cividis,
  lightTheme,
  scaleColour,
  shareScale,
  variantColour,
  variantColours,
  variantSymbols,
} from "../../kernel/report/colours";

test("colours: a scale runs from end to end; as many marks as colours", () => {
  expect([scaleColour(0), scaleColour(1), scaleColour(-3), scaleColour(7)]).toEqual([
    cividis[0],
    cividis[17],
    cividis[0],
    cividis[17],
  ]);
  expect(variantSymbols).toHaveLength(variantColours.length);
  const luminance = cividis.map((c) =>
    [1, 3, 5]
      .map((k) => parseInt(c.slice(k, k + 2), 16))
      .reduce((sum, v, k) => sum + v * [0.2126, 0.7152, 0.0722][k], 0),
  );
  expect(luminance).toEqual([...luminance].sort((a, b) => a - b));
});

test("a scale of two colours goes through their middle; the ninth variant has the first's colour", () => {
  expect(scaleColour(0.5, ["#000000", "#ffffff"])).toBe("#808080");
  expect(scaleColour(1, shareScale.light)).toBe(variantColours[0]);
  expect([variantColour(8), variantColour(9)]).toEqual([variantColours[0], variantColours[1]]);
});

/** Contrast of two colours (WCAG 2.1). */
function contrast(a: string, b: string): number {
  const luminance = (hex: string): number => {
    const [r, g, blue] = [1, 3, 5]
      .map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * blue;
  };
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

test("text on the picture's background can be read: at least 4.5 to 1", () => {
  for (const ink of [lightTheme.text, lightTheme.quiet])
    expect(contrast(ink, lightTheme.background)).toBeGreaterThan(4.5);
});
