/** A model as the safetensors files of a folder: `model.safetensors`, or, above a size, `model-00001-of-00003.safetensors` and so on with
 *  `model.safetensors.index.json`, which says of each tensor in which of them it is. Names and index are those of transformers
 *  (huggingface_hub 1.x, serialization/_base.py). */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "../bytes/atomic-file";
import { OptionError } from "../errors";
import { currentHost } from "../host";
import {
  safetensorsLayout,
  writeSafetensorsLayout,
  type SafetensorsLayout,
  type SafetensorsPlan,
  type SavedTensor,
  type SaveSafetensorsOptions,
} from "./safetensors-writer";
import type { Hashed } from "./write-pieces";

/** Bytes of tensors above which a folder gets several files, unless told: 5·10⁹, which a browser and a FAT disk still take. */
export const usualShardBytes = 5e9;

const units: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
  TIB: 2 ** 40,
};

/** A size as transformers takes it, "5GB" (10⁹), "500MiB" (2²⁰), or as a number of bytes; in bytes. `OptionError` for anything else. */
export function shardBytesOf(method: string, size: string | number = usualShardBytes): number {
  const [, count, unit] = /^\s*(\d+(?:\.\d+)?)\s*([KMGT]?i?B)\s*$/i.exec(String(size)) ?? [];
  const bytes = typeof size === "number" ? size : Math.floor(Number(count) * (units[unit?.toUpperCase()] ?? NaN));
  if (Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  throw new OptionError(
    `${method}(): maxShardSize is ${JSON.stringify(size)}; it takes a size as "5GB" or "500MiB", or a number of bytes`,
  );
}

/** The files that the tensors of a model go to. */
export interface ShardedFiles {
  /** Name and layout of each. */
  readonly files: readonly (SafetensorsLayout & { readonly name: string })[];
  /** The text of the index, where there are several files. */
  readonly index: string | undefined;
  /** How every tensor is written. */
  readonly entries: readonly SafetensorsPlan[];
  /** Bytes of the files, headers included, the index apart. */
  readonly bytes: number;
}

/** How tensors are divided among files. */
export interface ShardOptions extends Pick<SaveSafetensorsOptions, "dtype"> {
  /** Written in each file. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The most bytes of tensors in a file that holds more than one. */
  readonly shardBytes: number;
}

/** Divides tensors, in their order, among files of at most `shardBytes` bytes of tensors; one that is larger has a file of its own. */
export function shardedFiles(
  tensors: readonly SavedTensor[],
  { dtype, metadata, shardBytes }: ShardOptions,
): ShardedFiles {
  checkNames(tensors);
  const sizes = new Map(
    safetensorsLayout({ tensors }, { dtype, metadata: {} }).entries.map(({ tensor, sizeBytes }) => [tensor, sizeBytes]),
  );
  const groups: SavedTensor[][] = [[]];
  let held = 0;
  for (const tensor of tensors) {
    const size = sizes.get(tensor) ?? 0;
    if (held > 0 && held + size > shardBytes) {
      groups.push([]);
      held = 0;
    }
    groups[groups.length - 1].push(tensor);
    held += size;
  }
  const files = groups.map((group, at) => ({
    ...safetensorsLayout({ tensors: group }, { dtype, metadata }),
    name: groups.length === 1 ? "model.safetensors" : `model-${digits(at + 1)}-of-${digits(groups.length)}.safetensors`,
  }));
  return {
    files,
    index: groups.length === 1 ? undefined : indexOf(files),
    entries: files.flatMap(({ entries }) => entries),
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

const digits = (number: number): string => String(number).padStart(5, "0");

/** A tensor has one place in one file. */
function checkNames(tensors: readonly SavedTensor[]): void {
  const names = new Set<string>();
  for (const { name } of tensors) {
    if (names.has(name)) throw new OptionError(`saveSafetensors(): the name ${JSON.stringify(name)} is used already`);
    names.add(name);
  }
}

const indexName = "model.safetensors.index.json";

function indexOf(files: ShardedFiles["files"]): string {
  const places = files.flatMap(({ name, entries }) => entries.map(({ tensor }) => [tensor.name, name] as const));
  places.sort(([a], [b]) => (a < b ? -1 : 1));
  const total = files.reduce((sum, { bytes, header }) => sum + bytes - header.length, 0);
  const index = { metadata: { total_size: total }, weight_map: Object.fromEntries(places) };
  return `${JSON.stringify(index, undefined, 2)}\n`;
}

/** Writes the files into a folder that is there, the index last. With `resume` a file that has its name and its size already stays: that is for
 *  a folder in which files get their names when they are whole. Returns the names, in the order of the writing. */
export async function writeShards(
  model: Hashed,
  folder: string,
  { files, index }: ShardedFiles,
  { resume, signal }: { readonly resume: boolean; readonly signal: AbortSignal | undefined },
): Promise<string[]> {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const host = currentHost();
  let before = 0;
  for (const file of files) {
    const path = join(folder, file.name);
    const begin = before;
    const onProgress = (done: number, item: string): void =>
      host.progress?.({ task: "saving", done: begin + done, total, unit: "bytes", item });
    const there = resume ? await stat(path).catch(() => undefined) : undefined;
    if (there?.size !== file.bytes)
      await writeSafetensorsLayout(model, path, file, { resume, onProgress, signal: signal ?? host.signal });
    before += file.bytes;
  }
  const names = files.map(({ name }) => name);
  if (index === undefined) return names;
  await writeFileAtomically(join(folder, indexName), [Buffer.from(index)], { signal });
  return [...names, indexName];
}
