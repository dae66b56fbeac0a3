import { histogramElement, histogramFacts, histogramToSvg, histogramToText } from "../../kernel/static/svg-sparkline";

test("a sparkline: the outline of the bins, a tick at zero, and the share outside in words", () => {
  const histogram = { minimum: -1, maximum: 3, counts: [1, 4, 2, 0], below: 1, above: 0 };
  const svg = histogramToSvg(histogram);
  expect(svg).toContain('d="M0 19V14.5H30V1H60V10H90V19H120V19z"');
  expect(svg).toContain('d="M30 19v3"');
  expect(svg).toContain("−1.00 to 3.00, 12.5 % of the weights outside");
  expect(histogramToText(histogram)).toBe("▃   █   ▅       ");
});

test("an image carries its picture and says in words what it shows", () => {
  const histogram = { minimum: 0, maximum: 2, counts: [1, 1], below: 0, above: 0 };
  expect(histogramFacts(histogram)).toBe("0 to 2.00");
  const html = histogramElement(histogram);
  expect(html).toMatch(/^<img alt="0 to 2\.00" src="data:image\/svg\+xml;base64,[\w+/=]+" width="120" height="22">$/);
  const svg = Buffer.from(html.split("base64,")[1].split('"')[0], "base64").toString();
  expect(svg).toBe(histogramToSvg(histogram));
});
