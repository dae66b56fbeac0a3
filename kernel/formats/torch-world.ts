import { FormatError } from "../errors";
import { dtypes } from "../tensor/dtype";
import type { DType } from "../tensor/dtype";
import type { ParseBudget } from "./budget";
import { quote } from "./json-reader";
import { maxRank } from "./limits";
import type { PickleWorld } from "./pickle";
import { acts, PickleDict, PickleGlobal, PickleOpaque, PickleTuple } from "./pickle-values";

/** What the pickles of torch mean: a tensor is a view (offset, size, stride) of a storage. The names of torch that make tensors are known here;
 *  those that would make a tensor of another kind are refused by name, those that would run something too, and all others (settings, classes
 *  of the author's) are passed over as opaque values. Source: torch, torch/serialization.py and torch/_utils.py. */

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
/** Complex numbers, under the names that safetensors gives their types; their values are not read. */
const complexTypes: Readonly<Record<string, string>> = { ComplexFloatStorage: "C64", ComplexDoubleStorage: "C128" };
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

/** Tensors of other kinds, by the function that makes them, and what to do about them. */
const otherTensors: Readonly<Record<string, readonly [what: string, remedy: string]>> = {
  _rebuild_sparse_tensor: ["a sparse tensor", "tensor.to_dense()"],
  _rebuild_sparse_csr_tensor: ["a sparse tensor", "tensor.to_dense()"],
  _rebuild_nested_tensor: ["a nested tensor", "tensors one by one: tensor.unbind()"],
  _rebuild_qtensor: ["a quantized tensor of torch.ao", "tensor.dequantize()"],
  _rebuild_wrapper_subclass: ["a tensor of a class of its own, such as torchao's", "tensor.dequantize()"],
  _rebuild_meta_tensor_no_storage: ["a tensor on the device meta, without values", "a tensor with values"],
  _rebuild_device_tensor_from_numpy: ["a tensor of a device that torch saves through NumPy", "tensor.cpu()"],
};

/** The bytes behind tensors. */
export class TorchStorage {
  constructor(
    readonly key: string,
    readonly sizeBytes: number,
    /** Unset for an untyped storage. */
    readonly dtype: string | undefined,
    /** The byte of the pickle that asks for it. */
    readonly at: number,
  ) {}
}

/** A tensor as a pickle describes it; offset and strides count elements. */
export class TensorView {
  constructor(
    readonly storage: TorchStorage,
    readonly dtype: string,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

/** Bytes of an element of a storage: one where it is untyped. */
export function elementBytes(dtype: string | undefined): number {
  if (dtype === undefined) return 1;
  return dtype === "C64" ? 8 : dtype === "C128" ? 16 : dtypes[dtype as DType].blockBytes;
}

/** The names that torch's pickles call for. What a persistent id stands for differs between the forms of its files. */
export abstract class TorchWorld implements PickleWorld {
  constructor(
    /** What errors call the pickle. */
    readonly file: string,
    /** What its pickles may take. */
    readonly budget: ParseBudget,
  ) {}

  abstract persistent(id: unknown, at: number): unknown;

  global(name: string): PickleGlobal | undefined {
    const own = name.startsWith("torch.") ? name.slice("torch.".length) : "";
    if (/^\w+Storage$/.test(own) || Object.hasOwn(torchTypes, own)) return new PickleGlobal(name);
    switch (name) {
      case "torch.storage.UntypedStorage":
        return new PickleGlobal(name);
      case "collections.OrderedDict":
        return new PickleGlobal(name, (args, at) =>
          args.length === 0 ? new PickleDict() : this.orderedDict(args[0], at),
        );
      case "collections.defaultdict":
        return new PickleGlobal(name, () => new PickleDict());
      case "torch.Size":
        return new PickleGlobal(name, ([items], at) =>
          items instanceof PickleTuple ? items : this.fail(at, "a Size has no tuple", "one"),
        );
      case "torch._utils._rebuild_tensor":
        return new PickleGlobal(name, (args, at) => this.rebuild(args, undefined, undefined, at));
      case "torch._utils._rebuild_tensor_v2":
        return new PickleGlobal(name, (args, at) => this.rebuild(args, undefined, args[6], at));
      case "torch._utils._rebuild_tensor_v3":
        return new PickleGlobal(name, (args, at) => this.rebuild(args, args[6], args[7], at));
      case "torch._utils._rebuild_parameter":
      case "torch._utils._rebuild_parameter_with_state":
      case "torch._utils._rebuild_device_tensor_from_cpu_tensor":
        return new PickleGlobal(name, ([data], at) => this.tensor(data, "a parameter", at));
      case "torch.serialization._get_layout":
        return new PickleGlobal(name, (args) => new PickleOpaque(name, args));
      case "torch._tensor._rebuild_from_type_v2":
        return new PickleGlobal(name, ([make, type, args], at) => this.fromType(make, type, args, at));
      case "torch.nn.parameter.Parameter":
      case "torch.nn.parameter.Buffer":
        return new PickleGlobal(name, (args, at) =>
          args[0] instanceof TensorView
            ? args[0]
            : args.length === 0
              ? new PickleOpaque(name, [])
              : this.tensor(args[0], "a parameter", at),
        );
      case "copy_reg._reconstructor":
      case "copyreg._reconstructor":
        return new PickleGlobal(
          name,
          ([type]) => new PickleOpaque(type instanceof PickleGlobal ? type.name : name, []),
        );
    }
    if (acts(name)) return undefined;
    return new PickleGlobal(name, (args, at) => {
      const other = own.startsWith("_utils.") ? own.slice("_utils.".length) : "";
      if (Object.hasOwn(otherTensors, other)) {
        const [what, remedy] = otherTensors[other];
        return this.fail(at, `the file holds ${what} (${name})`, remedy);
      }
      if (other.startsWith("_rebuild"))
        return this.fail(at, `the file holds a tensor made by ${name}`, "a plain tensor");
      return new PickleOpaque(name, args);
    });
  }

  /** The storage of that key and type with so many elements. */
  protected storageOf(key: string, type: unknown, elements: unknown, at: number): TorchStorage {
    if (
      !(type instanceof PickleGlobal) ||
      typeof elements !== "number" ||
      !Number.isSafeInteger(elements * 16) ||
      elements < 0
    )
      return this.fail(at, "a persistent id is no storage", '("storage", type, key, location, size)');
    const own = type.name.slice("torch.".length);
    const known: Readonly<Record<string, string>> = { ...storageTypes, ...complexTypes };
    const dtype = Object.hasOwn(known, own) ? known[own] : undefined;
    if (/^Q\w*Storage$/.test(own))
      this.fail(at, `the file holds ${otherTensors._rebuild_qtensor[0]}`, otherTensors._rebuild_qtensor[1]);
    if (!dtype && type.name !== "torch.storage.UntypedStorage")
      return this.fail(at, `a storage has the type ${quote(type.name)}`, "a storage type");
    return new TorchStorage(key, elements * elementBytes(dtype), dtype, at);
  }

  /** A view of a storage that lies within it. */
  protected view(
    storage: TorchStorage,
    dtype: string,
    {
      from,
      shape,
      strides,
    }: { readonly from: number; readonly shape: readonly number[]; readonly strides: readonly number[] },
    at: number,
  ): TensorView {
    if (shape.length !== strides.length)
      this.fail(at, `a tensor has ${shape.length} sizes and ${strides.length} strides`, "as many");
    const elements = storage.sizeBytes / elementBytes(dtype);
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

  /** Args: storage, offset, size, stride, requires_grad, hooks, in v3 the type, and what torch has still to do to the stored values. */
  private rebuild(args: readonly unknown[], type: unknown, pending: unknown, at: number): TensorView {
    const [storage, offset, size, stride] = args;
    for (const bit of ["neg", "conj"])
      if (pending instanceof PickleDict && pending.entries.get(bit) === true)
        this.fail(at, `the values of a tensor are stored before torch's "${bit}"`, `tensor.resolve_${bit}()`);
    if (!(storage instanceof TorchStorage)) return this.fail(at, "a tensor has no storage", "a storage");
    const own = type instanceof PickleGlobal ? type.name.slice("torch.".length) : "";
    const dtype = Object.hasOwn(torchTypes, own) ? torchTypes[own] : storage.dtype;
    if (!dtype)
      return this.fail(
        at,
        own === "" ? "a tensor has no type" : `a tensor has the type torch.${own.slice(0, 60)}, which is not read here`,
        `one of ${Object.keys(torchTypes).join(", ")}, or a type that torch had before 2.1; convert it: tensor.float()`,
      );
    const shape = this.integers(size, "size", at);
    const strides = this.integers(stride, "stride", at);
    const [from] = this.integers(new PickleTuple([offset]), "offset", at);
    return this.view(storage, dtype, { from, shape, strides }, at);
  }

  /** A tensor of a subclass: a plain one with attributes, which are passed over. */
  private fromType(make: unknown, type: unknown, args: unknown, at: number): unknown {
    if (!(make instanceof PickleGlobal) || !make.call || !(args instanceof PickleTuple))
      return this.fail(at, "a tensor of a class is made by no function", "a function and its arguments");
    if (make.name === "torch._tensor._rebuild_from_type_v2")
      return this.fail(at, "a tensor of a class is made of one of a class", "a plain tensor");
    const value = make.call(args.items, at);
    const name = type instanceof PickleGlobal ? type.name : "";
    if (value instanceof TensorView && !/^torch\.(Tensor|nn\.parameter\.\w+)$/.test(name))
      return this.fail(at, `the file holds a tensor of the class ${quote(name)}`, "a plain tensor");
    return value;
  }

  private orderedDict(pairs: unknown, at: number): PickleDict {
    const dict = new PickleDict();
    if (!Array.isArray(pairs)) return this.fail(at, "an OrderedDict has arguments", "a list of pairs");
    for (const pair of pairs as unknown[]) {
      const [key, value] = Array.isArray(pair) ? (pair as unknown[]) : pair instanceof PickleTuple ? pair.items : [];
      if (typeof key !== "string" || key === "__proto__" || dict.entries.has(key))
        return this.fail(at, "an OrderedDict has no pairs, or a key twice", "keys that are text, each once");
      dict.entries.set(key, value);
    }
    return dict;
  }

  private tensor(value: unknown, what: string, at: number): TensorView {
    return value instanceof TensorView ? value : this.fail(at, `${what} has no tensor`, "a tensor");
  }

  private integers(value: unknown, what: string, at: number): number[] {
    const items = value instanceof PickleTuple ? value.items : Array.isArray(value) ? (value as unknown[]) : [NaN];
    if (items.length > maxRank) this.fail(at, `a ${what} has ${items.length} numbers`, `at most ${maxRank}`);
    return items.map((item) =>
      typeof item === "number" && Number.isSafeInteger(item) && item >= 0
        ? item
        : this.fail(at, `a ${what} is no whole number`, "at least 0"),
    );
  }

  /** Refuses the pickle at that byte of it. */
  fail(at: number, problem: string, expected: string): never {
    throw new FormatError(this.file, at, problem, expected);
  }
}
