import type { OutputFileSystem } from "../../bytes/atomic-file";
import { isWellFormed } from "../../bytes/utf8";
import { OptionError } from "../../errors";
import { currentHost } from "../../host";
import { checkChoice } from "../../options";
import { parametersOf } from "../../tensor/tensor";
import { floatTypes, plannedBytes } from "../float-encoding";
import type { SavedFloatType } from "../float-encoding";
import { ggmlTypes } from "./types";
import type { GgmlType } from "./types";
import { maxGgufRank } from "./gguf";
import { defaultAlignment, maxAlignment } from "./metadata";
import { encodePair, encodeText, GgufValue, ggufPairs, uint32 } from "./values";
import type { GgufMetadataInput, GgufPairs } from "./values";
import type { SavedTensor } from "../safetensors-writer";
import { FileTensor } from "../file-tensor";
import { writePieces, type Hashed, type Piece } from "../write-pieces";

/** GGUF version 3, little-endian, written as gguf-py's GGUFWriter writes it: for the same keys and tensors in the same order the file
 *  has the same bytes. The layout stands in gguf.ts. */

/** ggml's GGML_MAX_NAME is 64, with a NUL at the end; a longer name stops llama.cpp from opening the file. */
const maxWrittenNameBytes = 63;

/** Options of `saveGguf()`. */
export interface SaveGgufOptions {
  /** Writes the values as this type, rounded to nearest, ties to even; without it the stored bytes are written as they are. A function
   *  chooses for each tensor; where it gives `undefined` the bytes stay. */
  readonly dtype?: SavedFloatType | ((tensor: SavedTensor) => SavedFloatType | undefined);
  /** `general.architecture`, for a model that names none. A model of a Hugging Face folder is then written with its own names, sizes left out. */
  readonly architecture?: string;
  /** Keys to add, to change, or, as `undefined`, to leave out. */
  readonly metadata?: GgufMetadataInput;
  /** Where tensors begin: at multiples of this power of two, 8 or more. By default what the metadata say, else 32. */
  readonly alignment?: number;
  /** Stops the writing; by default the running cell's. */
  readonly signal?: AbortSignal;
  /** As in `saveSafetensors`: a call that broke off is taken up again, tensor by tensor. */
  readonly resume?: boolean;
  /** As in `saveSafetensors`: lets the file take the place of one that the model is read from. */
  readonly replace?: boolean;
  /** For tests that make writes fail. */
  readonly fileSystem?: OutputFileSystem;
}

/** A tensor as it will be written. */
export interface GgufPlan {
  /** What is written. */
  readonly tensor: SavedTensor;
  /** The type that it has in the file. */
  readonly type: GgmlType;
  /** GGUF's number of that type. */
  readonly id: number;
  /** The float type that its values are turned into; undefined: the bytes stay. */
  readonly convertTo: SavedFloatType | undefined;
  /** Bytes in the file, without padding. */
  readonly sizeBytes: number;
}

const idOfType = new Map([...ggmlTypes].map(([id, { name }]) => [name, id]));

/** Tensors and metadata as they are, in their order. */
export async function writeGguf(
  model: Hashed,
  plans: readonly GgufPlan[],
  pairs: GgufPairs,
  path: string,
  options: Pick<SaveGgufOptions, "signal" | "resume" | "fileSystem"> = {},
): Promise<number> {
  const host = currentHost();
  const signal = options.signal ?? host.signal;
  const { header, alignment, bytes: total } = ggufLayout(plans, pairs);
  let begin = header.length;
  const pieces = plans.flatMap((plan): Piece[] => {
    const size = padded(plan.sizeBytes, alignment);
    const done = (begin += size);
    const make = async (): Promise<Uint8Array> => {
      const bytes = await plannedBytes("saveGguf", plan, signal);
      host.progress?.({ task: "saving", done, total, unit: "bytes", item: plan.tensor.name });
      return bytes;
    };
    const padding = size - plan.sizeBytes;
    return [
      { bytes: plan.sizeBytes, make },
      ...(padding > 0 ? [{ bytes: padding, make: () => new Uint8Array(padding) }] : []),
    ];
  });
  const { fileSystem, resume } = options;
  return writePieces("saveGguf", path, model, header, pieces, { signal, fileSystem, resume });
}

/** What stands before the tensors, the multiple at which each begins, and the bytes of the whole file. `OptionError` for an alignment
 *  that is none, and for a name that cannot be a tensor's. */
export function ggufLayout(
  plans: readonly GgufPlan[],
  pairs: GgufPairs,
): { readonly header: Uint8Array; readonly alignment: number; readonly bytes: number } {
  checkAlignment(pairs.get(alignmentKey));
  const alignment = Number(pairs.get(alignmentKey)?.value ?? defaultAlignment);
  const header = ggufHeader(pairs, plans, alignment);
  const bytes = plans.reduce((sum, { sizeBytes }) => sum + padded(sizeBytes, alignment), header.length);
  return { header, alignment, bytes };
}

const alignmentKey = "general.alignment";
/** The key of the version of the block types. */
export const versionKey = "general.quantization_version";
/** The key of the number that says which type most of the weights have. */
export const fileTypeKey = "general.file_type";
/** The key of the architecture, without which no engine opens a file. */
export const architectureKey = "general.architecture";

/** The metadata of the file to be written: the model's own with the changes, alignment, version of blocks and file type set where
 *  the tensors ask. */
export function completePairs(
  metadata: Readonly<Record<string, unknown>>,
  options: SaveGgufOptions,
  plans: readonly GgufPlan[],
): GgufPairs {
  const changes = options.metadata ?? {};
  const { alignment } = options;
  const pairs = new Map(ggufPairs(metadata, changes));
  if (alignment !== undefined) pairs.set(alignmentKey, new GgufValue("uint32", alignment));
  // Blocks that lie in a file already are copied with the metadata that they came with.
  if (
    plans.some(({ type, tensor }) => type.blockElements > 1 && !(tensor instanceof FileTensor)) &&
    !pairs.has(versionKey) &&
    !(versionKey in changes)
  )
    pairs.set(versionKey, new GgufValue("uint32", 2));
  const isChanged = plans.some(({ convertTo }) => convertTo !== undefined);
  const fileType = fileTypeOf(plans);
  if (isChanged && pairs.has(fileTypeKey) && !(fileTypeKey in changes) && fileType !== undefined)
    pairs.set(fileTypeKey, new GgufValue("uint32", fileType));
  return pairs;
}

function checkAlignment(value: GgufValue | undefined): void {
  if (value === undefined) return;
  const size = value.type === "uint32" ? Number(value.value) : NaN;
  if (!(size >= 8 && size <= maxAlignment && Number.isInteger(Math.log2(size))))
    throw new OptionError(
      `saveGguf(): the alignment is ${String(value.value)}; it takes a power of two from 8 to ${maxAlignment}`,
    );
}

/** llama.cpp's numbers for a file most of whose weights have a type (include/llama.h, enum llama_ftype; of a family the plain one). */
const fileTypes: ReadonlyMap<string, number> = new Map([
  ["F32", 0],
  ["F16", 1],
  ["Q4_0", 2],
  ["Q4_1", 3],
  ["Q8_0", 7],
  ["Q5_0", 8],
  ["Q5_1", 9],
  ["Q2_K", 10],
  ["Q3_K", 12],
  ["Q4_K", 15],
  ["Q5_K", 17],
  ["Q6_K", 18],
  ["IQ4_NL", 25],
  ["IQ4_XS", 30],
  ["BF16", 32],
  ["TQ1_0", 36],
  ["TQ2_0", 37],
  ["MXFP4", 38],
  ["NVFP4", 39],
]);

/** The number of the type that holds most of the weights. */
export function ggufFileType(
  tensors: readonly { readonly dtype: string; readonly parameters: number }[],
): number | undefined {
  const weights = new Map<string, number>();
  for (const { dtype, parameters } of tensors) weights.set(dtype, (weights.get(dtype) ?? 0) + parameters);
  const [most] = [...weights].sort(([, a], [, b]) => b - a);
  return most && fileTypes.get(most[0]);
}

/** llama.cpp's number of the type that holds most of the planned weights; undefined where it has none. */
export function fileTypeOf(plans: readonly GgufPlan[]): number | undefined {
  return ggufFileType(plans.map(({ type, tensor }) => ({ dtype: type.name, parameters: parametersOf(tensor.shape) })));
}

/** How one tensor will be written; `OptionError` where its type does not exist in GGUF or cannot be turned into `choice`. */
export function ggufPlan(tensor: SavedTensor, choice: SaveGgufOptions["dtype"]): GgufPlan {
  const wanted = typeof choice === "function" ? choice(tensor) : choice;
  if (wanted !== undefined) checkChoice("saveGguf", "dtype", wanted, floatTypes);
  const name = wanted ?? tensor.dtype;
  const id = idOfType.get(name);
  const type = ggmlTypes.get(id ?? -1);
  if (id === undefined || type === undefined)
    throw new OptionError(
      `saveGguf(): GGUF has no type ${name} (${tensor.name}); save the values with dtype: "F32", "F16" or "BF16"`,
    );
  const { shape } = tensor;
  if (shape.length > maxGgufRank)
    throw new OptionError(
      `saveGguf(): ${tensor.name} has ${shape.length} dimensions; GGUF takes at most ${maxGgufRank}`,
    );
  const row = shape.at(-1) ?? 1;
  if (row % type.blockElements !== 0)
    throw new OptionError(
      `saveGguf(): ${tensor.name} has rows of ${row}; ${name} takes a multiple of ${type.blockElements}`,
    );
  return {
    tensor,
    type,
    id,
    convertTo: wanted !== undefined && wanted !== tensor.dtype ? wanted : undefined,
    sizeBytes: (parametersOf(shape) / type.blockElements) * type.blockBytes,
  };
}

/** Everything before the tensors' bytes, padded to the alignment. */
function ggufHeader(pairs: GgufPairs, plans: readonly GgufPlan[], alignment: number): Uint8Array {
  const parts: Uint8Array[] = [Buffer.from("GGUF"), uint32(3), uint64(plans.length), uint64(pairs.size)];
  for (const [key, value] of pairs) parts.push(...encodePair(key, value));
  const names = new Set<string>();
  let offset = 0;
  for (const { tensor, id, sizeBytes } of plans) {
    checkName(tensor.name, names);
    parts.push(encodeText(tensor.name), uint32(tensor.shape.length));
    for (const size of [...tensor.shape].reverse()) parts.push(uint64(size));
    parts.push(uint32(id), uint64(offset));
    offset += padded(sizeBytes, alignment);
  }
  if (!Number.isSafeInteger(offset)) throw new OptionError("saveGguf(): the tensors' sizes add up past 2^53 bytes");
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  parts.push(new Uint8Array(padded(size, alignment) - size));
  return Buffer.concat(parts);
}

function checkName(name: string, names: Set<string>): void {
  const bytes = Buffer.byteLength(name);
  if (bytes > maxWrittenNameBytes)
    throw new OptionError(
      `saveGguf(): the name ${JSON.stringify(name)} has ${bytes} bytes; llama.cpp opens names of at most ${maxWrittenNameBytes}`,
    );
  if (names.has(name) || name === "__proto__" || name.includes("\0") || !isWellFormed(name))
    throw new OptionError(`saveGguf(): the name ${JSON.stringify(name)} is used already, or cannot be a tensor's`);
  names.add(name);
}

function uint64(value: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function padded(size: number, alignment: number): number {
  return Math.ceil(size / alignment) * alignment;
}
