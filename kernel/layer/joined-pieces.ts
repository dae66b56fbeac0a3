/** Pieces of a quantized tensor, put together. */
import type { CodeArray, Quantized, Table } from "../quantize/quantizer";
import { parametersOf, type Shape } from "../tensor/tensor";

/** Codes and tables of pieces, one after the other. */
export class JoinedPieces {
  private codes: Quantized["codes"] | undefined;
  private first: Quantized | undefined;
  private length = 0;
  private codeBits = 0;
  private tables: Table[][] = [];

  /** `isShared`: the tables of each piece are those of the tensor; `sharedTables` names those that are, where others are not. `room` has 4 bytes for each code,
   *  and its beginning becomes the codes; without it they are on the heap. */
  constructor(
    private readonly shape: Shape,
    private readonly tablesOf: {
      readonly isShared: boolean;
      readonly sharedTables?: readonly string[] | undefined;
    },
    private readonly room: Uint8Array | undefined,
  ) {}

  /** The next piece, whose arrays may be lost afterwards. */
  add(piece: Quantized): void {
    this.first ??= { ...piece, tables: piece.tables.map((table) => ({ ...table, data: table.data.slice() })) };
    this.codes ??= this.codesLike(piece.codes);
    this.codes.set(piece.codes, this.length);
    this.length += piece.codes.length;
    this.codeBits = Math.max(this.codeBits, piece.codeBits);
    piece.tables.forEach((table, at) => {
      if (!this.isOne(table)) (this.tables[at] ??= []).push({ ...table, data: table.data.slice() });
    });
  }

  private isOne({ name }: Table): boolean {
    const { isShared, sharedTables } = this.tablesOf;
    return isShared || sharedTables?.includes(name) === true;
  }

  private codesLike({ constructor }: CodeArray): CodeArray {
    const Codes = constructor as new (...place: [ArrayBufferLike, number, number] | [number]) => CodeArray;
    const length = parametersOf(this.shape);
    return this.room ? new Codes(this.room.buffer, this.room.byteOffset, length) : new Codes(length);
  }

  /** All pieces as one. */
  all(): Quantized {
    const { first, codes, shape, codeBits } = this;
    if (!first || !codes) throw new RangeError("a tensor without rows has no pieces");
    const tables = first.tables.map((table, at) => (this.isOne(table) ? table : joinTables(table, this.tables[at])));
    return { step: first.step, shape, codes, codeBits, tables };
  }
}

/** The entries of the parts, one after the other. A codebook may have fewer values in one part than in another: its rows repeat their last one,
 *  as they do within a part. */
function joinTables(table: Table, parts: readonly Table[]): Table {
  const widths = parts.map(({ shape }) => shape.slice(1).reduce((product, size) => product * size, 1));
  const width = widths.reduce((most, one) => Math.max(most, one), 0);
  const rows = parts.reduce((sum, { data }, i) => sum + (widths[i] === 0 ? 0 : data.length / widths[i]), 0);
  const Data = table.data.constructor as new (length: number) => Table["data"];
  const joined = new Data(rows * width);
  let at = 0;
  parts.forEach(({ data }, i) => {
    const own = widths[i];
    if (own === width) joined.set(data, at);
    else
      for (let row = 0; row * own < data.length; row++)
        for (let k = 0; k < width; k++) joined[at + row * width + k] = data[row * own + Math.min(k, own - 1)];
    at += own === 0 ? 0 : (data.length / own) * width;
  });
  const widest = parts[widths.indexOf(width)] ?? table;
  return { ...table, data: joined, shape: [rows, ...widest.shape.slice(1)] };
}
