/** Where the stored form of a layer is between its compression and its next use: in memory, in a file of a checkpoint, or in a `.codebook`
 *  file; the thread that needs it reads the file. */
import { readFileSync } from "node:fs";
import { checkPiece, type ModelPiece } from "../archive/model-file";
import { readFileRange, type FileRange } from "../bytes/file-range";
import { FormatError, SourceError } from "../errors";
import type { LayerOutcome } from "./compress-layer";
import { decodeLayerFile } from "./checkpoint-file";
import { loops } from "../loops/loops";
import { layerFromArchive } from "../stored/archived/layer";
import type { StoredTensor } from "../stored/stored-tensor";
import type { StoredOutline } from "../stored/outline";
import type { Step } from "../tensor/step";
import type { Shape } from "../tensor/tensor";

/** A layer's file, and the key that it must have. */
export interface LayerFile {
  readonly file: string;
  readonly key: string;
}

/** What became of a layer, without the arrays. */
export type LayerSummary = Omit<LayerOutcome, "stored"> & { readonly outline: StoredOutline | undefined };

/** What became of a layer, and where its stored form is. */
export type LocatedOutcome = Omit<LayerOutcome, "stored"> & { readonly kept: LocatedTensor | undefined };

/** A layer's piece of a `.codebook` file. */
export interface LayerPiece {
  /** What errors call the file. */
  readonly archive: string;
  /** Where the piece lies, or its bytes; undefined in a file that is not on this machine. */
  readonly from: FileRange | Uint8Array | undefined;
  /** Its name and hash. */
  readonly piece: ModelPiece;
  readonly shape: Shape;
  /** Who made its codes. */
  readonly quantizer: Step | undefined;
  /** What its parts are, as the file's contents say; foreign until it is read. */
  readonly entry: unknown;
}

/** The stored form itself, or the file that holds it. */
export type StoredLocation = StoredTensor | LayerFile | LayerPiece;

/** What a layer is stored as, and where. */
export interface LocatedTensor {
  readonly outline: StoredOutline;
  readonly location: StoredLocation;
}

/** The stored tensor itself. For a worker thread: reads synchronously. `SourceError` when the file is gone, `FormatError` when it is not
 *  what was written. */
export function storedAt(location: StoredLocation): StoredTensor {
  if ("piece" in location) return layerInPiece(location);
  if (!("file" in location)) return location;
  const { stored } = readLayerFile(location);
  if (stored) return stored;
  throw new FormatError(location.file, 16, "it holds no stored tensor", "one");
}

function layerInPiece({ archive, from, piece, shape, quantizer, entry }: LayerPiece): StoredTensor {
  const { name } = piece;
  if (!from)
    throw new SourceError(archive, `is not on this machine, and "${name}" is needed as it is stored; fetch it first`);
  const bytes = from instanceof Uint8Array ? from : readFileRange(from);
  checkPiece(archive, piece, bytes);
  return layerFromArchive({ name, shape, quantizer }, bytes, entry, archive);
}

/** What `restore` makes of the stored tensor. Parts of a `.codebook` file that are sound each and do not fit each other are a `FormatError`
 *  too: no method made them. */
export function restoredFrom<Result>(location: StoredLocation, restore: (stored: StoredTensor) => Result): Result {
  const stored = storedAt(location);
  if (!("piece" in location)) return restore(stored);
  try {
    const result = restore(stored);
    // No quantizer makes a NaN: tables do not fit their codes.
    const odd = stored.content.kind === "codes" && result instanceof Float32Array ? firstNaN(result) : -1;
    if (odd >= 0) throw new RangeError(`value ${odd} is NaN`);
    return result;
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    const { archive, piece } = location;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FormatError(
      archive,
      piece.start,
      `the parts of "${piece.name}" do not fit each other (${reason})`,
      "parts of one layer",
      { cause },
    );
  }
}

function firstNaN(values: Float32Array): number {
  return loops.values.firstNonFinite(values) < 0 ? -1 : values.findIndex((value) => Number.isNaN(value));
}

/** The outcome in a layer's file, read synchronously and checked to the last byte; errors as of `storedAt`. */
export function readLayerFile({ file, key }: LayerFile): ReturnType<typeof decodeLayerFile> {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    const isGone = (cause as NodeJS.ErrnoException).code === "ENOENT";
    const problem = isGone
      ? "is gone; a model that was compressed with a checkpoint needs its folder"
      : String((cause as Error).message);
    throw new SourceError(file, problem, { cause });
  }
  // Node reads small files into a pool, where they may begin at any byte; arrays of floats need whole eights.
  return decodeLayerFile(file, bytes.byteOffset % 8 === 0 ? asArray(bytes) : new Uint8Array(bytes), key);
}

function asArray({ buffer, byteOffset, length }: Buffer): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, length);
}
