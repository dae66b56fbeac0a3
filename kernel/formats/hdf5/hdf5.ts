/** HDF5 files: groups in groups, arrays in them, attributes on both. They are read by the HDF Group's own library, compiled to WebAssembly, in a
 *  process of its own (process.ts), from which come headers at first and blocks of values when they are asked for. Read are little-endian numbers
 *  (float16, float32, float64, whole numbers of 8 to 64 bits, h5py's booleans) and Keras's bfloat16; what else an array holds is said in a note.
 *  An array takes no more bytes than the file stores, or than deflate can pack into it. Source: HDF5 File Format Specification 3.0. */
import type { ByteSource } from "../../bytes/source";
import { FormatError } from "../../errors";
import type { DType } from "../../tensor/dtype";
import { parametersOf } from "../../tensor/tensor";
import { quote } from "../json-reader";
import { maxNameLength, maxRank, maxTensors } from "../limits";
import { Hdf5Tensor } from "./hdf5-tensor";
import type { Contents, Dataset } from "./messages";
import { Hdf5Process, type ProcessOptions } from "./process";

/** HDF5's signature, of which a file has one at the front. */
export const hdf5Magic = /^\x89HDF\r\n\x1a\n/;

/** The least that an object takes in a file: its entry in a group, and its header. */
const objectBytes = 16;
/** No byte of deflate stands for more. */
const deflateRatio = 1032;

/** What an HDF5 file holds. */
export interface Hdf5File {
  /** Arrays of numbers, by their paths. */
  readonly arrays: readonly Hdf5Array[];
  /** As of `Contents`. */
  readonly attributes: Contents["attributes"];
  /** As of `Contents`. */
  readonly names: Contents["names"];
  /** What was left out: the path and what it holds. */
  readonly others: readonly { readonly path: string; readonly what: string }[];
}

/** An array of numbers, to be read under whatever name. */
export interface Hdf5Array {
  readonly path: string;
  readonly shape: readonly number[];
  readonly dtype: DType;
  /** The array as a tensor of that name. */
  tensor(name: string): Hdf5Tensor;
}

/** What the file holds; no values are read. `FormatError` for what HDF5's library refuses or breaks down over, and for a file that claims more
 *  than it stores. */
export async function openHdf5(
  source: ByteSource,
  signal: AbortSignal | undefined,
  options: ProcessOptions = {},
): Promise<Hdf5File> {
  const library = new Hdf5Process(source, options);
  const maxObjects = Math.min(maxTensors, 16 + Math.floor(source.byteLength / objectBytes));
  const { datasets, attributes, names } = await library.contents(maxObjects, signal);
  const arrays: Hdf5Array[] = [];
  const others: { path: string; what: string }[] = [];
  let stored = 0;
  for (const dataset of datasets) {
    const { path, shape } = dataset;
    const dtype = typeOf(dataset);
    if (typeof dtype !== "string" || shape === null) {
      others.push({ path, what: typeof dtype === "string" ? "nothing" : dtype.what });
      continue;
    }
    checkName(source, path);
    const sizeBytes = checkShape(source, dataset, shape);
    stored += dataset.filters.length > 0 ? sizeBytes / deflateRatio : sizeBytes;
    if (stored > source.byteLength)
      throw new FormatError(
        source.name,
        0,
        `up to ${quote(path)} the arrays take more bytes than the file has`,
        `arrays that are stored in its ${source.byteLength} bytes`,
      );
    const own = Object.freeze([...shape]);
    arrays.push({
      path,
      shape: own,
      dtype,
      tensor: (name) => new Hdf5Tensor({ library, path, name, shape: own, dtype }),
    });
  }
  return { arrays, attributes, names, others };
}

function checkName({ name }: ByteSource, path: string): void {
  if (path.length > maxNameLength || path.includes("\0"))
    throw new FormatError(
      name,
      0,
      `an array is called ${quote(path)}`,
      `a name of at most ${maxNameLength} characters`,
    );
}

/** The bytes that the array's values take. */
function checkShape({ name }: ByteSource, { path, size }: Dataset, shape: readonly number[]): number {
  const bytes = parametersOf(shape) * size;
  const isSound = shape.length <= maxRank && shape.every((one) => Number.isSafeInteger(one) && one >= 0);
  if (!isSound || !Number.isSafeInteger(bytes * 8))
    throw new FormatError(
      name,
      0,
      `${quote(path)} has the shape [${shape.slice(0, 8).join(", ")}]`,
      "at most 2^50 elements",
    );
  return bytes;
}

const integers: Readonly<Record<string, DType>> = {
  "true 1": "I8",
  "true 2": "I16",
  "true 4": "I32",
  "true 8": "I64",
  "false 1": "U8",
  "false 2": "U16",
  "false 4": "U32",
  "false 8": "U64",
};
const floats: Readonly<Record<number, DType>> = { 2: "F16", 4: "F32", 8: "F64" };
const classes: Readonly<Record<number, string>> = {
  2: "dates",
  3: "text",
  4: "bit fields",
  5: "raw bytes",
  6: "records or complex numbers",
  7: "references",
  8: "an enumeration",
  9: "lists of any length",
  10: "arrays of arrays",
};

/** HDF5's own filters, all of which the library undoes. */
const lastFilter = 6;

/** The type of an array's elements, or what else they are. */
function typeOf(dataset: Dataset): DType | { readonly what: string } {
  const { type, size, isSigned, isLittleEndian, isBoolean, isVirtual, filters, dtype } = dataset;
  if (isVirtual) return { what: "values that lie in other files" };
  const plugin = filters.find((filter) => filter < 1 || filter > lastFilter);
  if (plugin !== undefined) return { what: `values packed by a plug-in of HDF5, filter ${plugin}` };
  if (type === 5 && size === 2)
    return dtype === "bfloat16" ? "BF16" : { what: "elements of 2 bytes without a type (V2), as NumPy saves bfloat16" };
  if (type === 8 && isBoolean && size === 1) return "BOOL";
  const found = type === 0 ? integers[`${isSigned} ${size}`] : type === 1 ? floats[size] : undefined;
  if (!found) return { what: classes[type] ?? `numbers of ${size} bytes` };
  return isLittleEndian || size === 1 ? found : { what: "big-endian numbers" };
}
