/** What a pickle of torch holds, as plain data: it is read on a thread where it is long. */
import type { ByteSource } from "../bytes/source";
import { FormatError } from "../errors";
import { parametersOf, type Tensor } from "../tensor/tensor";
import { FileTensor } from "./file-tensor";
import { quote } from "./json-reader";
import { isRowMajor, tensorOf } from "./strided-tensor";
import type { PathKey } from "./tensor-paths";
import { viewsIn } from "./torch-views";
import { elementBytes, type TorchStorage, type TorchWorld } from "./torch-world";
import { isReadable } from "./values";

/** The bytes behind tensors. */
export interface PickledStorage {
  readonly key: string;
  readonly sizeBytes: number;
  /** Unset for an untyped storage. */
  readonly dtype: string | undefined;
  /** The byte of the pickle that asks for it. */
  readonly at: number;
}

/** A view of a storage; offset and strides count elements. */
export interface PickledTensor {
  /** The keys that lead to it from the top. */
  readonly path: readonly PathKey[];
  readonly name: string;
  /** Its place in the list of storages. */
  readonly storage: number;
  readonly dtype: string;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** What a pickle holds. */
export interface TorchPickle {
  readonly tensors: readonly PickledTensor[];
  readonly storages: readonly PickledStorage[];
  /** Paths of NumPy arrays, which are passed over. */
  readonly arrays: readonly string[];
  /** Paths of other objects that hold tensors, which are passed over with them. */
  readonly objects: readonly string[];
}

/** Where a storage lies. */
export interface StoragePlace {
  readonly source: ByteSource;
  readonly start: number;
}

/** Tensors as a file of torch has them. */
export interface TorchContents {
  readonly tensors: readonly Tensor[];
  /** The keys that lead to each, in the same order. */
  readonly found: readonly Pick<PickledTensor, "name" | "path">[];
  /** What was passed over, in sentences. */
  readonly notes: readonly string[];
}

/** The tensors in a value of a pickle. The list of storages begins with `storages`. */
export function pickledTensors(value: unknown, world: TorchWorld, storages: readonly TorchStorage[]): TorchPickle {
  const { views, arrays, objects } = viewsIn(value, world);
  const places = new Map(storages.map((storage, at) => [storage, at]));
  const tensors = views.map(({ path, name, view: { storage, dtype, offset, shape, strides } }) => {
    const place = places.get(storage) ?? places.size;
    places.set(storage, place);
    return { path, name, storage: place, dtype, offset, shape, strides };
  });
  const list = [...places.keys()].map(({ key, sizeBytes, dtype, at }) => ({ key, sizeBytes, dtype, at }));
  return { tensors, storages: list, arrays, objects };
}

/** The tensors that a pickle describes, with the place of each storage; `at` is the byte of `file` where it lies. `FormatError` where there are
 *  none, or a storage is nowhere. */
export function contentsOf(
  { tensors: pickled, arrays, objects }: TorchPickle,
  places: readonly (StoragePlace | undefined)[],
  file: string,
  at: number,
): TorchContents {
  if (pickled.length === 0) throw new FormatError(file, at, "there are no tensors", "a state dict");
  const tensors = pickled.map(({ name, storage, dtype, offset, shape, strides }) => {
    const place = places[storage];
    if (!place) throw new FormatError(file, at, `the storage of ${quote(name)} is missing`, "its bytes");
    const start = place.start + offset * elementBytes(dtype);
    Object.freeze(shape);
    if (isReadable(dtype)) return tensorOf(place.source, name, shape, dtype, start, strides);
    if (!isRowMajor(shape, strides))
      throw new FormatError(file, at, `${quote(name)} is complex and not contiguous`, "tensor.contiguous()");
    const complex = new FileTensor(place.source, name, shape, dtype, start, parametersOf(shape) * elementBytes(dtype));
    return Object.assign(complex, { role: "buffer" as const, roleReason: "complex numbers" });
  });
  const notes = [
    ...leftOut(arrays, "arrays of NumPy"),
    ...leftOut(objects, "objects of Python, with the tensors in them"),
  ];
  return { tensors, found: pickled, notes };
}

function leftOut(paths: readonly string[], what: string): string[] {
  if (paths.length === 0) return [];
  const shown = paths.slice(0, 3).map(quote).join(", ") + (paths.length > 3 ? " and so on" : "");
  return [`left out: ${paths.length} ${what} (${shown})`];
}
