import type { ByteSource } from "../bytes/source";
import { FormatError } from "../errors";
import { dtypes } from "../tensor/dtype";
import type { DType } from "../tensor/dtype";
import type { Model } from "../tensor/model";
import { TensorSet } from "../tensor/tensor-set";
import type { Tensor } from "../tensor/tensor";
import { ParseBudget, unpackedLimit } from "./budget";
import { quote } from "./json-reader";
import { PickleDict, PickleGlobal, PickleTuple, readPickle } from "./pickle";
import { hashSources } from "./hash-sources";
import { maxNameLength, maxRank, maxTensors } from "./limits";
import { tensorOf } from "./strided-tensor";
import { memberSource, readMember } from "./zip";
import type { ZipMember } from "./zip";

/** PyTorch's files since 1.6 (`torch.save`: .pt, .pth, pytorch_model.bin): a zip with `NAME/data.pkl`, a pickle of the object, in which a
 *  tensor is a view (offset, size, stride) of a storage, and `NAME/data/KEY`, the bytes of each storage. The pickle is read by a reader that
 *  executes nothing (pickle.ts) and knows the names below; a file that needs any other is refused, by name. Source: torch,
 *  torch/serialization.py and torch/_utils.py. */

/** The pickle of the largest checkpoints has some MB. */
export const maxPickleBytes = 64 * 1024 * 1024;
const maxDepth = 32;
const maxVisits = 4_000_000;

const storageTypes: Readonly<Record<string, DType>> = {
  FloatStorage: "F32",
  DoubleStorage: "F64",
  HalfStorage: "F16",
  BFloat16Storage: "BF16",
  CharStorage: "I8",
  ShortStorage: "I16",
  IntStorage: "I32",
  LongStorage: "I64",
  ByteStorage: "U8",
  BoolStorage: "BOOL",
};
/** Types of `_rebuild_tensor_v3`, whose storages are untyped. */
const torchTypes: Readonly<Record<string, DType>> = {
  float8_e4m3fn: "F8_E4M3",
  float8_e5m2: "F8_E5M2",
  float8_e8m0fnu: "F8_E8M0",
  uint16: "U16",
  uint32: "U32",
  uint64: "U64",
  float32: "F32",
  float64: "F64",
  float16: "F16",
  bfloat16: "BF16",
  int8: "I8",
  int16: "I16",
  int32: "I32",
  int64: "I64",
  uint8: "U8",
  bool: "BOOL",
};

class Storage {
  constructor(
    readonly member: ZipMember,
    /** Unset for an untyped storage. */
    readonly dtype: DType | undefined,
  ) {}
}

class TensorView {
  constructor(
    readonly storage: Storage,
    readonly dtype: DType,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

/** True for the members of a file of torch. */
export function isPyTorch(members: readonly ZipMember[]): boolean {
  return members.some(({ name }) => /^[^/]+\/data\.pkl$/.test(name));
}

/** The tensors of a state dict, in its order. Of a checkpoint that holds several dicts a tensor's name is the
 *  path to it; a dict that holds all of them (`state_dict`, `model`) is left out of the path. Reads the pickle, no tensor. `FormatError` with
 *  the byte (of the pickle, within the archive) for anything but tensors and plain data. */
export async function readPyTorch(
  source: ByteSource,
  members: readonly ZipMember[],
  signal?: AbortSignal,
): Promise<Tensor[]> {
  const byName = new Map(members.map((member) => [member.name, member]));
  const pickles = members.filter((member) => /^[^/]+\/data\.pkl$/.test(member.name));
  const [main] = pickles;
  if (!main) throw new FormatError(source.name, 0, "this is a zip archive of something else", "a model of PyTorch");
  if (pickles.length > 1) throw new FormatError(source.name, pickles[1].at, "there are two pickles", "one data.pkl");
  const root = main.name.slice(0, -"data.pkl".length);
  if (byName.has(`${root}constants.pkl`))
    throw new FormatError(
      source.name,
      main.at,
      "this is a TorchScript program",
      "a state dict: torch.save(model.state_dict(), path)",
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
  const world = new TorchWorld(`${source.name} (${main.name})`, byName, root);
  const budget = new ParseBudget(world.file, stored);
  const value = readPickle(await readMember(source, main, signal), world.file, world, budget);
  const tensors = [...viewsIn(value, world.file, budget)].map(([tensorName, view]) =>
    tensorIn(source, tensorName, view),
  );
  if (tensors.length === 0) throw new FormatError(source.name, main.start, "there are no tensors", "a state dict");
  return tensors;
}

/** A model in a file of torch. */
export async function openPyTorch(
  source: ByteSource,
  members: readonly ZipMember[],
  name: string,
  signal?: AbortSignal,
): Promise<Model> {
  return new TensorSet({
    name,
    format: "pytorch",
    tensors: await readPyTorch(source, members, signal),
    sha256: (options) => hashSources([source], name, options?.signal),
  });
}

function tensorIn(source: ByteSource, name: string, { storage, dtype, offset, shape, strides }: TensorView): Tensor {
  return tensorOf(memberSource(source, storage.member), name, shape, dtype, offset * dtypes[dtype].blockBytes, strides);
}

class TorchWorld {
  constructor(
    readonly file: string,
    private readonly members: ReadonlyMap<string, ZipMember>,
    private readonly root: string,
  ) {}

  global(name: string): PickleGlobal | undefined {
    const own = name.startsWith("torch.") ? name.slice("torch.".length) : "";
    if (Object.hasOwn(storageTypes, own) || Object.hasOwn(torchTypes, own)) return new PickleGlobal(name);
    switch (name) {
      case "torch.storage.UntypedStorage":
        return new PickleGlobal(name);
      case "collections.OrderedDict":
        return new PickleGlobal(name, (args, at) =>
          args.length === 0 ? new PickleDict() : this.fail(at, "an OrderedDict has arguments", "none"),
        );
      case "torch.Size":
        return new PickleGlobal(name, ([items], at) =>
          items instanceof PickleTuple ? items : this.fail(at, "a Size has no tuple", "one"),
        );
      case "torch._utils._rebuild_tensor_v2":
        return new PickleGlobal(name, (args, at) => this.rebuild(args, undefined, at));
      case "torch._utils._rebuild_tensor_v3":
        return new PickleGlobal(name, (args, at) => this.rebuild(args, args[6], at));
      case "torch._utils._rebuild_parameter":
        return new PickleGlobal(name, ([data], at) =>
          data instanceof TensorView ? data : this.fail(at, "a parameter has no tensor", "a tensor"),
        );
    }
    return undefined;
  }

  /** ("storage", type, key, location, elements). */
  persistent(id: unknown, at: number): Storage {
    const [kind, type, key, , elements] = id instanceof PickleTuple ? id.items : [];
    if (
      kind !== "storage" ||
      !(type instanceof PickleGlobal) ||
      typeof key !== "string" ||
      typeof elements !== "number"
    )
      return this.fail(at, "a persistent id is no storage", '("storage", type, key, location, size)');
    const own = type.name.slice("torch.".length);
    const dtype = Object.hasOwn(storageTypes, own) ? storageTypes[own] : undefined;
    if (!dtype && type.name !== "torch.storage.UntypedStorage")
      return this.fail(at, `a storage has the type ${quote(type.name)}`, "a storage type");
    const member = this.members.get(`${this.root}data/${key}`);
    if (!member)
      return this.fail(
        at,
        `the storage ${quote(key)} is not in the archive`,
        `a member ${quote(`${this.root}data/${key}`)}`,
      );
    const size = elements * (dtype ? dtypes[dtype].blockBytes : 1);
    if (size !== member.sizeBytes)
      this.fail(at, `the storage ${quote(key)} has ${elements} elements`, `its ${member.sizeBytes} bytes`);
    return new Storage(member, dtype);
  }

  /** Args: storage, offset, size, stride, requires_grad, hooks, and, in v3, the type. */
  private rebuild(args: readonly unknown[], type: unknown, at: number): TensorView {
    const [storage, offset, size, stride] = args;
    if (!(storage instanceof Storage)) return this.fail(at, "a tensor has no storage", "a storage");
    const own = type instanceof PickleGlobal ? type.name.slice("torch.".length) : "";
    const dtype = Object.hasOwn(torchTypes, own) ? torchTypes[own] : storage.dtype;
    if (!dtype) return this.fail(at, "a tensor has no type", "a type of torch");
    const shape = this.integers(size, "size", at);
    const strides = this.integers(stride, "stride", at);
    if (shape.length !== strides.length)
      this.fail(at, `a tensor has ${shape.length} sizes and ${strides.length} strides`, "as many");
    const from = this.integers(new PickleTuple([offset]), "offset", at)[0];
    const elements = storage.member.sizeBytes / dtypes[dtype].blockBytes;
    let parameters = 1;
    let last = from;
    shape.forEach((length, axis) => {
      parameters *= length;
      last += Math.max(0, length - 1) * strides[axis];
      if (!Number.isSafeInteger(parameters) || !Number.isSafeInteger(last))
        this.fail(at, "a tensor has over 2^53 elements", "fewer");
    });
    if (parameters > elements)
      this.fail(
        at,
        `a tensor of [${shape.join(", ")}] shows ${elements} stored elements more than once`,
        "each once: save tensor.contiguous()",
      );
    if (parameters > 0 && last >= elements)
      this.fail(at, `a tensor ends at element ${last}`, `less than ${elements}, the storage's size`);
    return new TensorView(storage, dtype, parameters > 0 ? from : 0, Object.freeze(shape), strides);
  }

  private integers(value: unknown, what: string, at: number): number[] {
    const items = value instanceof PickleTuple ? value.items : [NaN];
    if (items.length > maxRank) this.fail(at, `a ${what} has ${items.length} numbers`, `at most ${maxRank}`);
    return items.map((item) =>
      typeof item === "number" && Number.isSafeInteger(item) && item >= 0
        ? item
        : this.fail(at, `a ${what} is no whole number`, "at least 0"),
    );
  }

  fail(at: number, problem: string, expected: string): never {
    throw new FormatError(this.file, at, problem, expected);
  }
}

/** Bytes of memory that a tensor of a file takes, besides its name: itself, and the source that it is read from. */
const tensorCost = 2048;

function viewsIn(value: unknown, file: string, budget: ParseBudget): Map<string, TensorView> {
  let root = value;
  // A dict that alone holds everything: {"state_dict": {…}, "epoch": 3}.
  for (let depth = 0; root instanceof PickleDict && depth < maxDepth; depth++) {
    const holders = [...root.entries.values()].filter(
      (entry) => entry instanceof TensorView || entry instanceof PickleDict || Array.isArray(entry),
    );
    if (holders.length !== 1 || !(holders[0] instanceof PickleDict)) break;
    root = holders[0];
  }
  const views = new Map<string, TensorView>();
  const inside = new Set<unknown>();
  let visits = 0;
  const visit = (part: unknown, path: string): void => {
    // Lists that hold one another twice over would be walked for ever.
    if (++visits > maxVisits) throw new FormatError(file, 0, `there are over ${maxVisits} values`, "fewer");
    if (part instanceof TensorView) {
      const name = path === "" ? "tensor" : path;
      if (views.size === maxTensors || name.length > maxNameLength || name.includes("\0") || views.has(name))
        throw new FormatError(
          file,
          0,
          `there are too many tensors, or the name ${quote(name)} cannot be one's`,
          `at most ${maxTensors} names`,
        );
      budget.spend(tensorCost + 2 * name.length, 0);
      views.set(name, part);
      return;
    }
    const children: Iterable<[unknown, unknown]> =
      part instanceof PickleDict
        ? part.entries
        : part instanceof PickleTuple
          ? part.items.entries()
          : Array.isArray(part)
            ? part.entries()
            : [];
    if (inside.has(part) || inside.size > maxDepth)
      throw new FormatError(file, 0, "the data hold themselves, or nest too deep", `${maxDepth} levels`);
    if (typeof part !== "object" || part === null) return;
    inside.add(part);
    for (const [key, child] of children) visit(child, path === "" ? String(key) : `${path}.${String(key)}`);
    inside.delete(part);
  };
  visit(root, "");
  return views;
}
