/** A stored tensor as a piece of a `.codebook` file, and back: codes, streams of coders, tables, masks and factors in the bytes that the report
 *  counts for them or fewer, and an entry, plain JSON, that says what they are. */
import { encodedLength } from "../../encode";
import { countKept } from "../../prune/pruner";
import { matrixOf, type IndexStorage } from "../../prune/sparse/storage";
import { dtypes, sizeOf, type DType } from "../../tensor/dtype";
import { layoutOf, rowsShape } from "../../tensor/layout";
import type { Axes } from "../../tensor/role";
import type { Step } from "../../tensor/step";
import { parametersOf, type Shape } from "../../tensor/tensor";
import { unpackMask } from "../packed-codes";
import type { Coded, StoredTensor } from "../stored-tensor";
import { readMask, writeMask, type MaskEntry } from "./mask";
import { readFloats, readPacked, readTable, writeFloats, writePacked, writeTable } from "./numbers";
import type { FloatsEntry, PackedEntry, TableEntry } from "./numbers";
import { PartReader, PartWriter, type PartEntry } from "./parts";

/** What a coder made, as it is. */
interface CodedEntry {
  readonly coder: Step;
  readonly part: PartEntry;
}

/** What the content of a layer is. */
type ContentEntry =
  | { readonly kind: "bytes"; readonly dtype: DType; readonly bytes: CodedEntry }
  | { readonly kind: "values"; readonly bitsPerValue: number; readonly values: FloatsEntry | CodedEntry }
  | {
      readonly kind: "factors";
      readonly rank: number;
      readonly ranks?: readonly number[];
      readonly bitsPerValue: number;
      readonly bytes: CodedEntry | { readonly part: PartEntry };
    }
  | {
      readonly kind: "codes";
      readonly matrices?: number;
      readonly codes: PackedEntry | CodedEntry;
      readonly tables: readonly TableEntry[];
    };

/** What the parts of a layer are. The quantizer of codes stands in the outline beside it. */
export interface LayerEntry {
  readonly axes?: Axes;
  readonly mask?: MaskEntry;
  readonly index?: IndexStorage;
  readonly sparse?: true;
  readonly content: ContentEntry;
}

/** A layer as a piece of a file. */
export interface ArchivedLayer {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly entry: LayerEntry;
}

/** The piece of a stored tensor. Its name and its shape stand beside the entry. */
export function archiveLayer({ shape, axes, mask, index, sparse, content }: StoredTensor): ArchivedLayer {
  const writer = new PartWriter();
  const entry: LayerEntry = {
    ...(axes && { axes }),
    ...(mask && { mask: writeMask(writer, mask, methodShape(shape, axes)) }),
    ...(index && { index }),
    ...(sparse && { sparse }),
    content: writeContent(writer, content),
  };
  return { bytes: writer.finish(), entry };
}

/** The parts of a piece in order, under the names of layer and part, with the bytes that they take. Entries that are none give no part. */
export function partsOfLayer(entry: unknown, layer: string): { readonly name: string; readonly bytes: number }[] {
  const { mask, content } = Object(entry) as Partial<LayerEntry>;
  const { kind, codes, tables, values, bytes } = Object(content) as Record<string, unknown>;
  const list: readonly (readonly [string, unknown])[] = [
    ["mask", mask],
    [String(kind), codes ?? values ?? bytes],
    ...(Array.isArray(tables) ? tables : []).map((table: unknown): [string, unknown] => {
      const { name, data } = Object(table) as { name?: unknown; data?: unknown };
      return [String(name), data];
    }),
  ];
  return list.flatMap(([name, holder]) => {
    const size = (Object(Object(holder).part) as Partial<PartEntry>).bytes;
    return typeof size === "number" ? [{ name: `${layer}.${name}`, bytes: size }] : [];
  });
}

function writeContent(writer: PartWriter, content: StoredTensor["content"]): ContentEntry {
  const coded = ({ coder, bytes }: Coded): CodedEntry => ({ coder, part: writer.add(bytes) });
  // The fields stand in one order, whatever order the content has them in: the same layer gives the same bytes.
  if (content.kind === "bytes") return { kind: content.kind, dtype: content.dtype, bytes: coded(content.bytes) };
  if (content.kind === "values") {
    const { kind, bitsPerValue, values } = content;
    return { kind, bitsPerValue, values: "coder" in values ? coded(values) : writeFloats(writer, values, false) };
  }
  if (content.kind === "factors") {
    const { kind, rank, ranks, bitsPerValue, bytes } = content;
    const held = "coder" in bytes ? coded(bytes) : { part: writer.add(bytes) };
    return { kind, rank, ...(ranks && { ranks }), bitsPerValue, bytes: held };
  }
  const { kind, matrices, codes, tables } = content;
  return {
    kind,
    ...(matrices !== undefined && { matrices }),
    codes: "coder" in codes ? coded(codes) : writePacked(writer, codes),
    tables: tables.map((table) => writeTable(writer, table)),
  };
}

/** What a layer is called, what it has to be, and, of codes, who made them. */
export interface NamedLayer extends Pick<StoredTensor, "name" | "shape"> {
  readonly quantizer?: Step | undefined;
}

/** The stored tensor of that name and shape from its piece. `FormatError`, which calls the bytes `file`, for what no writer wrote; nothing is
 *  larger than the shape says. */
export function layerFromArchive(
  { name, shape, quantizer }: NamedLayer,
  bytes: Uint8Array,
  entry: unknown,
  file: string,
): StoredTensor {
  const reader = new PartReader(bytes, `${file}: ${name}`);
  const { axes, mask: maskEntry, index, sparse, content } = Object(entry) as Partial<LayerEntry>;
  if (axes !== undefined && !isAxes(axes, shape.length))
    reader.fail("the axes are none", `lists below ${shape.length}`);
  const own = methodShape(shape, axes);
  const weights = parametersOf(own);
  const mask = maskEntry && readMask(reader, maskEntry, own);
  if (sparse && !mask) reader.fail("weights are left out and no mask says which", "a mask");
  const kept = sparse && mask ? countKept(unpackMask(mask, weights)) : weights;
  const stored: StoredTensor = {
    name,
    shape,
    content: readContent(reader, content, {
      kept,
      shape: own,
      quantizer,
      most: 2 ** 16 + 64 * Math.max(weights, bytes.length),
    }),
    ...(axes && { axes }),
    ...(mask && { mask }),
    ...(index && { index: readIndex(reader, index) }),
    ...(sparse && { sparse: true }),
  };
  reader.end();
  return stored;
}

interface Sizes {
  /** Weights that the content holds. */
  readonly kept: number;
  /** In method order. */
  readonly shape: Shape;
  /** Who made the codes. */
  readonly quantizer: Step | undefined;
  /** Entries that a table may have. */
  readonly most: number;
}

function readContent(
  reader: PartReader,
  content: unknown,
  { kept, shape, quantizer, most }: Sizes,
): StoredTensor["content"] {
  const found = Object(content) as Partial<Record<string, unknown>>;
  const { kind, bitsPerValue } = found;
  const coded = (entry: unknown, symbols: number): Coded => {
    const { coder, part } = Object(entry) as Partial<CodedEntry>;
    const step = stepOf(reader, coder);
    const bytes = reader.raw(part);
    const length = encodedLength(bytes, reader.name);
    if (length !== symbols) reader.fail(`${length} coded symbols`, String(symbols));
    return { coder: step, bytes };
  };
  const isCoded = (entry: unknown): boolean => typeof entry === "object" && entry !== null && "coder" in entry;
  if (kind === "bytes") {
    const { dtype } = found;
    if (typeof dtype !== "string" || !Object.hasOwn(dtypes, dtype))
      return reader.fail(`bytes of type ${JSON.stringify(dtype) ?? "none"}`, "an element type");
    const type = dtype as DType;
    return { kind, dtype: type, bytes: coded(found.bytes, sizeOf(type, parametersOf(shape))) };
  }
  if (kind === "values" && typeof bitsPerValue === "number") {
    const { values } = found;
    return {
      kind,
      bitsPerValue,
      values: isCoded(values) ? coded(values, 4 * kept) : readFloats(reader, values, kept),
    };
  }
  if (kind === "factors" && (bitsPerValue === 16 || bitsPerValue === 32)) {
    const rank = count(reader, found.rank, "rank");
    const ranks = found.ranks === undefined ? undefined : countList(reader, found.ranks, "ranks");
    const all = ranks ?? [rank];
    const { rows, columns } = matrixOf(all.length === 1 ? shape : [shape[0] / all.length, ...shape.slice(1)]);
    const size = (all.reduce((sum, one) => sum + one, 0) * (rows + columns) * bitsPerValue) / 8;
    const { bytes } = found;
    const { part } = Object(bytes) as { part?: unknown };
    return {
      kind,
      rank,
      ...(ranks && { ranks }),
      bitsPerValue,
      bytes: isCoded(bytes) ? coded(bytes, size) : reader.take(part, size),
    };
  }
  if (kind === "codes" && quantizer && Array.isArray(found.tables) && found.tables.length <= 16) {
    const { codes } = found;
    const read = isCoded(codes) ? coded(codes, kept) : readPacked(reader, codes, kept);
    return {
      kind,
      quantizer,
      codes: read,
      tables: found.tables.map((table) => readTable(reader, table, most)),
      ...(found.matrices === undefined ? {} : { matrices: count(reader, found.matrices, "matrices") }),
    };
  }
  return reader.fail(`the content is ${JSON.stringify(kind) ?? "none"}`, "bytes, values, factors or codes");
}

function methodShape(shape: Shape, axes: Axes | undefined): Shape {
  return rowsShape(layoutOf(shape, axes));
}

/** Whether `axes` are those of a tensor of that rank: lists of different axes. */
export function isAxes(axes: unknown, rank: number): axes is Axes {
  const { output, input, stacked } = Object(axes) as Partial<Record<keyof Axes, unknown>>;
  const lists = [output, input, stacked];
  if (!lists.every((list) => Array.isArray(list))) return false;
  const all = lists.flat() as unknown[];
  const isAxis = (axis: unknown): boolean => Number.isInteger(axis) && (axis as number) >= 0 && (axis as number) < rank;
  return all.every(isAxis) && new Set(all).size === all.length;
}

function stepOf(reader: PartReader, step: unknown): Step {
  if (typeof step === "object" && step !== null && typeof (step as Partial<Step>).kind === "string")
    return step as Step;
  return reader.fail("a method is not named", "a step with its kind");
}

function count(reader: PartReader, value: unknown, what: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= 2 ** 31) return value;
  return reader.fail(`${what}: ${String(value)}`, "a whole number");
}

function countList(reader: PartReader, value: unknown, what: string): number[] {
  if (Array.isArray(value) && value.length > 0) return value.map((one) => count(reader, one, what));
  return reader.fail(`${what} are no list`, "whole numbers");
}

function readIndex(reader: PartReader, index: unknown): IndexStorage {
  const { scheme, indexBits, storedWeights } = Object(index) as Partial<IndexStorage>;
  if (typeof scheme !== "string") return reader.fail("the index has no scheme", "a text");
  return {
    scheme,
    indexBits: count(reader, indexBits, "the bits of an index"),
    storedWeights: count(reader, storedWeights, "the weights beside an index"),
  };
}
