import type { ByteSource } from "../bytes/source";
import { FormatError, UnsupportedError } from "../errors";
import { dtypes } from "../tensor/dtype";
import type { DType } from "../tensor/dtype";
import type { Model } from "../tensor/model";
import { TensorSet } from "../tensor/tensor-set";
import type { Tensor } from "../tensor/tensor";
import { quote } from "./json-reader";
import { hashSources } from "./hash-sources";
import { maxRank } from "./limits";
import { rowMajorStrides, tensorOf } from "./strided-tensor";
import { withNotes } from "./tensor-paths";
import { memberSource } from "./zip";
import type { ZipMember } from "./zip";

/** NumPy arrays. .npy: `\x93NUMPY`, version (1.0, 2.0 or 3.0), the header's length (u16, from 2.0 on u32), the header, a Python dict with
 *  descr, fortran_order and shape, then the elements. .npz: a zip of them. Arrays of text, of
 *  complex numbers and of Python objects, which are pickles, are left out, with a note; a file of nothing else is refused. Source:
 *  numpy, lib/_format_impl.py. */

/** numpy's own limit for headers of files that it does not trust. */
export const maxNpyHeaderBytes = 10_000;

/** The header of an array of up to some ten dimensions, with what stands before it. */
const usualHeaderBytes = 128;

const types: Readonly<Record<string, DType>> = {
  f2: "F16",
  f4: "F32",
  f8: "F64",
  i1: "I8",
  i2: "I16",
  i4: "I32",
  i8: "I64",
  u1: "U8",
  u2: "U16",
  u4: "U32",
  u8: "U64",
  b1: "BOOL",
};

/** As numpy writes it, with the spaces of Python where it has some. */
const headerPattern =
  /^\{[ \t]*'descr':[ \t]*(?<descr>'[^']*'|\[[^]*\]),[ \t]*'fortran_order':[ \t]*(?<fortran>True|False),[ \t]*'shape':[ \t]*\((?<shape>[\d, ]*)\)(, ?)?\}[ \n]*$/;

/** The array in `source`, lazily; reads its header only. */
async function readNpy(
  source: ByteSource,
  name: string,
  signal: AbortSignal | undefined,
): Promise<Tensor | OtherArray> {
  const fail = (at: number, problem: string, expected: string): never => {
    throw new FormatError(source.name, at, problem, expected);
  };
  const { byteLength } = source;
  const head = await source.read(0, Math.min(usualHeaderBytes, byteLength), signal);
  if (Buffer.from(head.subarray(0, 6)).toString("latin1") !== "\x93NUMPY")
    fail(0, "this is no NumPy array", "\\x93NUMPY");
  if (head.length < 12) fail(head.length, "the file ends within the header's length", "12 bytes");
  const version = head[6];
  if (version < 1 || version > 3 || head[7] !== 0) fail(6, `the version is ${version}.${head[7]}`, "1.0, 2.0 or 3.0");
  const data = new DataView(head.buffer, head.byteOffset, head.length);
  const headerStart = version === 1 ? 10 : 12;
  const length = version === 1 ? data.getUint16(8, true) : data.getUint32(8, true);
  if (length > maxNpyHeaderBytes) fail(8, `the header has ${length} bytes`, `at most ${maxNpyHeaderBytes}`);
  const start = headerStart + length;
  if (start > byteLength)
    fail(8, `the header has ${length} bytes`, `at most the ${byteLength - headerStart} that follow`);
  const header =
    start <= head.length ? head.subarray(headerStart, start) : await source.read(headerStart, start, signal);
  const text = Buffer.from(header).toString("latin1");
  const found = headerPattern.exec(text)?.groups;
  if (!found) return fail(headerStart, `the header is ${quote(text)}`, "descr, fortran_order and shape, in this order");
  const dtype = typeOf(found.descr, source.name, headerStart, name);
  if (typeof dtype !== "string") return dtype;
  const shape = shapeOf(found.shape, fail, headerStart);
  const bytes = shape.reduce((product, size) => product * size, dtypes[dtype].blockBytes);
  if (bytes !== byteLength - start)
    fail(start, `${byteLength - start} bytes follow the header`, `${bytes}, for ${dtype} [${shape.join(", ")}]`);
  const strides = found.fortran === "True" ? rowMajorStrides([...shape].reverse()).reverse() : rowMajorStrides(shape);
  return tensorOf(source, name, Object.freeze(shape), dtype, start, strides);
}

/** An array of something else than numbers that are read here. */
class OtherArray {
  constructor(
    /** What it holds, and what to do about it. */
    readonly what: string,
    /** The error where nothing but it is asked for. */
    readonly error: FormatError | UnsupportedError,
  ) {}
}

function typeOf(descr: string, file: string, at: number, name: string): DType | OtherArray {
  const [, order, kind] = /^'([<>|=]?)(\w+(?:\[\w+\])?)'$/.exec(descr) ?? [];
  if (kind === undefined && !descr.startsWith("["))
    throw new FormatError(file, at, `the descr is ${quote(descr)}`, "a type of NumPy");
  const refused = (what: string, remedy: string): OtherArray =>
    new OtherArray(what, new FormatError(file, at, `${name} holds ${what}`, remedy));
  if (kind?.startsWith("O")) return refused("Python objects, a pickle that could run code", "an array of numbers");
  if (order === ">" && kind !== "i1" && kind !== "u1" && kind !== "b1")
    return new OtherArray(
      "big-endian numbers",
      new FormatError(
        file,
        at,
        `${name} is big-endian (${descr})`,
        "little-endian: save array.astype(array.dtype.newbyteorder('<'))",
      ),
    );
  if (kind === "V2")
    return refused("elements of 2 bytes without a type (V2), as NumPy saves bfloat16", "array.astype(numpy.float32)");
  const dtype = Object.hasOwn(types, kind ?? "") ? types[kind] : undefined;
  if (dtype) return dtype;
  const known = Object.entries(kinds).find(([letter]) => kind?.startsWith(letter))?.[1] ?? "elements of a record";
  return new OtherArray(
    `${known} (${descr})`,
    new UnsupportedError(`${file}: ${name} has elements of ${descr}; read are ${Object.keys(types).join(", ")}`),
  );
}

/** What other arrays hold, by the first letter of their type. */
const kinds: Readonly<Record<string, string>> = {
  U: "text",
  S: "text",
  a: "text",
  c: "complex numbers",
  V: "raw bytes",
  M: "dates",
  m: "spans of time",
  f: "wide floats",
};

function shapeOf(text: string, fail: (at: number, problem: string, expected: string) => never, at: number): number[] {
  // A tuple of Python: of one number with a comma, and no number begins with a zero.
  if (!/^ *((0|[1-9]\d*) *, *)*((0|[1-9]\d*) *)?$/.test(text) || /^ *\d+ *$/.test(text))
    fail(at, `the shape is (${quote(text)})`, "whole numbers");
  const shape = text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map(Number);
  if (shape.length > maxRank) fail(at, `there are ${shape.length} dimensions`, `at most ${maxRank}`);
  let elements = 1;
  for (const size of shape) {
    elements *= size;
    if (!Number.isSafeInteger(size) || !Number.isSafeInteger(elements * 8))
      fail(at, `the shape is (${quote(text)})`, "at most 2^50 elements");
  }
  return shape;
}

/** One .npy file as a model of one tensor, called after the file. */
export async function openNpy(source: ByteSource, name: string, signal?: AbortSignal): Promise<Model> {
  const tensor = await readNpy(source, name.replace(/\.npy$/, ""), signal);
  if (tensor instanceof OtherArray) throw tensor.error;
  return new TensorSet({
    name,
    format: "npy",
    tensors: [tensor],
    sha256: (options) => hashSources([source], name, options?.signal),
  });
}

/** True for the members of an .npz archive: arrays, and nothing else. */
export function isNpz(members: readonly ZipMember[]): boolean {
  return members.length > 0 && members.every((member) => member.name.endsWith(".npy"));
}

/** An .npz archive: one tensor for each member, called after it without `.npy`. */
export async function openNpz(
  source: ByteSource,
  members: readonly ZipMember[],
  name: string,
  signal?: AbortSignal,
): Promise<Model> {
  const tensors: Tensor[] = [];
  const others: { readonly name: string; readonly array: OtherArray }[] = [];
  for (const member of members) {
    if (!member.name.endsWith(".npy"))
      throw new FormatError(
        source.name,
        member.at,
        `the archive holds ${quote(member.name)}`,
        "NumPy arrays, .npy, alone",
      );
    const own = member.name.slice(0, -4);
    const array = await readNpy(memberSource(source, member), own, signal);
    if (array instanceof OtherArray) others.push({ name: own, array });
    else tensors.push(array);
  }
  if (tensors.length === 0 && others.length > 0) throw others[0].array.error;
  return new TensorSet({
    name,
    format: "npz",
    tensors,
    metadata: withNotes({}, notesOf(others)),
    sha256: (options) => hashSources([source], name, options?.signal),
  });
}

function notesOf(others: readonly { readonly name: string; readonly array: OtherArray }[]): string[] {
  if (others.length === 0) return [];
  const list = others.slice(0, 10).map(({ name, array }) => `${quote(name)}, ${array.what}`);
  return [`left out: ${list.join("; ")}${others.length > 10 ? `; and ${others.length - 10} more` : ""}`];
}
