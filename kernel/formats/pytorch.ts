import type { ByteSource } from "../bytes/source";
import { FormatError } from "../errors";
import type { Model } from "../tensor/model";
import { TensorSet } from "../tensor/tensor-set";
import { parametersOf } from "../tensor/tensor";
import type { Tensor } from "../tensor/tensor";
import { ParseBudget, unpackedLimit } from "./budget";
import { FileTensor } from "./file-tensor";
import { quote } from "./json-reader";
import { PickleTuple } from "./pickle-values";
import { readPickle } from "./pickle";
import { hashSources } from "./hash-sources";
import { maxPickleBytes } from "./limits";
import { isRowMajor, tensorOf } from "./strided-tensor";
import { recordPaths, withNotes } from "./tensor-paths";
import { viewsIn } from "./torch-views";
import type { FoundView } from "./torch-views";
import { elementBytes, TorchWorld } from "./torch-world";
import type { TorchStorage } from "./torch-world";
import { isReadable } from "./values";
import { memberSource, readMember } from "./zip";
import type { ZipMember } from "./zip";

/** PyTorch's files since 1.6 (`torch.save`: .pt, .pth, pytorch_model.bin): a zip with `NAME/data.pkl`, a pickle of the object, in which a
 *  tensor is a view of a storage, and `NAME/data/KEY`, the bytes of each storage. The pickle is read by a reader that executes nothing
 *  (pickle.ts). Source: torch, torch/serialization.py. */

/** True for the members of a file of torch. */
export function isPyTorch(members: readonly ZipMember[]): boolean {
  return members.some(({ name }) => /^[^/]+\/data\.pkl$/.test(name));
}

/** Tensors as a file of torch has them. */
export interface TorchContents {
  readonly tensors: readonly Tensor[];
  /** As many, in the same order. */
  readonly found: readonly FoundView[];
  /** What was passed over, in sentences. */
  readonly notes: readonly string[];
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
  const world = new ZipWorld(source, file, new ParseBudget(file, stored), { members: byName, root });
  const value = readPickle(await readMember(source, main, signal), world.file, world);
  return contentsOf(value, source.name, world, main.start);
}

/** The tensors in what a pickle of torch describes; `at` is the byte of `file` where it lies. */
export function contentsOf(value: unknown, file: string, pickle: TorchWorld, at: number): TorchContents {
  const { views, arrays } = viewsIn(value, pickle);
  if (views.length === 0) throw new FormatError(file, at, "there are no tensors", "a state dict");
  const tensors = views.map(({ name, view: { storage, dtype, offset, shape, strides } }) => {
    if (!storage.place) throw new FormatError(file, at, `the storage of ${quote(name)} is missing`, "its bytes");
    const { source, start: begin } = storage.place;
    const start = begin + offset * elementBytes(dtype);
    if (isReadable(dtype)) return tensorOf(source, name, shape, dtype, start, strides);
    if (!isRowMajor(shape, strides))
      throw new FormatError(file, at, `${quote(name)} is complex and not contiguous`, "tensor.contiguous()");
    const complex = new FileTensor(source, name, shape, dtype, start, parametersOf(shape) * elementBytes(dtype));
    return Object.assign(complex, { role: "buffer" as const, roleReason: "complex numbers" });
  });
  const shown = arrays.slice(0, 3).map(quote).join(", ") + (arrays.length > 3 ? " and so on" : "");
  const notes = arrays.length === 0 ? [] : [`left out: ${arrays.length} arrays of NumPy (${shown})`];
  return { tensors, found: views, notes };
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
  constructor(
    private readonly source: ByteSource,
    file: string,
    budget: ParseBudget,
    private readonly archive: { readonly members: ReadonlyMap<string, ZipMember>; readonly root: string },
  ) {
    super(file, budget);
  }

  /** ("storage", type, key, location, elements). */
  persistent(id: unknown, at: number): TorchStorage {
    const [kind, type, key, , elements] = id instanceof PickleTuple ? id.items : [];
    if (kind !== "storage" || typeof key !== "string")
      return this.fail(at, "a persistent id is no storage", '("storage", type, key, location, size)');
    const storage = this.storageOf(type, elements, at);
    const { members, root } = this.archive;
    const member = members.get(`${root}data/${key}`);
    if (!member)
      return this.fail(
        at,
        `the storage ${quote(key)} is not in the archive`,
        `a member ${quote(`${root}data/${key}`)}`,
      );
    if (storage.sizeBytes !== member.sizeBytes)
      this.fail(at, `the storage ${quote(key)} has ${String(elements)} elements`, `its ${member.sizeBytes} bytes`);
    storage.place = { source: memberSource(this.source, member), start: 0 };
    return storage;
  }
}
