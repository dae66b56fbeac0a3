/** Where the stored form of a layer is between its compression and its next use: in memory, or in a file of a checkpoint, which the thread
 *  that needs it reads. */
import { readFileSync } from "node:fs";
import { FormatError, SourceError } from "../errors";
import type { LayerOutcome } from "./compress-layer";
import { decodeLayerFile } from "./checkpoint-file";
import type { StoredTensor } from "../stored/stored-tensor";
import type { StoredOutline } from "../stored/outline";

/** A layer's file, and the key that it must have. */
export interface LayerFile {
  readonly file: string;
  readonly key: string;
}

/** What became of a layer, without the arrays. */
export type LayerSummary = Omit<LayerOutcome, "stored"> & { readonly outline: StoredOutline | undefined };

/** What became of a layer, and where its stored form is. */
export type LocatedOutcome = Omit<LayerOutcome, "stored"> & { readonly kept: LocatedTensor | undefined };

/** The stored form itself, or the file that holds it. */
export type StoredLocation = StoredTensor | LayerFile;

/** What a layer is stored as, and where. */
export interface LocatedTensor {
  readonly outline: StoredOutline;
  readonly location: StoredLocation;
}

/** The stored tensor itself. For a worker thread: reads synchronously. `SourceError` when the file is gone, `FormatError` when it is not
 *  what was written. */
export function storedAt(location: StoredLocation): StoredTensor {
  if (!("file" in location)) return location;
  const { stored } = readLayerFile(location);
  if (stored) return stored;
  throw new FormatError(location.file, 16, "it holds no stored tensor", "one");
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
