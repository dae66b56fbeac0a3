/** The grid of the static model map: where its columns stand, and the labels below them. */
import { lightTheme } from "../report/colours";
import { visibleText } from "../report/visible-text";
import type { ModelMap } from "../report/layout";
import { margin, pictureWidth, textMark, textWidth } from "./svg-marks";

/** Room at the right for the scale of colour. */
const barRoom = 96;
const bandGap = 10;
const mostCell = 34;

/** Where the columns of the grid stand. */
export interface Grid {
  readonly map: ModelMap;
  readonly left: number;
  readonly cellWidth: number;
  readonly cellHeight: number;
  /** Left edge of each column, and its width. */
  readonly xs: readonly number[];
  readonly widths: readonly number[];
  /** Right edge of the last column. */
  readonly right: number;
}

/** Places the columns of a map across the picture. */
export function gridOf(map: ModelMap): Grid {
  const labels = map.rows.map((row) => textWidth(visibleText(row)));
  const left = margin + Math.min(170, Math.max(36, ...labels) + 1) + 8;
  const bands = map.columns.filter((column, k) => k > 0 && column.band !== map.columns[k - 1].band).length;
  const room = pictureWidth - barRoom - left - bands * bandGap;
  // A column on its own takes the width of its label.
  const alone = map.columns.map((column, k) => isAlone(map, k) ? Math.max(20, textWidth(visibleText(column.label), 10) + 2) : 0); // prettier-ignore
  const aloneRoom = alone.reduce((sum, width) => sum + width, 0);
  const shared = alone.filter((width) => width === 0).length;
  const cellWidth = Math.min(mostCell, (room - aloneRoom) / Math.max(1, shared));
  const xs: number[] = [];
  let x = left;
  for (const [k, column] of map.columns.entries()) {
    if (k > 0 && column.band !== map.columns[k - 1].band) x += bandGap;
    xs.push(x);
    x += alone[k] || cellWidth;
  }
  const widths = alone.map((width) => width || cellWidth);
  return { map, left, cellWidth, cellHeight: Math.min(20, Math.max(15, cellWidth)), xs, widths, right: x };
}

function isAlone(map: ModelMap, column: number): boolean {
  return (
    map.columns[column].band !== map.columns[column - 1]?.band &&
    map.columns[column].band !== map.columns[column + 1]?.band
  );
}

/** Bands of several columns, as [first, last]. */
function bandsOf(map: ModelMap): [number, number][] {
  const bands: [number, number][] = [];
  for (let first = 0, k = 1; k <= map.columns.length; k++) {
    if (k < map.columns.length && map.columns[k].band === map.columns[first].band) continue;
    if (k - first > 1) bands.push([first, k - 1]);
    first = k;
  }
  return bands;
}

/** Height of what `columnLabels` draws. */
export const labelHeight = (grid: Grid): number => (bandsOf(grid.map).length > 1 ? 36 : 24);

/** Labels under the columns, as many as stand clear of each other, and what they count: at the left, or under each of several bands. */
export function columnLabels(grid: Grid, y: number): string[] {
  const { map, xs, widths, left, cellWidth } = grid;
  const style = { size: 10, fill: lightTheme.quiet, anchor: "middle" } as const;
  const middle = (k: number) => xs[k] + (widths[k] - 1) / 2;
  const marks: string[] = [];
  for (const [k, column] of map.columns.entries())
    if (isAlone(map, k)) marks.push(textMark(middle(k), y, visibleText(column.label), style));
  const bands = bandsOf(map);
  const widest = Math.max(0, ...map.columns.map((column, k) => (isAlone(map, k) ? 0 : textWidth(column.label, 10))));
  const every = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((n) => n * cellWidth >= widest + 5) ?? 1000;
  for (const [first, last] of bands) {
    for (let k = first; k <= last; k += every) marks.push(textMark(middle(k), y, map.columns[k].label, style));
    const band = map.columns[first].band;
    if (bands.length > 1) marks.push(textMark((middle(first) + middle(last)) / 2, y + 12, band, style));
    else if (map.byBlock) marks.push(textMark(left - 8, y, band, { ...style, anchor: "end" }));
  }
  return marks;
}
