import { curveCells, curveHeadings, curveRows } from "../../kernel/report/curve-rows";
import type { CurvesView, ModelView, Report } from "../../kernel/report/types";
import { badness, isLossless, measures } from "./measures";
import { bits as formatBits, bytes, decibels, integer, percent, shape, significant } from "./numbers";
import { selectLayers, visibleVariants, type ViewState } from "./state";

/** A column of a table: what its cells say, what they sort by, and how long their bar is. */
export interface TableColumn {
  readonly head: string;
  /** Written above columns that belong together. */
  readonly group: string;
  readonly numeric: boolean;
  /** The variant whose colour the column takes, if any. */
  readonly variant: number | null;
  readonly cell: (row: number) => TableCell;
}

export interface TableCell {
  readonly text: string;
  readonly sort: number | string;
  /** 0–1, or null for no bar. */
  readonly bar: number | null;
}

export interface Table {
  readonly columns: readonly TableColumn[];
  /** Indices of layers or tensors, in the order of the model or the one that the reader's filters give. */
  readonly rows: readonly number[];
}

const none: TableCell = { text: "", sort: -Infinity, bar: null };

/** The layers with the chosen measure, sparsity and bits per weight of each visible variant. */
export function reportTable(report: Report, state: ViewState): Table {
  const shown = visibleVariants(report, state);
  const rows = selectLayers(report, state);
  const measure = measures[state.measure];
  const texts = textColumns((row) => report.layers[row]);
  const worst = extent(rows.flatMap((row) => shown.map((v) => finiteBadness(report, row, v, state))));
  const bits = extent(rows.flatMap((row) => shown.map((v) => report.layers[row].variants[v]?.bitsPerWeight ?? 0)));
  const group = (title: string, cell: (row: number, v: number) => TableCell): readonly TableColumn[] =>
    shown.map((v) => ({
      head: report.variants[v].name,
      group: title,
      numeric: true,
      variant: v,
      cell: (row) => cell(row, v),
    }));
  return {
    rows,
    columns: [
      ...texts,
      ...group(`${measure.short}${measure.unit && `, ${measure.unit}`}`, (row, v) => {
        const variant = report.layers[row].variants[v];
        if (!variant) return none;
        const value = measure.value(variant);
        const lossless = isLossless(variant);
        return {
          text: lossless
            ? "lossless"
            : state.measure === "sqnr"
              ? decibels(value).replace(" dB", "")
              : significant(value),
          sort: lossless ? (measure.higherIsBetter ? Infinity : 0) : (value ?? Infinity),
          bar: lossless
            ? null
            : measure.higherIsBetter
              ? positive(value) / positive(-worst[0])
              : positive(value) / positive(worst[1]),
        };
      }),
      ...group("zeros", (row, v) => {
        const variant = report.layers[row].variants[v];
        return variant ? { text: percent(variant.sparsity), sort: variant.sparsity, bar: variant.sparsity } : none;
      }),
      ...group("bits per weight", (row, v) => {
        const variant = report.layers[row].variants[v];
        if (!variant) return none;
        return {
          text: formatBits(variant.bitsPerWeight),
          sort: variant.bitsPerWeight,
          bar: variant.bitsPerWeight / (bits[1] || 1),
        };
      }),
    ],
  };
}

/** The tensors of a model on their own. */
export function modelTable(view: ModelView, rows: readonly number[]): Table {
  const largest = view.tensors.reduce((most, t) => Math.max(most, t.bytes), 1);
  const tensor = (row: number): ModelView["tensors"][number] => view.tensors[row];
  const number = (
    head: string,
    value: (row: number) => number,
    format: (n: number) => string,
    bar: boolean,
  ): TableColumn => ({
    head,
    group: "",
    numeric: true,
    variant: null,
    cell: (row) => ({ text: format(value(row)), sort: value(row), bar: bar ? value(row) / largest : null }),
  });
  return {
    rows,
    columns: [
      { ...textColumns(tensor)[0], head: "tensor" },
      {
        head: "shape",
        group: "",
        numeric: true,
        variant: null,
        cell: (row) => ({ text: shape(tensor(row).shape), sort: tensor(row).parameters, bar: null }),
      },
      {
        head: "dtype",
        group: "",
        numeric: false,
        variant: null,
        cell: (row) => ({ text: tensor(row).dtype, sort: tensor(row).dtype, bar: null }),
      },
      number("parameters", (row) => tensor(row).parameters, integer, false),
      number("bytes", (row) => tensor(row).bytes, bytes, true),
    ],
  };
}

/** Every measured point of the curves that are on. */
export function curvesTable(view: CurvesView, hidden: readonly number[]): Table {
  const all = curveRows(view);
  const rows = all.flatMap(({ curve }, at) => (hidden.includes(curve) ? [] : [at]));
  const sorts = all.map(({ name, label, x, y, above }) => [
    name,
    label,
    x,
    y ?? Infinity,
    ...above.map((a) => a ?? -Infinity),
  ]);
  const texts = all.map(curveCells);
  return {
    rows,
    columns: curveHeadings(view).map((head, column) => ({
      head,
      group: "",
      numeric: column > 1,
      variant: null,
      cell: (row) => ({ text: texts[row][column], sort: sorts[row][column], bar: null }),
    })),
  };
}

function textColumns(
  layer: (row: number) => { name: string; shape: readonly number[]; parameters: number },
): readonly TableColumn[] {
  return [
    {
      head: "layer",
      group: "",
      numeric: false,
      variant: null,
      cell: (row) => ({ text: layer(row).name, sort: layer(row).name, bar: null }),
    },
    {
      head: "shape",
      group: "",
      numeric: true,
      variant: null,
      cell: (row) => ({ text: shape(layer(row).shape), sort: layer(row).parameters, bar: null }),
    },
  ];
}

function finiteBadness(report: Report, row: number, v: number, state: ViewState): number {
  const variant = report.layers[row].variants[v];
  return variant && !isLossless(variant) ? badness(state.measure, variant) : 0;
}

const extent = (values: readonly number[]): readonly [number, number] => [
  values.reduce((a, b) => Math.min(a, b), 0),
  values.reduce((a, b) => Math.max(a, b), 0),
];

const positive = (value: number | null): number => Math.max(Number.MIN_VALUE, value ?? 0);

/** The rows in the order of a column: numbers by size, words by the alphabet with numbers inside them by size. */
export function sortRows(table: Table, column: number, descending: boolean): readonly number[] {
  const keys = new Map(table.rows.map((row) => [row, table.columns[column].cell(row).sort]));
  const sign = descending ? -1 : 1;
  return [...table.rows].sort((a, b) => {
    const [left, right] = [keys.get(a) ?? "", keys.get(b) ?? ""];
    const order =
      typeof left === "number" && typeof right === "number"
        ? left === right
          ? 0
          : left < right
            ? -1
            : 1
        : String(left).localeCompare(String(right), "en", { numeric: true });
    return order === 0 ? a - b : sign * order;
  });
}
