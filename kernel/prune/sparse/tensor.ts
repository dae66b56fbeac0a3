/** Sparse tensors as bytes, so that what storage.ts counts is what is there: an index, then the stored values as little-endian
 *  float32. Fields are packed least significant bit first (bytes/bit-stream.ts); the index ends on a whole byte.
 *
 *  - "bitmask":   one bit per weight, row-major, 1 where a value follows.
 *  - "positions": CSR: for each row r the number of values before it, and at the end their number (rows + 1 fields of
 *                 ⌈log2(weights + 1)⌉ bits); then the column of each value in order (⌈log2 columns⌉ bits).
 *  - "n:m":       for each group of m weights of a row exactly n places, ascending, ⌈log2 m⌉ bits each (2:4: the two 2-bit fields
 *                 that sparse tensor cores read); a group with fewer values takes free places with the value 0, and the last group
 *                 of a row is as if padded with zeros to m.
 *
 *  Cheaper than dense storage at v bits a value under the density that `breakEvenDensity` gives:
 *  bitmask 1 − 1/v; positions (v − ⌈log2(weights + 1)⌉·(rows + 1)/weights) / (v + ⌈log2 columns⌉); n:m v / (v + ⌈log2 m⌉) for n/m. */
import { BitReader, BitWriter, packedSize } from "../../bytes/bit-stream";
import { FormatError, OptionError } from "../../errors";
import { bitsFor } from "../../measure/bit-arithmetic";
import { checkChoice, checkNumber, checkOptionNames } from "../../options";
import { parametersOf, type Shape } from "../../tensor/tensor";
import { countKept } from "../pruner";
import { matrixOf } from "./storage";

/** A form with an index; `n` and `m` belong to "n:m". */
export interface SparseForm {
  /** How places are told: one bit a weight, gaps between kept weights, or places within groups. */
  scheme: "bitmask" | "positions" | "n:m";
  /** Weights that stay in each group of `m`. */
  n?: number;
  /** Weights in a group along the row. */
  m?: number;
}

/** A pruned tensor in bytes: index first, then values. */
export interface SparseTensor {
  /** ⌈indexBits / 8⌉ bytes of index, then 4 bytes for each stored value. */
  readonly bytes: Uint8Array;
  /** Bits of the index alone. */
  readonly indexBits: number;
  /** Values stored: the kept ones, and for "n:m" the zeros that fill its groups. */
  readonly storedWeights: number;
}

/** Encodes a tensor of `shape`. `mask` says which weights are stored (1) and which are zero (0); without it, those that are not
 *  +0. Throws `OptionError` when lengths do not fit, or when a group holds more than `n` weights. */
export function encodeSparse(
  values: Float32Array,
  shape: Shape,
  form: SparseForm,
  mask: Uint8Array = Uint8Array.from(values, (value) => (Object.is(value, 0) ? 0 : 1)),
): SparseTensor {
  checkForm("encodeSparse", form, shape);
  if (parametersOf(shape) !== values.length || mask.length !== values.length)
    throw new OptionError(
      `encodeSparse(): shape (${shape.join(", ")}) does not hold ${values.length} values under a mask of ${mask.length}`,
    );
  const writer = new BitWriter(packedSize(values.length, 1));
  const stored = writeIndex(writer, values, mask, shape, form);
  const indexBits = writer.bitLength;
  const index = writer.finish();
  const bytes = new Uint8Array(index.length + 4 * stored.length);
  bytes.set(index);
  const view = new DataView(bytes.buffer);
  stored.forEach((value, i) => view.setFloat32(index.length + 4 * i, value, true));
  return { bytes, indexBits, storedWeights: stored.length };
}

/** Writes the index and returns the values that follow it. */
function writeIndex(
  writer: BitWriter,
  values: Float32Array,
  mask: Uint8Array,
  shape: Shape,
  { scheme, n = 1, m = 1 }: SparseForm,
): Float32Array {
  const { rows, columns } = matrixOf(shape);
  if (scheme === "n:m") return writeGroups(writer, values, mask, { rows, columns }, n, m);
  const kept = new Float32Array(countKept(mask));
  let next = 0;
  if (scheme === "bitmask")
    for (let i = 0; i < mask.length; i++) {
      writer.write(mask[i], 1);
      if (mask[i]) kept[next++] = values[i];
    }
  else {
    const startBits = bitsFor(values.length + 1);
    const placeBits = bitsFor(columns);
    let before = 0;
    for (let row = 0; row <= rows; row++) {
      writer.write(before, startBits);
      if (row < rows) before += countKept(mask.subarray(row * columns, (row + 1) * columns));
    }
    for (let i = 0; i < mask.length; i++)
      if (mask[i]) {
        writer.write(i % columns, placeBits);
        kept[next++] = values[i];
      }
  }
  return kept;
}

function writeGroups(
  writer: BitWriter,
  values: Float32Array,
  mask: Uint8Array,
  { rows, columns }: { rows: number; columns: number },
  n: number,
  m: number,
): Float32Array {
  const groups = Math.ceil(columns / m);
  const stored = new Float32Array(rows * groups * n);
  const placeBits = bitsFor(m);
  let next = 0;
  for (let row = 0; row < rows; row++)
    for (let group = 0; group < groups; group++) {
      const start = row * columns + group * m;
      const end = Math.min(start + m, (row + 1) * columns);
      let free = n - countKept(mask.subarray(start, end));
      if (free < 0)
        throw new OptionError(
          `encodeSparse(): row ${row} has ${n - free} weights in group ${group}; ${n}:${m} stores ${n}`,
        );
      for (let place = 0; place < m; place++) {
        const taken = start + place < end && mask[start + place] !== 0;
        if (!taken && free-- <= 0) continue;
        writer.write(place, placeBits);
        stored[next++] = taken ? values[start + place] : 0;
      }
    }
  return stored;
}

/** What `encodeSparse` encoded: values and the mask of those that are stored (for "n:m" also the zeros that fill a group inside the row).
 *  Throws `FormatError` when the bytes are not exactly such a tensor; `name` is what errors call them. */
export function decodeSparse(
  bytes: Uint8Array,
  shape: Shape,
  form: SparseForm,
  options: { name?: string } = {},
): {
  /** Row-major, in `shape`; 0 where nothing is stored. */
  values: Float32Array;
  /** 1 where a value is stored. */
  mask: Uint8Array;
} {
  checkForm("decodeSparse", form, shape);
  const { name = "sparse tensor" } = options;
  const { rows, columns } = matrixOf(shape);
  const places = readIndex(bytes, rows, columns, form, name);
  const indexBytes = places.indexBytes;
  if (bytes.length !== indexBytes + 4 * places.at.length)
    throw new FormatError(
      name,
      bytes.length,
      `there are ${bytes.length} bytes`,
      `${indexBytes + 4 * places.at.length}`,
    );
  const values = new Float32Array(rows * columns);
  const mask = new Uint8Array(values.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  places.at.forEach((at, i) => {
    const value = view.getFloat32(indexBytes + 4 * i, true);
    if (at >= 0) {
      values[at] = value;
      mask[at] = 1;
    } else if (!Object.is(value, 0))
      throw new FormatError(name, indexBytes + 4 * i, `${value} stands behind the end of a row`, "0");
  });
  return { values, mask };
}

/** Where each stored value belongs (−1: in the padding of a last group), and the bytes that said so. */
function readIndex(
  bytes: Uint8Array,
  rows: number,
  columns: number,
  { scheme, n = 1, m = 1 }: SparseForm,
  name: string,
): { at: Float64Array; indexBytes: number } {
  const weights = rows * columns;
  if (scheme === "bitmask") {
    const indexBytes = packedSize(weights, 1);
    const reader = readerOf(bytes, indexBytes, name);
    const at: number[] = [];
    for (let i = 0; i < weights; i++) if (reader.read(1)) at.push(i);
    reader.end();
    return { at: Float64Array.from(at), indexBytes };
  }
  if (scheme === "n:m") {
    const groups = Math.ceil(columns / m);
    const indexBytes = packedSize(rows * groups * n, bitsFor(m));
    const reader = readerOf(bytes, indexBytes, name);
    const at = new Float64Array(rows * groups * n);
    for (let i = 0, row = 0; row < rows; row++)
      for (let group = 0; group < groups; group++)
        for (let last = -1, j = 0; j < n; j++, i++) {
          const place = reader.read(bitsFor(m));
          if (place <= last || place >= m)
            throw new FormatError(name, 0, `place ${place} follows ${last} in a group of ${m}`, "ascending places");
          last = place;
          const column = group * m + place;
          at[i] = column < columns ? row * columns + column : -1;
        }
    reader.end();
    return { at, indexBytes };
  }
  return readRows(bytes, rows, columns, name);
}

function readRows(bytes: Uint8Array, rows: number, columns: number, name: string) {
  const startBits = bitsFor(rows * columns + 1);
  const placeBits = bitsFor(columns);
  const starts = readerOf(bytes, Math.min(bytes.length, packedSize(rows + 1, startBits)), name);
  const bounds = Float64Array.from({ length: rows + 1 }, () => starts.read(startBits));
  for (let row = 0; row <= rows; row++) {
    const length = row === 0 ? 0 : bounds[row] - bounds[row - 1];
    if (row === 0 ? bounds[0] !== 0 : length < 0 || length > columns)
      throw new FormatError(name, 0, `row ${row} starts at value ${bounds[row]}`, "row starts that ascend");
  }
  const count = bounds[rows];
  const indexBytes = Math.ceil(((rows + 1) * startBits + count * placeBits) / 8);
  const reader = readerOf(bytes, indexBytes, name);
  for (let row = 0; row <= rows; row++) reader.read(startBits);
  const at = new Float64Array(count);
  for (let row = 0; row < rows; row++)
    for (let i = bounds[row], last = -1; i < bounds[row + 1]; i++) {
      const column = reader.read(placeBits);
      if (column <= last || column >= columns)
        throw new FormatError(name, 0, `column ${column} follows ${last} in row ${row}`, "ascending columns");
      last = column;
      at[i] = row * columns + column;
    }
  reader.end();
  return { at, indexBytes };
}

function readerOf(bytes: Uint8Array, length: number, name: string): BitReader {
  if (length > bytes.length)
    throw new FormatError(name, bytes.length, `there are ${bytes.length} bytes`, `an index of ${length}`);
  return new BitReader(bytes.subarray(0, length), name);
}

function checkForm(method: string, form: SparseForm, shape: Shape): void {
  checkOptionNames(method, form, ["scheme", "n", "m"]);
  checkChoice(method, "scheme", form.scheme, ["bitmask", "positions", "n:m"]);
  if (parametersOf(shape) >= 2 ** 32)
    throw new OptionError(`${method}(): shape (${shape.join(", ")}) has more weights than a 32-bit index`);
  if (form.scheme !== "n:m") {
    if (form.n !== undefined || form.m !== undefined)
      throw new OptionError(`${method}(): n and m belong to the scheme "n:m"`);
    return;
  }
  const m = checkNumber(method, "m", form.m, { minimum: 1, maximum: 65_536, integer: true });
  checkNumber(method, "n", form.n, { minimum: 1, maximum: m, integer: true });
}
