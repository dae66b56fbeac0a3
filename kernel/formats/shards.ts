import type { ByteSource } from "../bytes/source";
import { FormatError } from "../errors";
import { mapInOrder } from "../threads/pool";
import type { Model } from "../tensor/model";
import { TensorSet } from "../tensor/tensor-set";
import type { Tensor } from "../tensor/tensor";
import { parsedApart, parser, type Unparsed } from "./apart";
import { headerLimit } from "./budget";
import { hashSources } from "./hash-sources";
import { JsonReader, quote } from "./json-reader";
import { maxIndexBytes, maxShards, maxTensors, shardsAtOnce } from "./limits";
import { readPyTorch } from "./pytorch";
import type { TorchContents } from "./torch-pickle";
import { readPyTorchStream, streamMagic } from "./pytorch-stream";
import { readSafetensorsHeader, tensorsOf } from "./safetensors";
import { folderSiblings, isPlainName } from "./siblings";
import { withNotes } from "./tensor-paths";
import type { Siblings } from "./siblings";
import { readZip } from "./zip";

/** A model in several files: `model.safetensors.index.json` holds `{"metadata": {…}, "weight_map": {"tensor": "shard"}}`, and
 *  `pytorch_model.bin.index.json` the same for PyTorch's files. The index is not trusted: a shard is a plain file name in the index's own
 *  folder, all are of one kind, and each shard holds the tensors that the index puts there; others in it are taken as well, with a note. */

/** Metadata of an index is one flat object. */
const maxMetadataDepth = 8;

/** A shard's name and, for each tensor that belongs there, the byte of the index that says so. */
export type WeightMap = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** What an index says: which shards there are, with the tensors of each, and the model's own key–value pairs. */
export interface ShardIndex {
  readonly shards: WeightMap;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Reads and checks an index. `FormatError` with the byte for each thing that is wrong in it. */
export async function readShardIndex(source: ByteSource, signal?: AbortSignal): Promise<ShardIndex> {
  const file = source.name;
  const limit = headerLimit(source, maxIndexBytes);
  if (source.byteLength > limit)
    throw new FormatError(file, 0, `the index has ${source.byteLength} bytes`, `at most ${limit}`);
  const bytes = await source.read(0, source.byteLength, signal);
  const { shards, metadata } = await parsedApart(tasks, { bytes, file }, { signal });
  return {
    shards: new Map(shards.map(([shard, names]) => [shard, new Map(names)])),
    metadata: Object.assign(Object.create(null), metadata),
  };
}

/** Its parsing, for the thread. */
export const tasks = parser(__filename, parseIndex);

/** An index as plain data. */
interface ParsedIndex {
  readonly shards: readonly (readonly [shard: string, names: readonly (readonly [tensor: string, at: number])[]])[];
  readonly metadata: Readonly<Record<string, unknown>>;
}

function parseIndex({ bytes, file }: Unparsed): ParsedIndex {
  const json = new JsonReader(bytes, file, 0);
  const shards = new Map<string, [string, number][]>();
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
  return { shards: [...shards], metadata };
}

function object(json: JsonReader, keyAt: number): Record<string, unknown> {
  const value = json.value("metadata", maxMetadataDepth);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    json.fail(keyAt, "the metadata is no object", "an object");
  return value as Record<string, unknown>;
}

const kinds = [".safetensors", ".bin"];

function readWeightMap(json: JsonReader, shards: Map<string, [string, number][]>): number {
  let count = 0;
  let kind: string | undefined;
  json.object("weight_map", (tensor, tensorAt) => {
    if (count === maxTensors) json.fail(tensorAt, `there are more than ${maxTensors} tensors`, `at most ${maxTensors}`);
    count++;
    const shard = json.string(`the shard of ${quote(tensor)}`);
    checkShardName(json, shard, kind, tensorAt);
    kind ??= shard;
    let names = shards.get(shard);
    if (!names) {
      if (shards.size === maxShards)
        json.fail(tensorAt, `there are more than ${maxShards} shards`, `at most ${maxShards}`);
      shards.set(shard, (names = []));
    }
    names.push([tensor, tensorAt]);
  });
  return count;
}

function checkShardName(json: JsonReader, shard: string, kind: string | undefined, tensorAt: number): void {
  const suffix = kinds.find((ending) => shard.endsWith(ending));
  if (!isPlainName(shard) || suffix === undefined)
    json.fail(
      tensorAt,
      `the shard is ${quote(shard)}`,
      "the plain name of a .safetensors file in the same folder, or of a .bin file",
    );
  if (kind !== undefined && !kind.endsWith(suffix))
    json.fail(tensorAt, `the shard is ${quote(shard)}`, `a file of the same kind as ${quote(kind)}`);
}

interface Shard {
  readonly source: ByteSource;
  readonly tensors: readonly Tensor[];
  /** The byte of the shard where it speaks of a tensor. */
  readonly placeOf: (tensor: string) => number;
}

/** Opens an index and all its shards; reads their headers only. */
export async function openIndex(
  source: ByteSource,
  name: string,
  signal?: AbortSignal,
  siblings: Siblings = folderSiblings(source),
): Promise<Model> {
  const index = await readShardIndex(source, signal);
  const inOrder = [...index.shards].sort(([a], [b]) => (a < b ? -1 : 1));
  const shards = await mapInOrder(inOrder, shardsAtOnce, async ([shardName, tensors]) => {
    const shard = await openShard(await siblings(shardName, firstOffset(tensors)), shardName, signal);
    checkNames(source.name, shardName, tensors, shard);
    return shard;
  });
  const { tensors, notes } = withUnnamed(inOrder, shards);
  return new TensorSet({
    name,
    format: [...index.shards.keys()][0].endsWith(".safetensors") ? "safetensors" : "pytorch",
    tensors,
    metadata: withNotes(index.metadata, notes),
    sha256: (options) =>
      hashSources(
        shards.map((shard) => shard.source),
        name,
        options?.signal,
      ),
  });
}

async function openShard(source: ByteSource, shardName: string, signal: AbortSignal | undefined): Promise<Shard> {
  if (!shardName.endsWith(".safetensors")) {
    const { tensors } = await readTorchFile(source, signal);
    return { source, tensors, placeOf: () => 0 };
  }
  const header = await readSafetensorsHeader(source, signal);
  const places = new Map(header.entries.map((entry) => [entry.name, entry.nameAt]));
  return { source, tensors: await tensorsOf(source, header, signal), placeOf: (tensor) => places.get(tensor) ?? 0 };
}

/** A shard of torch: the zip of today, or the stream of pickles before 1.6. */
async function readTorchFile(source: ByteSource, signal: AbortSignal | undefined): Promise<TorchContents> {
  const head = await source.read(0, Math.min(16, source.byteLength), signal);
  if (streamMagic.test(Buffer.from(head).toString("latin1"))) return readPyTorchStream(source, signal);
  return readPyTorch(source, await readZip(source, signal), signal);
}

function firstOffset(tensors: ReadonlyMap<string, number>): number {
  return [...tensors.values()][0];
}

function checkNames(indexFile: string, shardName: string, mapped: ReadonlyMap<string, number>, shard: Shard): void {
  const present = new Set(shard.tensors.map((tensor) => tensor.name));
  for (const [tensor, at] of mapped)
    if (!present.has(tensor))
      throw new FormatError(
        indexFile,
        at,
        `tensor ${quote(tensor)} is not in ${quote(shardName)}`,
        "a tensor of that shard",
      );
}

/** The tensors of all shards. One that the index does not name is taken all the same, and a note says so; one that the index has in another shard
 *  is taken there only. `FormatError` where two shards have one that the index does not name. */
function withUnnamed(
  inOrder: readonly (readonly [string, ReadonlyMap<string, number>])[],
  shards: readonly Shard[],
): { readonly tensors: readonly Tensor[]; readonly notes: readonly string[] } {
  const named = new Set(inOrder.flatMap(([, tensors]) => [...tensors.keys()]));
  const unnamed = new Set<string>();
  const twice: string[] = [];
  const tensors = shards.flatMap((shard, at) =>
    shard.tensors.filter(({ name }) => {
      if (inOrder[at][1].has(name)) return true;
      if (named.has(name)) {
        twice.push(name);
        return false;
      }
      if (unnamed.has(name))
        throw new FormatError(
          shard.source.name,
          shard.placeOf(name),
          `tensor ${quote(name)} is in two shards, and the index does not name it`,
          "each tensor once",
        );
      unnamed.add(name);
      return true;
    }),
  );
  const sentence = (names: readonly string[], what: string): string[] =>
    names.length === 0
      ? []
      : [`${names.length} ${what} (${names.slice(0, 5).map(quote).join(", ")}${names.length > 5 ? " and more" : ""})`];
  return {
    tensors,
    notes: [
      ...sentence([...unnamed], "tensors that the index does not name are taken as well"),
      ...sentence(twice, "tensors are in two shards, and are taken from the one that the index names"),
    ],
  };
}
