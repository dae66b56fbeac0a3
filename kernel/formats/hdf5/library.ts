/** HDF5's library, compiled to WebAssembly (h5wasm), asked for what a file holds and for blocks of its arrays. Runs in the child. */
import { maxFrameBytes } from "./frames";
import type { Contents, Dataset } from "./messages";

/** What of h5wasm is used. */
export interface Library {
  readonly module: {
    readonly H5G_GROUP: number;
    readonly H5G_DATASET: number;
    readonly HEAPU8: Uint8Array;
    readonly FS: {
      createFile(
        parent: string,
        name: string,
        properties: object,
        canRead: boolean,
        canWrite: boolean,
      ): { stream_ops: object };
    };
    _malloc(bytes: number): number;
    _free(pointer: number): void;
    get_names(file: bigint, path: string, recursive: boolean): string[];
    get_type(file: bigint, path: string): number;
    get_attribute_names(file: bigint, path: string): string[];
    get_attribute_metadata(file: bigint, path: string, name: string): Metadata;
    get_dataset_metadata(file: bigint, path: string): Metadata;
    get_dataset_filters(file: bigint, path: string): readonly { readonly id: number }[];
    get_dataset_data(
      file: bigint,
      path: string,
      count: bigint[] | null,
      offset: bigint[] | null,
      strides: bigint[] | null,
      pointer: bigint,
    ): number;
  };
  readonly File: new (path: string, mode: string) => OpenFile;
}

interface OpenFile {
  readonly file_id: bigint;
}

interface Metadata {
  readonly shape: readonly number[] | null;
  readonly type: number;
  readonly size: number;
  readonly total_size: number;
  readonly signed: boolean;
  readonly littleEndian: boolean;
  readonly vlen: boolean;
  readonly cset?: number;
  readonly virtual_sources?: readonly unknown[];
  readonly enum_type?: { readonly members: Readonly<Record<string, number>> };
}

/** HDF5's class of text. */
const textClass = 3;
/** The settings of the largest models have some MB. */
const maxTextBytes = 64 * 1024 * 1024;
/** Groups in groups: a file of Keras has some ten. */
const maxDepth = 64;

/** All arrays, the root's attributes and the names that groups have as attributes. `Error` when there are more than `maxObjects`. Links that lead
 *  nowhere, or into other files, are passed over. */
export function listContents(library: Library, file: bigint, maxObjects: number): Contents {
  const { module } = library;
  const datasets: Dataset[] = [];
  const names: [string, string][] = [];
  let objects = 0;
  const walk = (path: string, depth: number): void => {
    if (depth > maxDepth) throw new Error(`its groups nest more than ${maxDepth} deep`);
    for (const name of module.get_names(file, path, false)) {
      if (++objects > maxObjects)
        throw new Error(`it has more than ${maxObjects} objects, which is more than its bytes are worth`);
      const own = path === "/" ? `/${name}` : `${path}/${name}`;
      const type = module.get_type(file, own);
      if (type === module.H5G_DATASET) datasets.push(describe(library, file, own));
      if (type !== module.H5G_GROUP) continue;
      const called = textAttribute(library, file, own, "name");
      if (called !== undefined) names.push([own.slice(1), called]);
      walk(own, depth + 1);
    }
  };
  walk("/", 0);
  const attributes = module
    .get_attribute_names(file, "/")
    .map((name): [string, string | undefined] => [name, textAttribute(library, file, "/", name)]);
  return {
    datasets,
    names: Object.fromEntries(names),
    attributes: Object.fromEntries(attributes.filter((pair): pair is [string, string] => pair[1] !== undefined)),
  };
}

function describe(library: Library, file: bigint, path: string): Dataset {
  const { module } = library;
  const { shape, type, size, signed, littleEndian, vlen, virtual_sources, enum_type } = module.get_dataset_metadata(
    file,
    path,
  );
  const members = enum_type?.members ?? {};
  const dtype = textAttribute(library, file, path, "dtype");
  return {
    path: path.slice(1),
    shape: shape === null ? null : shape.map(Number),
    // Text of any length is told by a flag, and lists of any length have a class of their own.
    type: vlen ? textClass : type,
    size,
    isSigned: signed,
    isLittleEndian: littleEndian,
    isBoolean: Object.keys(members).length === 2 && members.FALSE === 0 && members.TRUE === 1,
    filters: module.get_dataset_filters(file, path).map(({ id }) => id),
    isVirtual: virtual_sources !== undefined,
    ...(dtype !== undefined && { dtype }),
  };
}

/** An attribute that is one text; `undefined` for any other, and where there is none. */
function textAttribute(library: Library, file: bigint, path: string, name: string): string | undefined {
  const { module, File } = library;
  if (!module.get_attribute_names(file, path).includes(name)) return undefined;
  const { type, size, total_size: count } = module.get_attribute_metadata(file, path, name);
  if (type !== textClass || count !== 1 || size > maxTextBytes) return undefined;
  const at = Object.assign(Object.create(File.prototype), { file_id: file, path }) as {
    get_attribute(name: string): unknown;
  };
  const value = at.get_attribute(name);
  const text: unknown = Array.isArray(value) ? value[0] : value;
  return typeof text === "string" && text.length <= maxTextBytes ? text : undefined;
}

/** The bytes of a block of an array, as the file has them but for filters, which are undone. */
export function readBlock(
  { module }: Library,
  file: bigint,
  { path, from, count }: { readonly path: string; readonly from: readonly number[]; readonly count: readonly number[] },
): Uint8Array {
  const metadata = module.get_dataset_metadata(file, path);
  if (metadata.vlen || metadata.shape?.length !== count.length) throw new Error("it is another array than it was");
  const bytes = count.reduce((product, size) => product * size, metadata.size);
  if (bytes > maxFrameBytes) throw new Error(`${bytes} bytes are asked for at once`);
  const pointer = module._malloc(Math.max(1, bytes));
  if (pointer === 0) throw new Error("the library has no memory left");
  try {
    // A read that stops half way leaves what was there before.
    module.HEAPU8.fill(0, pointer, pointer + bytes);
    const big = (list: readonly number[]): bigint[] | null => (list.length === 0 ? null : list.map(BigInt));
    const strides = big(count.map(() => 1));
    const status = module.get_dataset_data(file, path, big(count), big(from), strides, BigInt(pointer));
    if (status < 0) throw new Error("HDF5's library does not read its values");
    return module.HEAPU8.slice(pointer, pointer + bytes);
  } finally {
    module._free(pointer);
  }
}
