import type { ByteSource } from "../bytes/source";
import { FormatError } from "../errors";
import type { Model } from "../tensor/model";
import { parsedApart, parser, type Unparsed } from "./apart";
import { ParseBudget } from "./budget";
import { quote } from "./json-reader";
import { maxPickleBytes, maxRank, maxTensors } from "./limits";
import { readPickle, readPickleAt } from "./pickle";
import { PickleGlobal, PickleTuple } from "./pickle-values";
import { modelOfTorch } from "./pytorch";
import { contentsOf, pickledTensors, type StoragePlace, type TorchContents, type TorchPickle } from "./torch-pickle";
import { elementBytes, TorchStorage, TorchWorld } from "./torch-world";
import type { TensorView } from "./torch-world";

/** PyTorch's files before 0.1.10: a tar archive of `storages`, `tensors` and `pickle`. `storages`: their number, for each a pickle of (key,
 *  location, type), the number of elements (u64) and their bytes; then the list of views (key, key of the whole, offset, elements). `tensors`:
 *  their number, for each a pickle of (key, key of the storage, type), the rank (i32, and 4 bytes of nothing), sizes, strides and the offset, 8
 *  bytes each. `pickle`: the object, in which a persistent id is a tensor's key. Source: torch, torch/serialization.py, `legacy_load`. */

/** Matches the first bytes: the name of one of the members. */
export const tarMagic = /^(\.\/)?(storages|tensors|pickle|sys_info)\0/;

const blockBytes = 512;
/** A pickle of a key, a place and a type takes some 100 bytes. */
const smallPickleBytes = 4096;
const maxMembers = 16;

interface TarMember {
  readonly start: number;
  readonly sizeBytes: number;
}

/** A model in a file of the oldest form. */
export async function openPyTorchTar(source: ByteSource, name: string, signal?: AbortSignal): Promise<Model> {
  return modelOfTorch(source, name, await readPyTorchTar(source, signal));
}

/** The tensors of a file of the oldest form. Reads its pickles and the sizes of storages and tensors. `FormatError` with the byte of the file,
 *  or of one of its pickles. */
export async function readPyTorchTar(source: ByteSource, signal?: AbortSignal): Promise<TorchContents> {
  const members = await readTar(source, signal);
  const member = (name: string): TarMember => {
    const found = members.get(name);
    if (found) return found;
    throw new FormatError(source.name, 0, `the archive has no ${quote(name)}`, "storages, tensors and pickle");
  };
  const file = `${source.name} (pickle)`;
  const world = new TarWorld(file, new ParseBudget(file, source.storedBytes ?? source.byteLength));
  await readStorages(new Walk(source, member("storages"), world, signal), world);
  await readTensors(new Walk(source, member("tensors"), world, signal), world);
  const { start, sizeBytes } = member("pickle");
  if (sizeBytes > maxPickleBytes)
    throw new FormatError(source.name, start, `the pickle has ${sizeBytes} bytes`, `at most ${maxPickleBytes}`);
  const bytes = await source.read(start, start + sizeBytes, signal);
  const storedBytes = source.storedBytes ?? source.byteLength;
  const storages = [...world.storages.values()].map(({ key, sizeBytes, dtype }) => ({ key, sizeBytes, dtype }));
  const known = { storages, tensors: world.layouts };
  const pickle = await parsedApart(tasks, { bytes, file, storedBytes, known }, { signal });
  const places = pickle.storages.map(({ key }) => world.placeOf(key));
  return contentsOf(pickle, places, source.name, start);
}

/** The tensors that the pickle calls for by their keys, as plain data. */
interface KnownTensors {
  readonly storages: readonly Pick<TorchStorage, "key" | "sizeBytes" | "dtype">[];
  readonly tensors: readonly TensorLayout[];
}

/** Its parsing, for the thread. */
export const tasks = parser(__filename, parsePickle);

function parsePickle({
  bytes,
  file,
  storedBytes,
  known,
}: Unparsed & { readonly storedBytes: number; readonly known: KnownTensors }): TorchPickle {
  const world = new TarWorld(file, new ParseBudget(file, storedBytes));
  for (const { key, sizeBytes, dtype } of known.storages)
    world.storages.set(key, new TorchStorage(key, sizeBytes, dtype, 0));
  for (const layout of known.tensors) world.add(layout);
  return pickledTensors(readPickle(bytes, file, world), world, [...world.storages.values()]);
}

async function readTar(source: ByteSource, signal: AbortSignal | undefined): Promise<Map<string, TarMember>> {
  const members = new Map<string, TarMember>();
  for (let at = 0; at + blockBytes <= source.byteLength;) {
    const text = Buffer.from(await source.read(at, at + blockBytes, signal)).toString("latin1");
    if (text[0] === "\0") break;
    const name = text.slice(0, text.indexOf("\0")).replace(/^\.\//, "");
    const size = /^ *([0-7]+)[ \0]/.exec(text.slice(124, 137))?.[1];
    const start = at + blockBytes;
    const sizeBytes = size === undefined ? NaN : parseInt(size, 8);
    if (!(start + sizeBytes <= source.byteLength) || members.has(name) || members.size === maxMembers)
      throw new FormatError(source.name, at, `the member ${quote(name)} does not fit`, "a tar archive of a few files");
    members.set(name, { start, sizeBytes });
    at = start + Math.ceil(sizeBytes / blockBytes) * blockBytes;
  }
  return members;
}

/** Walks over a member that alternates between pickles and numbers. */
class Walk {
  private at: number;
  private readonly end: number;

  constructor(
    private readonly source: ByteSource,
    member: TarMember,
    private readonly world: TarWorld,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.at = member.start;
    this.end = member.start + member.sizeBytes;
  }

  fail(problem: string, expected: string): never {
    throw new FormatError(this.source.name, this.at, problem, expected);
  }

  /** The value of the pickle here. */
  async pickle(most = smallPickleBytes): Promise<unknown> {
    const bytes = await this.source.read(this.at, Math.min(this.end, this.at + most), this.signal);
    const { value, end } = readPickleAt(bytes, 0, `${this.source.name} (from byte ${this.at} on)`, this.world);
    this.at += end;
    return value;
  }

  /** A whole number from 0 on, up to `most`. */
  async count(what: string, most: number): Promise<number> {
    const value = await this.pickle();
    return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= most
      ? value
      : this.fail(`${what} is ${typeof value === "number" ? value : "no number"}`, `a whole number up to ${most}`);
  }

  /** The key of a tensor or a storage. */
  key(value: unknown): string {
    if (typeof value === "string" || typeof value === "number") return String(value);
    return this.fail("a key is neither text nor a number", "a key");
  }

  /** Whole numbers of 8 bytes. */
  async integers(count: number): Promise<number[]> {
    const bytes = await this.take(8 * count);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    return Array.from({ length: count }, (_, i) => {
      const value = view.getBigInt64(8 * i, true);
      return value >= 0n && value <= BigInt(Number.MAX_SAFE_INTEGER)
        ? Number(value)
        : this.fail(`a number is ${value}`, "at least 0, at most 2^53 − 1");
    });
  }

  async take(size: number): Promise<Uint8Array> {
    const start = this.skip(size);
    return this.source.read(start, this.at, this.signal);
  }

  /** Passes over bytes; returns where they begin. */
  skip(size: number): number {
    if (size > this.end - this.at) this.fail(`the member ends after ${this.end - this.at} bytes`, `${size} more`);
    this.at += size;
    return this.at - size;
  }

  /** The bytes that are left. */
  get left(): number {
    return this.end - this.at;
  }

  place(start: number): StoragePlace {
    return { source: this.source, start };
  }
}

async function readStorages(walk: Walk, world: TarWorld): Promise<void> {
  for (let left = await walk.count("the number of storages", maxTensors); left > 0; left--) {
    const [key, , type] = tupleOf(await walk.pickle());
    const [elements] = await walk.integers(1);
    const name = walk.key(key);
    const storage = world.storage(name, type, elements);
    const place = walk.place(walk.skip(storage.sizeBytes));
    if (world.storages.has(name)) walk.fail(`the storage ${quote(name)} comes twice`, "each once");
    world.put(storage, place);
  }
  const views = await walk.pickle(Math.min(walk.left, maxPickleBytes));
  for (const view of Array.isArray(views) ? (views as unknown[]) : []) {
    const [key, whole, offset, elements] = tupleOf(view);
    const of = world.storages.get(walk.key(whole));
    const place = of && world.placeOf(of.key);
    if (!place || typeof offset !== "number") return walk.fail("a view has no storage", "one of the storages");
    const piece = world.storage(walk.key(key), new PickleGlobal(`torch.${world.typeOf(of)}`), elements);
    const start = offset * elementBytes(of.dtype);
    if (!(start >= 0 && start + piece.sizeBytes <= of.sizeBytes))
      walk.fail("a view leaves its storage", `at most ${of.sizeBytes} bytes`);
    world.put(piece, walk.place(place.start + start));
  }
}

async function readTensors(walk: Walk, world: TarWorld): Promise<void> {
  for (let left = await walk.count("the number of tensors", maxTensors); left > 0; left--) {
    const [key, storage] = tupleOf(await walk.pickle());
    const head = await walk.take(8);
    const rank = new DataView(head.buffer, head.byteOffset).getInt32(0, true);
    if (rank < 0 || rank > maxRank) walk.fail(`a tensor has ${rank} dimensions`, `at most ${maxRank}`);
    const numbers = await walk.integers(2 * rank + 1);
    const shape = numbers.slice(0, rank);
    const strides = numbers.slice(rank, 2 * rank);
    world.add({ key: walk.key(key), storage: walk.key(storage), from: numbers[2 * rank], shape, strides });
  }
}

const tupleOf = (value: unknown): readonly unknown[] =>
  value instanceof PickleTuple ? value.items : Array.isArray(value) ? (value as unknown[]) : [];

/** A tensor as the archive tells of it, before its pickle does. */
interface TensorLayout {
  readonly key: string;
  readonly storage: string;
  readonly from: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** Tensors are known by keys when the pickle is read. */
class TarWorld extends TorchWorld {
  readonly storages = new Map<string, TorchStorage>();
  readonly layouts: TensorLayout[] = [];
  private readonly types = new Map<TorchStorage, string>();
  private readonly places = new Map<string, StoragePlace>();
  private readonly tensors = new Map<string, TensorView>();

  storage(key: string, type: unknown, elements: unknown): TorchStorage {
    const storage = this.storageOf(key, type, elements, 0);
    this.types.set(storage, type instanceof PickleGlobal ? type.name.slice("torch.".length) : "");
    return storage;
  }

  put(storage: TorchStorage, place: StoragePlace): void {
    this.storages.set(storage.key, storage);
    this.places.set(storage.key, place);
  }

  placeOf(key: string): StoragePlace | undefined {
    return this.places.get(key);
  }

  typeOf(storage: TorchStorage): string {
    return this.types.get(storage) ?? "";
  }

  add(layout: TensorLayout): void {
    const { key, storage, ...rest } = layout;
    const of = this.storages.get(storage);
    if (!of?.dtype) return this.fail(0, `the tensor ${quote(key)} has no storage`, "one of the storages");
    if (this.tensors.has(key)) this.fail(0, `the tensor ${quote(key)} comes twice`, "each once");
    this.tensors.set(key, this.view(of, of.dtype, rest, 0));
    this.layouts.push(layout);
  }

  /** The key of a tensor or a storage, or (class, file, source). */
  persistent(id: unknown, at: number): unknown {
    if (id instanceof PickleTuple) return id.items[0];
    const key = typeof id === "string" || typeof id === "number" ? String(id) : "";
    return (
      this.tensors.get(key) ?? this.storages.get(key) ?? this.fail(at, `there is no tensor ${quote(key)}`, "a tensor")
    );
  }
}
