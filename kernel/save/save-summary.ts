/** What `save` returns and shows: where the model went, in which form, and how every layer is held there. */
import { formatBytes, formatCount, formatShape } from "../report/numbers";
import { escapeMarkup, shortenMiddle, visibleText } from "../report/visible-text";
import { displaySymbol, type Displayed, type MimeBundle } from "../static/display";
import { code, tableRow } from "../static/html";
import { alignColumns, cellWidth } from "../static/text-table";
import type { PlannedLayer, SavedFiles, SavePlan } from "./save-plan";

/** What was saved. A cell shows it as a table: the layers by how they are held, then those that are plain though they were quantized,
 *  then notes. */
export interface SaveSummary extends SavePlan, Displayed {
  /** As `save` was given it. */
  readonly path: string;
  /** Names of all files that were written: within the folder, or of the one file. */
  readonly files: readonly string[];
}

/** The summary of a save, frozen. Its `bytes` are those that were written. */
export function summaryOf(plan: SavePlan, path: string, { bytes, files }: SavedFiles): SaveSummary {
  const summary = { path, ...plan, bytes, files: [...files] };
  const bundle = () => ({ "text/plain": summaryToText(summary), "text/html": summaryToHtml(summary) });
  Object.defineProperty(summary, displaySymbol, { value: bundle, enumerable: false });
  return Object.freeze(summary) as unknown as SaveSummary;
}

/** One line of a plan, for those who wait for the writing: what will lie where, and its size. */
export function planBundle(plan: SavePlan, path: string): MimeBundle {
  const line = `${visibleText(shownName(path))}: ${visibleText(plan.form)} for ${visibleText(plan.engine)}, ${sizeText(plan.bytes)}; ${kindsLine(plan)}`;
  return { "text/plain": line };
}

type Shown = Omit<SaveSummary, typeof displaySymbol>;

const sizeText = (bytes: number): string => `${formatBytes(bytes)} (${formatCount(bytes)} bytes)`;

/** Layers that are held alike. */
interface Kind {
  readonly held: PlannedLayer["held"];
  readonly as: string;
  readonly layers: readonly PlannedLayer[];
}

const heldOrder: readonly PlannedLayer["held"][] = ["packed", "plain", "as it was"];

function kindsOf({ layers }: Pick<SavePlan, "layers">): Kind[] {
  const kinds = new Map<string, PlannedLayer[]>();
  for (const layer of layers) {
    const key = `${layer.held}\n${layer.as}`;
    kinds.set(key, [...(kinds.get(key) ?? []), layer]);
  }
  return [...kinds.values()]
    .map((same) => ({ held: same[0].held, as: same[0].as, layers: same }))
    .sort((a, b) => heldOrder.indexOf(a.held) - heldOrder.indexOf(b.held) || bytesOf(b.layers) - bytesOf(a.layers));
}

const bytesOf = (layers: readonly PlannedLayer[]): number => layers.reduce((sum, { bytes }) => sum + bytes, 0);
const countOf = (layers: readonly PlannedLayer[]): string =>
  `${formatCount(layers.length)} ${layers.length === 1 ? "layer" : "layers"}`;

function kindsLine(plan: SavePlan): string {
  return kindsOf(plan)
    .map(({ held, as, layers }) => `${countOf(layers)} ${held} (${visibleText(as)})`)
    .join(", ");
}

const headings = ["held", "as", "layers", "weights", "bytes"];

const rowOfKind = ({ held, as, layers }: Kind): string[] => [
  held,
  visibleText(as),
  formatCount(layers.length),
  formatCount(layers.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0)),
  formatBytes(bytesOf(layers)),
];

/** Layers that were quantized and are plain, then those that have another type, each of one reason together. */
function plainByReason({ layers }: Shown): [reason: string, layers: PlannedLayer[]][] {
  const reasons = new Map<string, PlannedLayer[]>();
  const add = (key: string, layer: PlannedLayer) => reasons.set(key, [...(reasons.get(key) ?? []), layer]);
  for (const layer of layers)
    if (layer.reason !== undefined) add(`plain though quantized, because ${layer.reason}`, layer);
  for (const layer of layers) if (layer.retyped !== undefined) add(`in another type, because ${layer.retyped}`, layer);
  return [...reasons];
}

const label = (name: string): string => shortenMiddle(visibleText(name), 60, cellWidth);

/** Layers of one reason that text lists by name. */
const listedLayers = 12;

function filesLine({ files }: Shown, word: (name: string) => string): string {
  return files.map(word).join(", ");
}

const notesOf = ({ notes = [] }: Shown): readonly string[] => notes;

/** The summary as lines of text. */
export function summaryToText(summary: Shown): string {
  const kinds = alignColumns(
    [headings, ...kindsOf(summary).map(rowOfKind)],
    ["left", "left", "right", "right", "right"],
  );
  const plain = plainByReason(summary).flatMap(([reason, layers]) => {
    const shown = layers.length > listedLayers + 1 ? layers.slice(0, listedLayers) : layers;
    const rows = shown.map(({ name, shape, as, bytes }) => [
      `  ${label(name)}`,
      formatShape(shape),
      visibleText(as),
      formatBytes(bytes),
    ]);
    const rest = layers.length - shown.length;
    return [
      "",
      `${visibleText(reason)}: ${countOf(layers)}, ${formatBytes(bytesOf(layers))}`,
      ...alignColumns(rows, ["left", "right", "left", "right"]),
      ...(rest > 0 ? [`  … and ${formatCount(rest)} more; .layers lists all`] : []),
    ];
  });
  return [
    `${visibleText(shownName(summary.path))} · ${visibleText(summary.form)} for ${visibleText(summary.engine)} · ${sizeText(summary.bytes)}`,
    "",
    ...kinds,
    ...plain,
    ...notesOf(summary).map((note) => `\nnote: ${visibleText(note)}`),
    "",
    `files: ${filesLine(summary, visibleText)}`,
  ].join("\n");
}

/** The summary as HTML without script, style sheet and class. */
export function summaryToHtml(summary: Shown): string {
  const kinds = kindsOf(summary).map((kind) => {
    const [held, as, ...cells] = rowOfKind(kind);
    return tableRow([escapeMarkup(held), code(as), ...cells], 2);
  });
  const plain = plainByReason(summary).map(([reason, layers]) => {
    const rows = layers.map(({ name, shape, as, bytes }) =>
      tableRow([code(label(name)), formatShape(shape), code(as), formatBytes(bytes)]),
    );
    const head = `${escapeMarkup(reason)}: ${countOf(layers)}, ${formatBytes(bytesOf(layers))}`;
    return `<details><summary>${head}</summary><table><thead>${tableRow(["layer", "shape", "as", "bytes"], 1, "th")}</thead><tbody>${rows.join("\n")}</tbody></table></details>`;
  });
  return [
    `<p>${code(shownName(summary.path))} ${escapeMarkup(summary.form)} for ${escapeMarkup(summary.engine)}, ${sizeText(summary.bytes)}</p>`,
    `<table><thead>${tableRow(headings, 2, "th")}</thead><tbody>${kinds.join("\n")}</tbody></table>`,
    ...plain,
    ...notesOf(summary).map((note) => `<p>note: ${escapeMarkup(note)}</p>`),
    `<p>files: ${filesLine(summary, code)}</p>`,
  ].join("\n");
}

/** The last part of a path, a folder's with its slash: outputs are sent to others, and name no folder of their machine. */
function shownName(path: string): string {
  return /[^/\\]+[/\\]*$/.exec(path)?.[0] ?? path;
}
