import { variantLimit } from "../../kernel/report/layout";
import { measureNote } from "../../kernel/report/measure-labels";
import { measures, panels, type MeasureKey, type MeasurePanel } from "../../kernel/report/measures";
import type { Report } from "../../kernel/report/types";
import { scaleOf, type Scale } from "./scale";
import { chosenMeasure, visibleVariants, type ViewState } from "./state";

/** Figures less wide than this, in pixels, show the first two panels only. */
const narrowWidth = 520;

/** A column of the figure: one quantity over the rows, for some of the variants. */
export interface Column {
  readonly title: string;
  /** Stands behind the title. */
  readonly note: string;
  /** The title where there is no room for the note. */
  readonly brief: string;
  /** Indices of the variants that it draws. */
  readonly variants: readonly number[];
  readonly measure: MeasureKey;
  readonly scale: Scale;
  /** Whether values are amounts, whose spans begin at zero. */
  readonly fromZero: boolean;
  /** Width, in parts of the sum over all columns. */
  readonly share: number;
  /** What a recipe aimed at, in a measure that has an aim. */
  readonly aim: MeasureKey | null;
}

/** Columns side by side over one set of rows. */
export interface Band {
  /** Stands above the columns where their own titles name variants. */
  readonly heading: { readonly title: string; readonly note: string } | null;
  readonly columns: readonly Column[];
  /** How many columns there is room for, where bands must line up; null: the columns fill the width. */
  readonly places: number | null;
}

/** The panels of the table of measures as columns; with more variants than colours, a column for each variant in bands below each other. */
export function columnBands(report: Report, state: ViewState, width: number): readonly Band[] {
  const visible = visibleVariants(report, state);
  const all = panels.map((panel) => columnOf(report, visible, panel, state));
  if (visible.length <= variantLimit) {
    const columns = width < narrowWidth ? all.slice(0, 2) : all;
    return [{ heading: null, columns: columns.map((column) => ({ ...column, variants: visible })), places: null }];
  }
  const places = Math.max(2, Math.min(6, Math.floor((width - 160) / 150)));
  return all.flatMap((column) =>
    chunks(visible, places).map((part, i) => ({
      heading: i === 0 ? { title: column.title, note: column.note } : null,
      columns: part.map((v) => {
        const { name } = report.variants[v];
        return { ...column, title: name, note: "", brief: name, variants: [v], share: 1 };
      }),
      places,
    })),
  );
}

function chunks(items: readonly number[], size: number): readonly (readonly number[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

/** A panel as a column of all visible variants: the first panel shows the measure of error that the reader chose. */
function columnOf(
  report: Report,
  visible: readonly number[],
  panel: MeasurePanel,
  state: ViewState,
): Omit<Column, "variants"> {
  const key = chosenMeasure(panel, state);
  const { axis, aim, brief, label } = measures[key];
  return {
    title: panel.title,
    note: measureNote(key),
    brief: brief ?? label,
    measure: key,
    scale: scaleOf(report, visible, key, state.logarithmic),
    fromZero: axis.kind === "share" || axis.kind === "amount",
    share: panel.share,
    aim: aim ?? null,
  };
}
