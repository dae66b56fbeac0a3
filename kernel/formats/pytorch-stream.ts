import type { ByteSource } from "../bytes/source";
import { FormatError } from "../errors";
import type { Model } from "../tensor/model";
import { parsedApart, parser, type Unparsed } from "./apart";
import { ParseBudget } from "./budget";
import { quote } from "./json-reader";
import { maxPickleBytes } from "./limits";
import { readPickleAt } from "./pickle";
import { PickleDict, PickleTuple } from "./pickle-values";
import { modelOfTorch } from "./pytorch";
import { contentsOf, pickledTensors, type StoragePlace, type TorchContents, type TorchPickle } from "./torch-pickle";
import type { TorchStorage } from "./torch-world";
import { elementBytes, TorchWorld } from "./torch-world";

/** PyTorch's files from 0.1.10 to 1.5 (and of `_use_new_zipfile_serialization=False` since): five pickles one behind the other, a magic number,
 *  the version 1001, a dict of the machine's sizes, the object, and the list of the keys of its storages; then, for each key in that order,
 *  the number of elements (u64) and their bytes. Source: torch, torch/serialization.py, `_legacy_save` and `_legacy_load`. */

/** Matches the first bytes, read as Latin-1: a pickle of any protocol of the number 0x1950a86a20f9469cfc6c. */
export const streamMagic = /^\x80[\x02-\x05](\x95.{8})?\x8a\x0al\xfc\x9c/s;

const magic = "l\xfc\x9cF\xf9 j\xa8P\x19";
const version = 1001;
/** What is read of the file at first; a pickle that is longer is read again, four times as far. */
const firstBytes = 1024 * 1024;
const countBytes = 8;

/** What the pickles at the front of a file say. */
interface Front extends TorchPickle {
  readonly valueAt: number;
  /** How many of the storages lie behind the pickles: the first of the list; the others are pieces of them. */
  readonly whole: number;
  readonly pieces: readonly { readonly piece: number; readonly of: number; readonly start: number }[];
  /** Keys of storages in the order of the file; `undefined` for what is no key. */
  readonly keys: readonly (string | undefined)[];
  readonly keysAt: number;
  readonly end: number;
}

/** The tensors of a file of the old form. Reads its pickles, and the 8 bytes before each storage. `FormatError` with the byte for whatever is
 *  wrong in them. */
export async function readPyTorchStream(source: ByteSource, signal?: AbortSignal): Promise<TorchContents> {
  const front = await readFront(source, signal);
  const { valueAt, keys, keysAt, end, storages, whole, pieces } = front;
  let at = end;
  const known = new Map(storages.slice(0, whole).map(({ key }, index) => [key, index]));
  const places: (StoragePlace | undefined)[] = storages.map(() => undefined);
  for (const key of keys) {
    const index = key === undefined ? undefined : known.get(key);
    const storage = index === undefined ? undefined : storages[index];
    if (index === undefined || !storage || places[index])
      throw new FormatError(
        source.name,
        keysAt,
        "a key of the list is no storage's, or comes twice",
        "each storage once",
      );
    if (at + countBytes + storage.sizeBytes > source.byteLength)
      throw new FormatError(
        source.name,
        at,
        `the file ends within the storage ${quote(String(key))}`,
        `${storage.sizeBytes} bytes`,
      );
    const head = await source.read(at, at + countBytes, signal);
    const elements = new DataView(head.buffer, head.byteOffset).getBigUint64(0, true);
    if (elements * BigInt(elementBytes(storage.dtype)) !== BigInt(storage.sizeBytes))
      throw new FormatError(
        source.name,
        at,
        `a storage has ${elements} elements`,
        `${storage.sizeBytes} bytes, as the pickle says`,
      );
    places[index] = { source, start: at + countBytes };
    at += countBytes + storage.sizeBytes;
  }
  if (keys.length !== whole)
    throw new FormatError(source.name, keysAt, `${whole - keys.length} storages are not in the list`, "all");
  if (at !== source.byteLength)
    throw new FormatError(
      source.name,
      at,
      `${source.byteLength - at} bytes follow the last storage`,
      "the end of the file",
    );
  for (const { piece, of, start } of pieces) {
    const place = places[of];
    places[piece] = place && { source, start: place.start + start };
  }
  return contentsOf(front, places, source.name, valueAt);
}

/** A model in a file of the old form. */
export async function openPyTorchStream(source: ByteSource, name: string, signal?: AbortSignal): Promise<Model> {
  return modelOfTorch(source, name, await readPyTorchStream(source, signal));
}

async function readFront(source: ByteSource, signal: AbortSignal | undefined): Promise<Front> {
  for (let size = firstBytes; ; size *= 4) {
    const most = Math.min(source.byteLength, size, maxPickleBytes);
    const bytes = await source.read(0, most, signal);
    const { name: file, storedBytes = Infinity } = source;
    try {
      return await parsedApart(tasks, { bytes, file, storedBytes }, { signal });
    } catch (error) {
      if (!(error instanceof FormatError) || most === source.byteLength || most === maxPickleBytes) throw error;
    }
  }
}

/** The parsing of the pickles, for the thread. */
export const tasks = parser(__filename, parseFront);

function parseFront({ bytes, file, storedBytes }: Unparsed & { readonly storedBytes: number }): Front {
  const text = Buffer.from(bytes.subarray(0, 30)).toString("latin1");
  const end = text.indexOf(magic) + magic.length;
  if (!streamMagic.test(text) || end < magic.length || text[end] !== ".")
    throw new FormatError(file, 0, "this is no file of torch before 1.6", "its magic number");
  const world = new StreamWorld(file, new ParseBudget(file, Math.min(bytes.length, storedBytes)));
  const next = (at: number): { readonly value: unknown; readonly end: number } => readPickleAt(bytes, at, file, world);
  const protocol = next(end + 1);
  if (protocol.value !== version)
    throw new FormatError(
      file,
      end + 1,
      `the version of the file is ${typeof protocol.value === "number" ? protocol.value : "no number"}`,
      `${version}`,
    );
  const machine = next(protocol.end);
  const isLittle = machine.value instanceof PickleDict && machine.value.entries.get("little_endian") === true;
  if (!isLittle) throw new FormatError(file, protocol.end, "the file is big-endian", "little_endian: True");
  const object = next(machine.end);
  const keys = next(object.end);
  if (!Array.isArray(keys.value))
    throw new FormatError(file, object.end, "the keys of the storages are no list", "a list");
  const wholes = [...world.storages.values()];
  const places = new Map(wholes.map((storage, at) => [storage, at]));
  return {
    ...pickledTensors(object.value, world, [...wholes, ...world.pieces.map(({ piece }) => piece)]),
    valueAt: machine.end,
    whole: wholes.length,
    pieces: world.pieces.map(({ of, start }, at) => ({
      piece: wholes.length + at,
      of: places.get(of) ?? 0,
      start,
    })),
    keys: (keys.value as unknown[]).map((key) => (typeof key === "string" ? key : undefined)),
    keysAt: object.end,
    end: keys.end,
  };
}

/** Storages lie behind the pickles; a storage may be a piece of another one. */
class StreamWorld extends TorchWorld {
  readonly storages = new Map<string, TorchStorage>();
  readonly pieces: { readonly piece: TorchStorage; readonly of: TorchStorage; readonly start: number }[] = [];

  /** ("storage", type, key, location, elements, view), view: null or (key, offset, elements); or ("module", class, file, source). */
  persistent(id: unknown, at: number): unknown {
    const [kind, type, key, , elements, view] = id instanceof PickleTuple ? id.items : [];
    if (kind === "module") return type;
    if (kind !== "storage" || typeof key !== "string")
      return this.fail(at, "a persistent id is no storage", '("storage", type, key, location, size, view)');
    const fresh = this.storageOf(key, type, elements, at);
    const storage = this.storages.get(key) ?? fresh;
    if (storage.sizeBytes !== fresh.sizeBytes || storage.dtype !== fresh.dtype)
      this.fail(at, `the storage ${quote(key)} has two types or sizes`, "one");
    this.storages.set(key, storage);
    if (view === null || view === undefined) return storage;
    const [, offset, count] = view instanceof PickleTuple ? view.items : [];
    const piece = this.storageOf(key, type, count, at);
    const start = typeof offset === "number" ? offset * elementBytes(storage.dtype) : NaN;
    if (!(start >= 0 && start + piece.sizeBytes <= storage.sizeBytes))
      this.fail(at, `a view of the storage ${quote(key)} leaves it`, `at most its ${storage.sizeBytes} bytes`);
    this.pieces.push({ piece, of: storage, start });
    return piece;
  }
}
