/** A model on its own, as text and as HTML: its tensors grouped by block, with totals by element type. */
import { code, tableRow } from "./html";
import { escapeMarkup, shortenMiddle, visibleText } from "../report/visible-text";
import { groupByBlock } from "../report/layout";
import { formatBytes, formatCount, formatPercent, formatShape, formatShort } from "../report/numbers";
import { isWeightRole, type TensorRole } from "../tensor/role";
import { modelFacts } from "./summary";
import { histogramElement, histogramToText } from "./svg-sparkline";
import { alignColumns, cellWidth } from "./text-table";
import type { Alignment } from "./text-table";
import type { ModelView } from "../report/model";
import type { TensorSummary } from "../report/types";

/** From here on the blocks of a model are folded in HTML, and the middle of it is left out in text. */
const unfoldedTensors = 60;
const nameLimit = 60;

interface Group {
  readonly title: string;
  readonly tensors: readonly TensorSummary[];
}

function groupsOf(view: ModelView): Group[] {
  return groupByBlock(view.tensors).map(({ block, layers }) => ({
    title: block,
    tensors: layers.map((at) => view.tensors[at]),
  }));
}

const total = (tensors: readonly TensorSummary[], of: (tensor: TensorSummary) => number): number =>
  tensors.reduce((sum, t) => sum + of(t), 0);

function groupFacts(tensors: readonly TensorSummary[]): string {
  const count = `${formatCount(tensors.length)} ${tensors.length === 1 ? "tensor" : "tensors"}`;
  return `${count}, ${formatCount(total(tensors, (t) => t.parameters))} parameters, ${formatBytes(total(tensors, (t) => t.bytes))}`;
}

const dtypeHeadings = ["dtype", "tensors", "parameters", "bytes", "of the model"];

/** Totals by element type, most bytes first. */
function dtypeRows(view: ModelView): string[][] {
  const types = new Map<string, TensorSummary[]>();
  for (const tensor of view.tensors) {
    const same = types.get(tensor.dtype);
    if (same) same.push(tensor);
    else types.set(tensor.dtype, [tensor]);
  }
  const all = total(view.tensors, (t) => t.bytes);
  return [...types]
    .map(([dtype, tensors]) => ({ dtype, tensors, bytes: total(tensors, (t) => t.bytes) }))
    .sort((a, b) => b.bytes - a.bytes || (a.dtype < b.dtype ? -1 : 1))
    .map(({ dtype, tensors, bytes }) => [
      dtype,
      formatCount(tensors.length),
      formatCount(total(tensors, (t) => t.parameters)),
      formatBytes(bytes),
      all > 0 ? `${formatPercent(bytes / all)} %` : "–",
    ]);
}

/** What is a weight and what is not, in one line; nothing where no tensor tells. */
function roleFacts(view: ModelView): string[] {
  const told = view.tensors.filter((t) => t.role !== undefined);
  if (told.length === 0) return [];
  const weights = told.filter((t) => isWeightRole(t.role as TensorRole));
  const others = new Map<string, number>();
  for (const { role = "" } of told)
    if (!isWeightRole(role as TensorRole)) others.set(role, (others.get(role) ?? 0) + 1);
  const part = (tensors: readonly TensorSummary[]) =>
    `${formatCount(tensors.length)} ${tensors.length === 1 ? "tensor" : "tensors"}, ${formatShort(total(tensors, (t) => t.parameters))} parameters`;
  const left = told.filter((t) => !weights.includes(t));
  const kinds = [...others].map(([role, count]) => `${visibleText(role)} ${formatCount(count)}`).join(", ");
  return [`weights: ${part(weights)}${left.length === 0 ? "" : ` · no weights: ${part(left)} (${kinds})`}`];
}

const label = (name: string): string => shortenMiddle(visibleText(name), nameLimit, cellWidth);

/** What `modelToText` takes. */
export interface ModelTextOptions {
  /** List every tensor, however many there are. */
  readonly all?: boolean;
}

const headingsOf = (withRoles: boolean, withHistograms: boolean): string[] => [
  ...["tensor", "shape", "dtype", ...(withRoles ? ["role"] : []), "parameters", "bytes"],
  ...(withHistograms ? ["weights"] : []),
];

/** The role, with its reason on hover; slanted where it is no weight. */
function roleCell({ role = "", roleReason = "" }: TensorSummary): string {
  const text = escapeMarkup(visibleText(role));
  const title = escapeMarkup(visibleText(roleReason));
  return `<span title="${title}">${isWeightRole(role as TensorRole) ? text : `<i>${text}</i>`}</span>`;
}

/** The tensors of a model as lines of text, block by block. Of more than 60 the middle is left out, unless `all` asks for it. */
export function modelToText(view: ModelView, options: ModelTextOptions = {}): string {
  const withHistograms = view.tensors.some((tensor) => tensor.histogram);
  const withRoles = view.tensors.some((tensor) => tensor.role !== undefined);
  const rows: (string[] | string)[] = [];
  for (const { title, tensors } of groupsOf(view)) {
    rows.push(title === "" ? groupFacts(tensors) : `${title}: ${groupFacts(tensors)}`);
    for (const t of tensors) {
      const histogram = withHistograms ? [t.histogram ? `│${histogramToText(t.histogram)}│` : ""] : [];
      rows.push([
        `  ${label(t.name)}`,
        formatShape(t.shape),
        visibleText(t.dtype),
        ...(withRoles ? [visibleText(t.role ?? "")] : []),
        formatCount(t.parameters),
        formatBytes(t.bytes),
        ...histogram,
      ]);
    }
  }
  const headings = headingsOf(withRoles, withHistograms);
  const alignments: Alignment[] = [
    "left",
    "right",
    "left",
    ...(withRoles ? (["left"] as const) : []),
    "right",
    "right",
    "left",
  ];
  const lines = alignColumns([headings, ...rows], alignments.slice(0, headings.length));
  const shown = !options.all && view.tensors.length > unfoldedTensors ? unfoldedTensors / 2 : lines.length;
  const hidden = lines.length - 1 - 2 * shown;
  const body =
    hidden <= 0
      ? lines
      : [
          ...lines.slice(0, shown + 1),
          `… ${hidden} more lines; model.tensors lists all ${view.tensors.length} tensors …`,
          ...lines.slice(-shown),
        ];
  return [
    `${label(view.model.name)} · ${modelFacts(view.model)}`,
    "",
    ...alignColumns(
      [dtypeHeadings, ...dtypeRows(view).map(([dtype, ...cells]) => [visibleText(dtype), ...cells])],
      ["left", "right", "right", "right", "right"],
    ),
    ...roleFacts(view),
    "",
    ...body,
  ].join("\n");
}

/** The tensors of a model as tables, folded by block where there are more than 60. */
export function modelToHtml(view: ModelView): string {
  const withHistograms = view.tensors.some((tensor) => tensor.histogram);
  const groups = groupsOf(view);
  const withRoles = view.tensors.some((tensor) => tensor.role !== undefined);
  const headings = headingsOf(withRoles, withHistograms);
  const head = `<thead>${tableRow(headings, 1, "th")}</thead>`;
  const row = (t: TensorSummary): string => {
    const histogram = withHistograms ? [t.histogram ? histogramElement(t.histogram) : ""] : [];
    return tableRow([
      code(t.name),
      formatShape(t.shape),
      code(t.dtype),
      ...(withRoles ? [roleCell(t)] : []),
      formatCount(t.parameters),
      formatBytes(t.bytes),
      ...histogram,
    ]);
  };
  const totals = dtypeRows(view).map(([dtype, ...cells]) => tableRow([code(dtype), ...cells]));
  const parts = [
    `<p>${code(view.model.name)} ${modelFacts(view.model, code)}</p>`,
    `<table><thead>${tableRow(dtypeHeadings, 1, "th")}</thead><tbody>${totals.join("\n")}</tbody></table>`,
    ...roleFacts(view).map((line) => `<p>${escapeMarkup(line)}</p>`),
  ];
  const titleOf = ({ title, tensors }: Group) => `${title === "" ? "" : `${code(title)} `}${groupFacts(tensors)}`;
  if (view.tensors.length > unfoldedTensors)
    for (const group of groups)
      parts.push(
        `<details><summary>${titleOf(group)}</summary><table>${head}<tbody>`,
        ...group.tensors.map(row),
        "</tbody></table></details>",
      );
  else {
    parts.push(`<table>${head}<tbody>`);
    for (const group of groups)
      parts.push(
        `<tr><td align="left" style="text-align:left" colspan="${headings.length}">${titleOf(group)}</td></tr>`,
        ...group.tensors.map(row),
      );
    parts.push("</tbody></table>");
  }
  return parts.join("\n") + "\n";
}
