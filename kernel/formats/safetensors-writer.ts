import type { OutputFileSystem } from "../bytes/atomic-file";
import { isWellFormed } from "../bytes/utf8";
import { OptionError } from "../errors";
import { currentHost } from "../host";
import { checkChoice, checkOptionNames } from "../options";
import { isIntegerType } from "../tensor/dtype";
import { parametersOf } from "../tensor/tensor";
import type { Shape, Tensor } from "../tensor/tensor";
import { writePieces, type Hashed, type Piece, type WriteOptions } from "./write-pieces";
import { floatTypes, plannedBytes } from "./float-encoding";
import type { SavedFloatType } from "./float-encoding";
import { maxHeaderBytes, safetensorsBits } from "./safetensors";
import { refuseOwnFiles } from "./source-files";

/** Tensors to be saved: a `Model`'s, or anything that has these members. */
export type SavedTensor = Pick<Tensor, "name" | "shape" | "dtype" | "sizeBytes" | "read" | "readBytes">;

export type { SavedFloatType };

/** Options of `saveSafetensors()`. */
export interface SaveSafetensorsOptions {
  /** Writes the values as this type, rounded to nearest, ties to even; without it the stored bytes are written as they are, and whole numbers
   *  always are. */
  readonly dtype?: SavedFloatType | ((tensor: SavedTensor) => SavedFloatType | undefined) | undefined;
  /** Written as `__metadata__`, keys in order; by default the model's own metadata that is text. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Stops the writing; by default the running cell's. */
  readonly signal?: AbortSignal;
  /** Where the writing breaks off (a full disk, an interrupt, a kill), keep what is written beside the file; the same call goes on from the
   *  last whole tensor, to the same bytes. */
  readonly resume?: boolean;
  /** Lets the file take the place of one that the model is read from; without it that is refused. */
  readonly replace?: boolean;
  /** For tests that make writes fail. */
  readonly fileSystem?: OutputFileSystem;
}

/** A tensor as it will be written. */
export interface SafetensorsPlan {
  /** What is written. */
  readonly tensor: SavedTensor;
  /** The type that it has in the file. */
  readonly dtype: string;
  /** Set when the values are converted, unset when the bytes are copied. */
  readonly convertTo: SavedFloatType | undefined;
  /** Bytes in the file. */
  readonly sizeBytes: number;
}

/** A file as it will be written. */
export interface SafetensorsLayout {
  /** The header with its length in front. */
  readonly header: Uint8Array;
  /** In the order of their bytes. */
  readonly entries: readonly SafetensorsPlan[];
  /** Bytes of the whole file. */
  readonly bytes: number;
}

/** What `saveSafetensors` would write, to the byte, without reading a value. `OptionError` as of `saveSafetensors`. */
export function safetensorsLayout(
  {
    tensors,
    metadata,
  }: { readonly tensors: readonly SavedTensor[]; readonly metadata?: Readonly<Record<string, unknown>> },
  options: Pick<SaveSafetensorsOptions, "dtype" | "metadata">,
): SafetensorsLayout {
  const entries = sorted(tensors.map((tensor) => planOf(tensor, options.dtype)));
  const header = safetensorsHeader(
    entries.map(({ tensor, dtype, sizeBytes }) => ({ name: tensor.name, dtype, shape: tensor.shape, sizeBytes })),
    options.metadata ?? textOf(metadata ?? {}),
  );
  return { header, entries, bytes: entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, header.length) };
}

/** Writes tensors as one safetensors file, atomically, and returns its size in bytes. The layout is the reference writer's: the
 *  widest types first, then by name, the header padded with spaces to a multiple of 8; for the same tensors the file has the same
 *  bytes. One tensor is in memory at a time. With `resume` a call that broke off is taken up again, tensor by tensor.
 *  `OptionError` when a type cannot be stored, a name is no text, or a finite value is too large for float16; `WriteError` when the
 *  disk does not take it: then whatever was at `path` before is still there. */
export async function saveSafetensors(
  model: Hashed & { readonly tensors: readonly SavedTensor[]; readonly metadata?: Readonly<Record<string, unknown>> },
  path: string,
  options: SaveSafetensorsOptions = {},
): Promise<number> {
  checkOptionNames("saveSafetensors", options, ["dtype", "metadata", "signal", "resume", "replace", "fileSystem"]);
  await refuseOwnFiles("saveSafetensors", model, path, options.replace ?? false);
  const host = currentHost();
  const { fileSystem, resume, signal = host.signal } = options;
  const layout = safetensorsLayout(model, options);
  const onProgress = (done: number, item: string): void =>
    host.progress?.({ task: "saving", done, total: layout.bytes, unit: "bytes", item });
  return writeSafetensorsLayout(model, path, layout, { signal, fileSystem, resume, onProgress });
}

/** Writes the file as it was laid out; returns its bytes. `onProgress` is called with the bytes that are done when a tensor is made. */
export async function writeSafetensorsLayout(
  model: Hashed,
  path: string,
  { header, entries }: SafetensorsLayout,
  options: Omit<WriteOptions, "finish"> & { readonly onProgress: (done: number, item: string) => void },
): Promise<number> {
  const { onProgress, signal, fileSystem, resume } = options;
  let begin = header.length;
  const pieces = entries.map((plan): Piece => {
    const done = (begin += plan.sizeBytes);
    const make = async (): Promise<Uint8Array> => {
      const bytes = await plannedBytes("saveSafetensors", plan, signal);
      onProgress(done, plan.tensor.name);
      return bytes;
    };
    return { bytes: plan.sizeBytes, make };
  });
  return writePieces("saveSafetensors", path, model, header, pieces, { signal, fileSystem, resume });
}

function planOf(tensor: SavedTensor, choice: SaveSafetensorsOptions["dtype"]): SafetensorsPlan {
  const told = typeof choice === "function" ? choice(tensor) : choice;
  if (told !== undefined) checkChoice("saveSafetensors", "dtype", told, floatTypes);
  // Whole numbers above 2^24 have no float32: they keep their type.
  const wanted = isIntegerType(tensor.dtype) ? undefined : told;
  const dtype = wanted ?? tensor.dtype;
  const bits = safetensorsBits.get(dtype);
  if (bits === undefined)
    throw new OptionError(
      `saveSafetensors(): safetensors has no type ${dtype} (${tensor.name}); save the values with dtype: "F32", "F16" or "BF16"`,
    );
  const convertTo = wanted !== undefined && wanted !== tensor.dtype ? wanted : undefined;
  return { tensor, dtype, convertTo, sizeBytes: (parametersOf(tensor.shape) * bits) / 8 };
}

/** Those of a model's metadata that are text, which is all that safetensors holds. */
export function textOf(metadata: Readonly<Record<string, unknown>>): Record<string, string> {
  const text: Record<string, string> = {};
  for (const [key, value] of Object.entries(metadata)) if (typeof value === "string") text[key] = value;
  return text;
}

const rank = new Map([...safetensorsBits.keys()].map((dtype, index) => [dtype, index]));

function sorted(plans: SafetensorsPlan[]): SafetensorsPlan[] {
  return plans.sort(
    (a, b) => (rank.get(b.dtype) ?? 0) - (rank.get(a.dtype) ?? 0) || byBytes(a.tensor.name, b.tensor.name),
  );
}

/** Order of the UTF-8 bytes, which is not JavaScript's order of UTF-16 units. */
function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** The header with its length in front, for tensors in the order of their bytes. */
export function safetensorsHeader(
  tensors: readonly {
    readonly name: string;
    readonly dtype: string;
    readonly shape: Shape;
    readonly sizeBytes: number;
  }[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const members: string[] = [];
  const keys = Object.keys(metadata).sort(byBytes);
  if (keys.length > 0)
    members.push(`"__metadata__":{${keys.map((key) => `${text(key)}:${text(metadata[key])}`).join(",")}}`);
  const names = new Set<string>(["__metadata__", "__proto__"]);
  let offset = 0;
  for (const { name, dtype, shape, sizeBytes } of tensors) {
    if (names.has(name) || name.includes("\0"))
      throw new OptionError(
        `saveSafetensors(): the name ${JSON.stringify(name)} is used already, or cannot be a tensor's`,
      );
    names.add(name);
    const end = offset + sizeBytes;
    if (!Number.isSafeInteger(end)) throw new OptionError(`saveSafetensors(): ${name} has ${sizeBytes} bytes`);
    members.push(`${text(name)}:{"dtype":"${dtype}","shape":[${shape.join(",")}],"data_offsets":[${offset},${end}]}`);
    offset = end;
  }
  const json = Buffer.from(`{${members.join(",")}}`);
  const length = 8 * Math.ceil(json.length / 8);
  if (length > maxHeaderBytes)
    throw new OptionError(`saveSafetensors(): the header would have ${length} bytes; at most ${maxHeaderBytes}`);
  const header = new Uint8Array(8 + length).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(json, 8);
  return header;
}

function text(value: string): string {
  if (!isWellFormed(value))
    throw new OptionError(
      `saveSafetensors(): ${JSON.stringify(value)} holds half of a surrogate pair, which UTF-8 cannot store`,
    );
  return JSON.stringify(value);
}
