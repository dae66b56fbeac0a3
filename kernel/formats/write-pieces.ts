/** How the writers of safetensors, GGUF and TensorFlow.js bring their pieces to the disk: at once, or so that a later call can go on. */
import { createHash } from "node:crypto";
import { writeFileAtomically, type OutputFileSystem } from "../bytes/atomic-file";
import type { Piece } from "../bytes/pieces";
import { writeFileResumably } from "../bytes/resumable-file";
import { OptionError } from "../errors";
import { packageVersion } from "../version";

export type { Piece };

/** How pieces are written. */
export interface WriteOptions {
  readonly signal?: AbortSignal | undefined;
  readonly fileSystem?: OutputFileSystem | undefined;
  /** Keeps what is written where the writing breaks off, and goes on from there. */
  readonly resume?: boolean | undefined;
  /** What belongs to the file and comes when it has its name; with `resume` a later call begins with it where this broke off. */
  readonly finish?: (() => Promise<void>) | undefined;
}

/** Something whose SHA-256 decides the bytes of its tensors. */
export interface Hashed {
  sha256?(options?: { signal?: AbortSignal }): Promise<string>;
}

/** The hash of a model, for other tensors that it decides too. */
export function hashOf(model: Hashed): Hashed {
  return model.sha256 ? { sha256: (options) => model.sha256?.(options) ?? Promise.resolve("") } : {};
}

/** Writes a header and what follows it. With `resume` the header, the model's hash and the version of Codebook say which file it is. */
export async function writePieces(
  method: string,
  path: string,
  model: Hashed,
  header: Uint8Array,
  pieces: readonly Piece[],
  { signal, fileSystem, resume, finish }: WriteOptions,
): Promise<number> {
  const all: Piece[] = [{ bytes: header.length, make: () => header }, ...pieces];
  if (resume) {
    const key = await keyOf(method, model, header, signal);
    return writeFileResumably(path, all, { key, ...(signal && { signal }), ...(finish && { finish }) });
  }
  const size = await writeFileAtomically(path, inOrder(all), { signal, fileSystem });
  await finish?.();
  return size;
}

/** What decides every byte of a file that is taken up again: the model, what is `told` of the file beside its tensors, and the version. */
export async function keyOf(
  method: string,
  model: Hashed,
  told: Uint8Array | string,
  signal: AbortSignal | undefined,
): Promise<string> {
  if (!model.sha256)
    throw new OptionError(
      `${method}(): resume goes with a model that has a sha256(), as those of open() and compress() do; these are tensors alone`,
    );
  const origin = await model.sha256(signal ? { signal } : {});
  return [packageVersion, origin, createHash("sha256").update(told).digest("hex")].join(" ");
}

/** The bytes of the pieces, one after the other; a piece is made when its turn comes. */
export async function* inOrder(pieces: readonly Piece[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield await piece.make();
}
