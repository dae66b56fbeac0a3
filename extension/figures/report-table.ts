import { formatMeasure, spoken } from "../../kernel/report/measure-labels";
import { badness, isLossless, measures, panels, shownValue, type MeasureKey } from "../../kernel/report/measures";
import type { LayerVariant, Report } from "../../kernel/report/types";
import { markedName } from "../../kernel/report/warnings";
import { selectLayers, visibleVariants, type ViewState } from "./state";
import { tensorColumns, type Table, type TableCell, type TableColumn } from "./table";

const none: TableCell = { text: "", sort: -Infinity, bar: null };

/** The layers with the chosen measure of error and the measures of the other panels, a column for each visible variant. */
export function reportTable(report: Report, state: ViewState): Table {
  const shown = visibleVariants(report, state);
  const rows = selectLayers(report, state);
  const variantsOf = (v: number): LayerVariant[] => rows.flatMap((row) => report.layers[row].variants[v] ?? []);
  const all = shown.flatMap(variantsOf);
  const group = (title: string, cell: (variant: LayerVariant) => TableCell): readonly TableColumn[] =>
    shown.map((v) => ({
      head: report.variants[v].name,
      group: title,
      numeric: true,
      variant: v,
      cell: (row) => {
        const variant = report.layers[row].variants[v];
        return variant ? cell(variant) : none;
      },
    }));
  const { label, unit } = measures[state.measure];
  return {
    rows,
    columns: [
      ...tensorColumns("layer", (row) => {
        const layer = report.layers[row];
        return { ...layer, name: markedName(layer, (name) => name) };
      }),
      ...group(unit ? `${label}, ${unit}` : label, errorCell(state.measure, all)),
      ...panels.slice(1).flatMap(({ measures: [key] }) => group(spoken(measures[key].label), amountCell(key, all))),
    ],
  };
}

/** Digits, with a bar up to the largest error or the best ratio; what lost nothing is the best, without a bar. */
function errorCell(key: MeasureKey, all: readonly LayerVariant[]): (variant: LayerVariant) => TableCell {
  const higherIsBetter = measures[key].better === "higher";
  const worst = extent(all.map((variant) => (isLossless(variant) ? 0 : badness(key, variant))));
  const longest = positive(higherIsBetter ? -worst[0] : worst[1]);
  return (variant) => {
    const value = shownValue(key, variant);
    if (value === undefined) return none;
    if (isLossless(variant)) return { text: "lossless", sort: higherIsBetter ? Infinity : 0, bar: null };
    return {
      text: value === null ? "∞" : measures[key].digits(value),
      sort: value ?? Infinity,
      bar: positive(value) / longest,
    };
  };
}

/** Digits and unit, with a bar: of a share itself, of an amount up to the largest. */
function amountCell(key: MeasureKey, all: readonly LayerVariant[]): (variant: LayerVariant) => TableCell {
  const longest =
    measures[key].axis.kind === "share" ? 1 : extent(all.map((variant) => shownValue(key, variant) ?? 0))[1] || 1;
  return (variant) => {
    const value = shownValue(key, variant) ?? null;
    return value === null ? none : { text: formatMeasure(key, value), sort: value, bar: value / longest };
  };
}

const extent = (values: readonly number[]): readonly [number, number] => [
  values.reduce((a, b) => Math.min(a, b), 0),
  values.reduce((a, b) => Math.max(a, b), 0),
];

const positive = (value: number | null): number => Math.max(Number.MIN_VALUE, value ?? 0);
