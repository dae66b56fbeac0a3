/** Tables of several parts of a tensor, put together and taken apart. */
import type { Table } from "../quantizer";

/** One table out of those of the parts, (entries) or (rows, entries) each, the parts one behind the other. Where rows of some are shorter, as
 *  those of codebooks may be, they repeat their last entry. `parts` holds at least one. */
export function joinTables(parts: readonly Table[]): Table {
  const [first] = parts;
  const Data = first.data.constructor as new (length: number) => Table["data"];
  const width = first.shape.length < 2 ? 1 : Math.max(...parts.map(({ shape }) => shape[1]));
  const wide = parts.map((part) => widened(part, width));
  const data = new Data(wide.reduce((sum, own) => sum + own.length, 0));
  let at = 0;
  for (const own of wide) {
    data.set(own, at);
    at += own.length;
  }
  return {
    ...first,
    data,
    shape: first.shape.length < 2 ? [data.length] : [width === 0 ? 0 : data.length / width, width],
  };
}

/** The entries of a table in rows of `width`. */
function widened({ data, shape }: Table, width: number): Table["data"] {
  const [rows, own = 1] = shape;
  if (shape.length < 2 || own === width || own === 0) return data;
  const Data = data.constructor as new (length: number) => Table["data"];
  const wide = new Data(rows * width);
  for (let i = 0; i < wide.length; i++) wide[i] = data[Math.floor(i / width) * own + Math.min(i % width, own - 1)];
  return wide;
}

/** Part `number` of `parts` equal ones, one behind the other in the table. The data is not copied. */
export function partOfTable({ data, shape, ...table }: Table, number: number, parts: number): Table {
  const length = data.length / parts;
  const [entries, ...rest] = shape;
  return { ...table, data: data.subarray(number * length, (number + 1) * length), shape: [entries / parts, ...rest] };
}
