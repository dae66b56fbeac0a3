import { realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { attempt, fileSource } from "../bytes/source";
import type { ByteSource } from "../bytes/source";
import { FormatError, SourceError } from "../errors";
import type { Model } from "../tensor/model";
import { TensorSet } from "../tensor/tensor-set";
import { JsonReader, quote } from "./json-reader";
import { hashSources, maxTensors, readSafetensorsHeader, tensorsOf } from "./safetensors";
import type { SafetensorsHeader } from "./safetensors";

/** A model in several safetensors files: `model.safetensors.index.json` holds `{"metadata": {…}, "weight_map": {"tensor": "shard"}}`.
 *  The index is not trusted: a shard is a plain file name in the index's own folder, and each shard holds exactly the tensors
 *  that the index puts there. */

/** The index of the largest models has under 10 MB. */
export const maxIndexBytes = 100_000_000;
/** Twenty times the shards of the largest models. */
export const maxShards = 10_000;
/** Metadata of an index is one flat object. */
const maxMetadataDepth = 8;

/** A shard's name and, for each tensor that belongs there, the byte of the index that says so. */
export type WeightMap = ReadonlyMap<string, ReadonlyMap<string, number>>;

export interface SafetensorsIndex {
  readonly shards: WeightMap;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Reads and checks an index. `FormatError` with the byte for each thing that is wrong in it. */
export async function readSafetensorsIndex(source: ByteSource, signal?: AbortSignal): Promise<SafetensorsIndex> {
  const file = source.name;
  if (source.byteLength > maxIndexBytes)
    throw new FormatError(file, 0, `the index has ${source.byteLength} bytes`, `at most ${maxIndexBytes}`);
  const json = new JsonReader(await source.read(0, source.byteLength, signal), file, 0);
  const shards = new Map<string, Map<string, number>>();
  let metadata: Record<string, unknown> = Object.create(null);
  let mapped = -1;
  json.object("the index", (key, keyAt) => {
    if (key === "metadata") metadata = object(json, keyAt);
    else if (key === "weight_map") mapped = readWeightMap(json, shards);
    else json.value(quote(key), maxMetadataDepth);
  });
  json.end(" \t\r\n", "the end of the file");
  if (mapped < 0) json.fail(0, "the index has no weight_map", "an object with weight_map");
  if (mapped === 0) json.fail(0, "the weight_map is empty", "at least one tensor");
  return { shards, metadata };
}

function object(json: JsonReader, keyAt: number): Record<string, unknown> {
  const value = json.value("metadata", maxMetadataDepth);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    json.fail(keyAt, "the metadata is no object", "an object");
  return value as Record<string, unknown>;
}

function readWeightMap(json: JsonReader, shards: Map<string, Map<string, number>>): number {
  let count = 0;
  json.object("weight_map", (tensor, tensorAt) => {
    if (count === maxTensors) json.fail(tensorAt, `there are more than ${maxTensors} tensors`, `at most ${maxTensors}`);
    count++;
    const shard = json.string(`the shard of ${quote(tensor)}`);
    checkShardName(json, shard, tensorAt);
    let names = shards.get(shard);
    if (!names) {
      if (shards.size === maxShards)
        json.fail(tensorAt, `there are more than ${maxShards} shards`, `at most ${maxShards}`);
      shards.set(shard, (names = new Map()));
    }
    names.set(tensor, tensorAt);
  });
  return count;
}

/** A name that stays in its folder on every system: no separator, drive, parent, NUL or other control character, and no device
 *  of Windows. */
function checkShardName(json: JsonReader, shard: string, tensorAt: number): void {
  const unsafe = /[/\\:\u0000-\u001f\u007f]/.test(shard) || /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(shard);
  if (unsafe || shard.length > 255 || shard.startsWith(".") || !shard.endsWith(".safetensors"))
    json.fail(tensorAt, `the shard is ${quote(shard)}`, "the plain name of a .safetensors file in the same folder");
}

interface Shard {
  readonly source: ByteSource;
  readonly header: SafetensorsHeader;
}

/** Opens an index and all its shards; reads their headers only. */
export async function openSafetensorsIndex(source: ByteSource, name: string, signal?: AbortSignal): Promise<Model> {
  const index = await readSafetensorsIndex(source, signal);
  const folder = await attempt(source.name, () => realpath(dirname(source.name)));
  // In a download cache the folder holds links, for the index as for the shards, into one store: where the index really lies.
  const store = dirname(await attempt(source.name, () => realpath(source.name)));
  const shards: Shard[] = [];
  for (const [shardName, tensors] of [...index.shards].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const path = join(dirname(source.name), shardName);
    const shard = await fileSource(await realShard(path, folder, store, source.name, firstOffset(tensors)));
    const header = await readSafetensorsHeader(shard, signal);
    checkNames(source.name, shardName, tensors, header, shard.name);
    shards.push({ source: shard, header });
  }
  return new TensorSet({
    name,
    format: "safetensors",
    tensors: shards.flatMap((shard) => tensorsOf(shard.source, shard.header)),
    metadata: index.metadata,
    sha256: (options) =>
      hashSources(
        shards.map((shard) => shard.source),
        name,
        options?.signal,
      ),
  });
}

function firstOffset(tensors: ReadonlyMap<string, number>): number {
  return Math.min(...[...tensors.values()].slice(0, 1));
}

/** The file that a shard's name stands for, with links resolved; refuses one that leads out of the folder. */
export async function realShard(
  path: string,
  folder: string,
  store: string,
  indexFile: string,
  at: number,
): Promise<string> {
  let real: string;
  try {
    real = await realpath(path);
  } catch (cause) {
    throw new SourceError(path, `this shard is missing or cannot be read; ${basename(indexFile)} names it`, { cause });
  }
  const home = dirname(real);
  if (home !== folder && home !== store)
    throw new FormatError(
      indexFile,
      at,
      `the shard ${quote(basename(path))} is a link that leads out of the folder`,
      `a file in ${folder}`,
    );
  return real;
}

function checkNames(
  indexFile: string,
  shardName: string,
  mapped: ReadonlyMap<string, number>,
  header: SafetensorsHeader,
  shardFile: string,
): void {
  const present = new Set(header.entries.map((entry) => entry.name));
  for (const [tensor, at] of mapped)
    if (!present.has(tensor))
      throw new FormatError(
        indexFile,
        at,
        `tensor ${quote(tensor)} is not in ${quote(shardName)}`,
        "a tensor of that shard",
      );
  for (const { name, nameAt } of header.entries)
    if (!mapped.has(name))
      throw new FormatError(
        shardFile,
        nameAt,
        `tensor ${quote(name)} is not in the index for this shard`,
        "only tensors that the index maps here",
      );
}
