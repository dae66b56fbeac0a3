/** The few marks that the static pictures are made of, as SVG text. Everything is a presentation attribute: no style sheet, no ids, no
 *  scripts, nothing from outside, so that the picture looks the same as a file, in an `<img>` and on a code host. Coordinates have at
 *  most one decimal; the same input gives the same bytes. */
import { lightTheme, variantColour, variantSymbols } from "../report/colours";
import { escapeMarkup, shortenMiddle, visibleText, widthOf } from "../report/visible-text";

/** Width of every picture, in its own units (CSS pixels where it is shown at its size). */
export const pictureWidth = 960;
/** What stays free at the left and right. */
export const margin = 20;

const fonts = "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue','DejaVu Sans',Arial,sans-serif";

/** A coordinate: at most one decimal, never "-0". */
export function coordinate(value: number): string {
  const text = String(Math.round(value * 10) / 10);
  return text === "-0" ? "0" : text;
}

/** How a line of text looks. */
export interface TextStyle {
  readonly size?: number;
  readonly anchor?: "start" | "middle" | "end";
  readonly fill?: string;
  readonly bold?: boolean;
}

/** A line of text with its baseline at y; 11 units high, dark and left-aligned unless said otherwise. */
export function textMark(x: number, y: number, text: string, style: TextStyle = {}): string {
  const attributes = [
    `x="${coordinate(x)}" y="${coordinate(y)}"`,
    style.size !== undefined && style.size !== 11 ? ` font-size="${style.size}"` : "",
    style.anchor && style.anchor !== "start" ? ` text-anchor="${style.anchor}"` : "",
    style.fill ? ` fill="${style.fill}"` : "",
    style.bold ? ` font-weight="600"` : "",
  ];
  return `<text ${attributes.join("")}>${escapeMarkup(text)}</text>`;
}

/** A text cut in the middle to `width`; what was cut is in its title. */
export function fittedText(x: number, y: number, text: string, width: number, style: TextStyle = {}): string {
  const whole = visibleText(text);
  const short = fit(whole, width, style.size, style.bold);
  const mark = textMark(x, y, short, style);
  return short === whole ? mark : mark.replace("</text>", `${titleMark(whole)}</text>`);
}

/** The width of a text in the picture, on the wide side. */
export function textWidth(text: string, size = 11, bold = false): number {
  return widthOf(text) * size * (bold ? 1.1 : 1);
}

/** The text cut in the middle to `width`. */
export function fit(text: string, width: number, size = 11, bold = false): string {
  return shortenMiddle(text, width, (t) => textWidth(t, size, bold));
}

/** What a viewer shows when the pointer rests on the mark around it. */
export function titleMark(text: string): string {
  return `<title>${escapeMarkup(text)}</title>`;
}

/** A straight line; `more` is further attributes. */
export function lineMark(x1: number, y1: number, x2: number, y2: number, stroke: string, more = ""): string {
  return `<path d="M${coordinate(x1)} ${coordinate(y1)}L${coordinate(x2)} ${coordinate(y2)}" stroke="${stroke}"${more}/>`;
}

/** A filled rectangle around `inside`, which is markup. */
export function boxMark(x: number, y: number, width: number, height: number, fill: string, inside = ""): string {
  const box = `<rect x="${coordinate(x)}" y="${coordinate(y)}" width="${coordinate(width)}" height="${coordinate(height)}" fill="${fill}"`;
  return inside ? `${box}>${inside}</rect>` : `${box}/>`;
}

/** A closed path of points around a centre, the first one up, given by their distances (in turn) and their number. */
function starPath(count: number, radii: readonly number[], turn = 0): string {
  const points = Array.from({ length: count }, (_, k) => {
    const angle = (2 * Math.PI * k) / count + turn;
    const radius = radii[k % radii.length];
    return `${coordinate(radius * Math.sin(angle))} ${coordinate(-radius * Math.cos(angle))}`;
  });
  return `M${points.join("L")}z`;
}

const symbolPaths = {
  circle: "",
  square: "M-3.3 -3.3h6.6v6.6h-6.6z",
  diamond: "M0 -4.5L4.5 0L0 4.5L-4.5 0z",
  "triangle-up": starPath(3, [4.7]),
  "triangle-down": starPath(3, [4.7], Math.PI),
  pentagon: starPath(5, [4.3]),
  hexagon: starPath(6, [4.2]),
  star: starPath(10, [5.2, 2.4]),
} as const satisfies Record<(typeof variantSymbols)[number], string>;

/** The mark of a variant: its colour and its shape. */
export function variantMark(x: number, y: number, variant: number): string {
  const symbol = variantSymbols[variant % variantSymbols.length];
  const colour = variantColour(variant);
  // White keeps marks apart that touch; the yellow one needs a dark rim to be seen on white.
  const paint = `fill="${colour}" stroke="${colour === "#f0e442" ? "#8a7f00" : "#fff"}" stroke-width=".8"`;
  if (symbol === "circle") return `<circle cx="${coordinate(x)}" cy="${coordinate(y)}" r="3.7" ${paint}/>`;
  return `<path transform="translate(${coordinate(x)} ${coordinate(y)})" d="${symbolPaths[symbol]}" ${paint}/>`;
}

/** The whole picture: its own background, so that it reads on white and on dark pages. */
export function pictureOf(height: number, label: string, body: readonly string[]): string {
  const size = `${pictureWidth} ${coordinate(height)}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size}" width="${pictureWidth}" height="${coordinate(height)}" role="img" aria-label="${escapeMarkup(label)}" font-family="${fonts}" font-size="11" fill="${lightTheme.text}" style="font-variant-numeric:tabular-nums">`,
    `<rect width="${pictureWidth}" height="${coordinate(height)}" rx="6" fill="${lightTheme.background}"/>`,
    ...body,
    "</svg>",
    "",
  ].join("\n");
}
