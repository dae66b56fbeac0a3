/** Which weights pruning left, in the fewest bits of several forms:
 *  - "bits":    1 bit for each weight, row-major, least significant first;
 *  - "cells":   1 bit for each cell of `height` rows and `width` columns, where all weights of a cell share their fate (nodes, blocks);
 *  - "places":  in each group of `m` weights of a row exactly `n` places (of a shorter last group at most all), ascending, ⌈log2 m⌉ bits each;
 *  - "columns": for each row the number of weights before it, and at the end their number, ⌈log2(weights + 1)⌉ bits each; then the column of
 *               each, ⌈log2 columns⌉ bits.
 *  These are the forms whose bits the reports count (prune/sparse/storage.ts). Fields are packed least significant bit first. */
import { BitReader, BitWriter, packedSize } from "../../bytes/bit-stream";
import { rans } from "../../encode";
import { bitsFor } from "../../measure/bit-arithmetic";
import { matrixOf } from "../../prune/sparse/storage";
import type { Shape } from "../../tensor/tensor";
import { packMask, unpackMask } from "../packed-codes";
import type { PartEntry, PartReader, PartWriter } from "./parts";

type MaskForm =
  | { readonly form: "bits" }
  | { readonly form: "cells"; readonly height: number; readonly width: number }
  | { readonly form: "places"; readonly n: number; readonly m: number }
  | { readonly form: "columns"; readonly kept: number };

/** A mask in a file. */
export type MaskEntry = MaskForm & { readonly part: PartEntry };

/** Writes a mask as one bit for each weight of `shape`, in method order. */
export function writeMask(writer: PartWriter, bits: Uint8Array, shape: Shape): MaskEntry {
  const { rows, columns } = matrixOf(shape);
  const weights = rows * columns;
  const keep = unpackMask(bits, weights);
  const kept = keep.reduce((sum, bit) => sum + bit, 0);
  const positions = (rows + 1) * bitsFor(weights + 1) + kept * bitsFor(columns);
  const candidates: { readonly form: MaskForm; readonly size: number }[] = [
    { form: { form: "bits" }, size: weights },
    { form: { form: "columns", kept }, size: positions },
  ];
  const cells = cellsOf(keep, rows, columns);
  candidates.push({
    form: { form: "cells", ...cells },
    size: Math.ceil(rows / cells.height) * Math.ceil(columns / cells.width),
  });
  for (const m of [2, 4, 8, 16, 32]) {
    const n = exactCount(keep, columns, m);
    if (n !== undefined) candidates.push({ form: { form: "places", n, m }, size: kept * bitsFor(m) });
  }
  const { form } = candidates.reduce((best, one) => (one.size < best.size ? one : best));
  const bytes = form.form === "bits" ? bits : fieldsOf(form, keep, rows, columns);
  return { ...form, part: writer.add(bytes, [rans()]) };
}

/** The mask again, one bit for each weight of `shape`. `FormatError` for what no writer wrote. */
export function readMask(reader: PartReader, entry: unknown, shape: Shape): Uint8Array {
  const { rows, columns } = matrixOf(shape);
  const weights = rows * columns;
  const { form, part, ...numbers } = Object(entry) as Partial<Record<string, unknown>>;
  const number = (key: string, most: number): number => {
    const value = numbers[key];
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= 1 && value <= most) return value;
    return reader.fail(`the ${key} of a mask is ${String(value)}`, `1 to ${most}`);
  };
  if (form === "bits") return reader.take(part, packedSize(weights, 1));
  const keep = new Uint8Array(weights);
  if (form === "cells") {
    const [height, width] = [number("height", Math.max(1, rows)), number("width", Math.max(1, columns))];
    const across = Math.ceil(columns / width);
    const cells = Math.ceil(rows / height) * across;
    const fields = new BitReader(reader.take(part, packedSize(cells, 1)), reader.name);
    const own = Uint8Array.from({ length: cells }, () => fields.read(1));
    fields.end();
    for (let row = 0, i = 0; row < rows; row++)
      for (let column = 0; column < columns; column++, i++)
        keep[i] = own[Math.floor(row / height) * across + Math.floor(column / width)];
  } else if (form === "places") {
    const m = number("m", 65_536);
    const n = number("n", m);
    const width = bitsFor(m);
    const perRow = Math.floor(columns / m) * n + Math.min(n, columns % m);
    const fields = new BitReader(reader.take(part, packedSize(rows * perRow, width)), reader.name);
    for (let row = 0; row < rows; row++)
      for (let group = 0; group < columns; group += m) {
        const size = Math.min(m, columns - group);
        for (let j = 0; j < Math.min(n, size); j++) {
          const place = fields.read(width);
          if (place >= size) reader.fail(`place ${place} in a group of ${size}`, `0 to ${size - 1}`);
          keep[row * columns + group + place] = 1;
        }
      }
    fields.end();
  } else if (form === "columns") {
    const kept = numbers.kept === 0 ? 0 : number("kept", Math.max(1, weights));
    const [startBits, placeBits] = [bitsFor(weights + 1), bitsFor(columns)];
    const bits = (rows + 1) * startBits + kept * placeBits;
    const fields = new BitReader(reader.take(part, packedSize(bits, 1)), reader.name);
    const starts = Float64Array.from({ length: rows + 1 }, () => fields.read(startBits));
    if (starts[rows] !== kept) reader.fail(`rows of ${starts[rows]} weights`, String(kept));
    for (let row = 0; row < rows; row++) {
      if (starts[row] > starts[row + 1]) reader.fail(`row ${row} begins at ${starts[row]}`, "starts that ascend");
      for (let i = starts[row]; i < starts[row + 1]; i++) {
        const column = fields.read(placeBits);
        if (column >= columns) reader.fail(`column ${column} in row ${row}`, `0 to ${columns - 1}`);
        keep[row * columns + column] = 1;
      }
    }
    fields.end();
  } else return reader.fail(`a mask has the form ${JSON.stringify(form) ?? "none"}`, "bits, cells, places or columns");
  return packMask(keep);
}

/** The largest cells, from the first weight on, whose weights are all kept or all not. */
function cellsOf(keep: Uint8Array, rows: number, columns: number): { height: number; width: number } {
  let [height, width] = [0, 0];
  for (let row = 0; row < rows; row++) {
    const at = row * columns;
    let isAsBefore = row > 0;
    for (let column = 0; column < columns; column++) {
      if (column > 0 && width !== 1 && keep[at + column] !== keep[at + column - 1]) width = divisor(width, column);
      if (isAsBefore && keep[at + column] !== keep[at - columns + column]) isAsBefore = false;
    }
    if (row > 0 && !isAsBefore) height = divisor(height, row);
  }
  return { height: height || Math.max(1, rows), width: width || Math.max(1, columns) };
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}

/** How many weights each group of `m` keeps, where all keep the same number; a last group of fewer weights keeps that many or all. */
function exactCount(keep: Uint8Array, columns: number, m: number): number | undefined {
  if (columns < m) return undefined;
  let n = 0;
  for (let i = 0; i < m; i++) n += keep[i];
  for (let start = 0; start < keep.length; start += columns)
    for (let group = 0; group < columns; group += m) {
      const size = Math.min(m, columns - group);
      let count = 0;
      for (let i = start + group; i < start + group + size; i++) count += keep[i];
      if (count !== Math.min(n, size)) return undefined;
    }
  return n === 0 ? undefined : n;
}

function fieldsOf(form: Exclude<MaskForm, { form: "bits" }>, keep: Uint8Array, rows: number, columns: number) {
  const writer = new BitWriter(packedSize(keep.length, 1));
  if (form.form === "cells") {
    for (let row = 0; row < rows; row += form.height)
      for (let column = 0; column < columns; column += form.width) writer.write(keep[row * columns + column], 1);
  } else if (form.form === "places") {
    for (let i = 0; i < keep.length; i++) if (keep[i] !== 0) writer.write((i % columns) % form.m, bitsFor(form.m));
  } else {
    const startBits = bitsFor(keep.length + 1);
    let before = 0;
    for (let row = 0; row <= rows; row++) {
      writer.write(before, startBits);
      if (row < rows) before += keep.subarray(row * columns, (row + 1) * columns).reduce((sum, bit) => sum + bit, 0);
    }
    for (let i = 0; i < keep.length; i++) if (keep[i] !== 0) writer.write(i % columns, bitsFor(columns));
  }
  return writer.finish();
}
