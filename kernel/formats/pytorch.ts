import type { ByteSource } from "../bytes/source";
import { FormatError } from "../errors";
import type { Model } from "../tensor/model";
import { TensorSet } from "../tensor/tensor-set";
import { parsedApart, parser, type Unparsed } from "./apart";
import { ParseBudget, unpackedLimit } from "./budget";
import { quote } from "./json-reader";
import { PickleTuple } from "./pickle-values";
import { readPickle } from "./pickle";
import { hashSources } from "./hash-sources";
import { maxPickleBytes } from "./limits";
import { recordPaths, withNotes } from "./tensor-paths";
import { contentsOf, pickledTensors, type TorchContents, type TorchPickle } from "./torch-pickle";
import { elementBytes, TorchWorld } from "./torch-world";
import type { TorchStorage } from "./torch-world";
import { memberSource, readMember } from "./zip";
import type { ZipMember } from "./zip";

/** PyTorch's files since 1.6 (`torch.save`: .pt, .pth, pytorch_model.bin): a zip with `NAME/data.pkl`, a pickle of the object, in which a
 *  tensor is a view of a storage, and `NAME/data/KEY`, the bytes of each storage. The pickle is read by a reader that executes nothing
 *  (pickle.ts). Source: torch, torch/serialization.py. */

/** True for the members of a file of torch. */
export function isPyTorch(members: readonly ZipMember[]): boolean {
  return members.some(({ name }) => /^[^/]+\/data\.pkl$/.test(name));
}

/** The tensors of a state dict, in its order; of a checkpoint that holds several dicts, of all of them (`viewsIn` says how they are called).
 *  Reads the pickle, no tensor. `FormatError` with the byte (of the pickle, within the archive) for what is neither tensors nor data that can
 *  be passed over. */
export async function readPyTorch(
  source: ByteSource,
  members: readonly ZipMember[],
  signal?: AbortSignal,
): Promise<TorchContents> {
  const byName = new Map(members.map((member) => [member.name, member]));
  const pickles = members.filter((member) => /^[^/]+\/data\.pkl$/.test(member.name));
  const [main] = pickles;
  if (!main) throw new FormatError(source.name, 0, "this is a zip archive of something else", "a model of PyTorch");
  if (pickles.length > 1) throw new FormatError(source.name, pickles[1].at, "there are two pickles", "one data.pkl");
  const root = main.name.slice(0, -"data.pkl".length);
  if (byName.has(`${root}constants.pkl`) || members.some(({ name }) => name.startsWith(`${root}code/`)))
    throw new FormatError(
      source.name,
      main.at,
      "this is a TorchScript program",
      "a state dict: torch.save(torch.jit.load(path).state_dict(), other)",
    );
  const order = byName.get(`${root}byteorder`);
  if (order) {
    const text = order.sizeBytes < 20 ? Buffer.from(await readMember(source, order, signal)).toString("latin1") : "";
    if (text !== "little")
      throw new FormatError(source.name, order.start, `the byte order is ${quote(text)}`, '"little"');
  }
  const stored = Math.min(main.storedBytes, source.storedBytes ?? Infinity);
  const limit = unpackedLimit(stored, maxPickleBytes);
  if (main.sizeBytes > limit)
    throw new FormatError(source.name, main.at, `the pickle has ${main.sizeBytes} bytes`, `at most ${limit}`);
  const file = `${source.name} (${main.name})`;
  const bytes = await readMember(source, main, signal);
  const pickle = await parsedApart(tasks, { bytes, file, storedBytes: stored }, { signal });
  const places = pickle.storages.map(({ key, sizeBytes, dtype, at }) => {
    const name = `${root}data/${key}`;
    const member = byName.get(name);
    if (!member)
      throw new FormatError(file, at, `the storage ${quote(key)} is not in the archive`, `a member ${quote(name)}`);
    const elements = sizeBytes / elementBytes(dtype);
    if (sizeBytes !== member.sizeBytes)
      throw new FormatError(
        file,
        at,
        `the storage ${quote(key)} has ${elements} elements`,
        `its ${member.sizeBytes} bytes`,
      );
    return { source: memberSource(source, member), start: 0 };
  });
  return contentsOf(pickle, places, source.name, main.start);
}

/** Its parsing, for the thread. */
export const tasks = parser(__filename, parsePickle);

function parsePickle({ bytes, file, storedBytes }: Unparsed & { readonly storedBytes: number }): TorchPickle {
  const world = new ZipWorld(file, new ParseBudget(file, storedBytes));
  return pickledTensors(readPickle(bytes, file, world), world, world.storages);
}

/** A model in a file of torch, whichever form it has; `read` reads it. */
export async function modelOfTorch(
  source: ByteSource,
  name: string,
  { tensors, found, notes }: TorchContents,
): Promise<Model> {
  const model = new TensorSet({
    name,
    format: "pytorch",
    tensors,
    metadata: withNotes({}, notes),
    sha256: (options) => hashSources([source], name, options?.signal),
  });
  return recordPaths(model, new Map(found.map((view) => [view.name, view.path])));
}

/** A model in a zip of torch. */
export async function openPyTorch(
  source: ByteSource,
  members: readonly ZipMember[],
  name: string,
  signal?: AbortSignal,
): Promise<Model> {
  return modelOfTorch(source, name, await readPyTorch(source, members, signal));
}

/** Storages are members of the archive. */
class ZipWorld extends TorchWorld {
  readonly storages: TorchStorage[] = [];

  /** ("storage", type, key, location, elements). */
  persistent(id: unknown, at: number): TorchStorage {
    const [kind, type, key, , elements] = id instanceof PickleTuple ? id.items : [];
    if (kind !== "storage" || typeof key !== "string")
      return this.fail(at, "a persistent id is no storage", '("storage", type, key, location, size)');
    const storage = this.storageOf(key, type, elements, at);
    this.storages.push(storage);
    return storage;
  }
}
