/** What a compressed model takes in each form: the bytes of the file, the bits that an engine holds after loading, and what the form leaves
 *  unpacked or pads. */
import { formatBytes, formatCount } from "../report/numbers";
import { escapeMarkup, visibleText } from "../report/visible-text";
import { displayed, type Displayed } from "../static/display";
import { code, tableRow } from "../static/html";
import { alignColumns } from "../static/text-table";
import { CompressedTensor } from "../layer/layer-tensor";
import type { Tensor } from "../tensor/tensor";
import { parametersOf } from "../tensor/tensor";
import type { PlannedLayer, SavePlan } from "./save-plan";

/** A form and its sizes. */
export interface SizeRow {
  /** The call that writes it: `save("small.gguf")`. */
  readonly call: string;
  /** "GGUF file", "compressed-tensors folder"; absent where the form refuses the model. */
  readonly form?: string;
  /** What opens it. */
  readonly engine?: string;
  /** Bytes of the file or files that hold the weights, to the byte. */
  readonly bytes?: number;
  /** 8 · bytes / weights of the model that was compressed. */
  readonly bitsPerWeight?: number;
  /** Bits per weight that the engine holds after loading; absent where nothing is held (a `.codebook` file is read tensor by tensor). */
  readonly residentBitsPerWeight?: number;
  /** Layers that a step changed and that the form holds as floats, and their bytes. */
  readonly plain?: {
    /** How many. */
    readonly layers: number;
    /** Their bytes in the file. */
    readonly bytes: number;
  };
  /** Bytes of packed layers beyond those that the report counts: wider scales, one bit stored as two, padding. */
  readonly paddedBytes?: number;
  /** Why the form does not take the model. */
  readonly refused?: string;
}

/** The sizes of a model in all forms, as frozen plain JSON that a cell shows as a table. */
export interface SizeTable extends Displayed {
  /** Bytes that the report counts, tensors that no step changed included. */
  readonly countedBytes: number;
  /** 8 · countedBytes / weights. */
  readonly countedBitsPerWeight: number;
  /** A row for each form. */
  readonly rows: readonly SizeRow[];
}

/** What is known of the model besides its plans. */
export interface SizedModel {
  /** Those of the compressed model. */
  readonly tensors: readonly Tensor[];
  /** Weights of the model that was compressed. */
  readonly parameters: number;
  /** Bits of the floats that transformers loads weights as: those of the type that config.json names, else 32. */
  readonly floatBits: number;
}

/** The row of a plan. */
export function rowOfPlan(call: string, plan: SavePlan, { tensors, parameters, floatBits }: SizedModel): SizeRow {
  const { form, engine, layers, bytes } = plan;
  const counted = new Map(
    tensors.flatMap((tensor) => (tensor instanceof CompressedTensor ? [[tensor.name, tensor.sizeBytes] as const] : [])),
  );
  const plain = layers.filter(({ held }) => held === "plain");
  const padded = layers.reduce((sum, layer) => sum + paddingOf(layer, counted.get(layer.name)), 0);
  const resident = layers.map((layer) => residentBits(form, layer, floatBits));
  const total = resident.reduce<number | undefined>(
    (sum, bits) => (sum === undefined || bits === undefined ? undefined : sum + bits),
    0,
  );
  const perWeight = (bits: number): number => bits / Math.max(1, parameters);
  return {
    call,
    form,
    engine,
    bytes,
    bitsPerWeight: perWeight(8 * bytes),
    ...(total !== undefined && { residentBitsPerWeight: perWeight(total) }),
    plain: { layers: plain.length, bytes: plain.reduce((sum, layer) => sum + layer.bytes, 0) },
    paddedBytes: padded,
  };
}

function paddingOf({ held, bytes, paddedBytes }: PlannedLayer, counted: number | undefined): number {
  if (paddedBytes !== undefined) return paddedBytes;
  return held === "packed" && counted !== undefined ? Math.max(0, bytes - counted) : 0;
}

/** Bits that the form's engine holds of a layer: of GGUF the blocks as they are in the file; of bitsandbytes codes, scales and tables; of
 *  compressed-tensors floats, because transformers decompresses before the first forward. */
function residentBits(form: string, layer: PlannedLayer, floatBits: number): number | undefined {
  const { held, shape, tensors, bytes, residentBits: own } = layer;
  if (own !== undefined) return own;
  if (form.startsWith("codebook")) return undefined;
  if (held !== "packed" || form.startsWith("GGUF")) return 8 * bytes;
  if (form.startsWith("bitsandbytes"))
    return tensors.reduce((sum, { name, sizeBytes }) => sum + (name.includes(".quant_state.") ? 0 : 8 * sizeBytes), 0);
  return parametersOf(shape) * floatBits;
}

/** The table of these rows. */
export function sizeTable(rows: readonly SizeRow[], countedBytes: number, parameters: number): SizeTable {
  const table = { countedBytes, countedBitsPerWeight: (8 * countedBytes) / Math.max(1, parameters), rows };
  return displayed(table, (data) => ({ "text/plain": sizesToText(data), "text/html": sizesToHtml(data) }));
}

type Shown = Pick<SizeTable, "countedBytes" | "countedBitsPerWeight" | "rows">;

const headings = ["call", "form", "bytes", "", "bits a weight", "resident bits", "left plain", "padded"];

function cellsOf({ call, form = "", bytes, bitsPerWeight, residentBitsPerWeight, plain, paddedBytes = 0 }: SizeRow) {
  return [
    call,
    form,
    bytes === undefined ? "" : formatCount(bytes),
    bytes === undefined ? "" : formatBytes(bytes),
    bitsPerWeight === undefined ? "" : bitsPerWeight.toFixed(3),
    residentBitsPerWeight === undefined ? "" : residentBitsPerWeight.toFixed(3),
    plain && plain.layers > 0 ? `${formatCount(plain.layers)} (${formatBytes(plain.bytes)})` : "",
    paddedBytes > 0 ? formatBytes(paddedBytes) : "",
  ];
}

const isWritten = ({ refused }: SizeRow): boolean => refused === undefined;

function countedLine({ countedBytes, countedBitsPerWeight }: Shown): string {
  return `the report counts ${formatCount(countedBytes)} bytes, ${countedBitsPerWeight.toFixed(3)} bits a weight`;
}

/** The table as lines of text. */
export function sizesToText(table: Shown): string {
  const { rows } = table;
  const written = rows.filter(isWritten).map((row) => cellsOf(row).map(visibleText));
  const refused = rows.filter((row) => !isWritten(row));
  return [
    countedLine(table),
    "",
    ...alignColumns([headings, ...written], ["left", "left", ...headings.slice(2).map(() => "right" as const)]),
    ...(refused.length === 0 ? [] : ["", "refused:"]),
    ...refused.map(({ call, refused: reason = "" }) => `  ${visibleText(call)}: ${visibleText(reason)}`),
  ].join("\n");
}

/** The table as HTML without script, style sheet and class. */
export function sizesToHtml(table: Shown): string {
  const { rows } = table;
  const written = rows.filter(isWritten).map((row) => {
    const [call, ...cells] = cellsOf(row);
    return tableRow([code(call), ...cells.map(escapeMarkup)], 2);
  });
  const refused = rows.filter((row) => !isWritten(row));
  const list = refused.map(({ call, refused: reason = "" }) => `<li>${code(call)} ${escapeMarkup(reason)}</li>`);
  return [
    `<p>${escapeMarkup(countedLine(table))}</p>`,
    `<table><thead>${tableRow(headings, 2, "th")}</thead><tbody>${written.join("\n")}</tbody></table>`,
    ...(list.length === 0 ? [] : [`<p>refused:</p><ul>${list.join("\n")}</ul>`]),
  ].join("\n");
}
