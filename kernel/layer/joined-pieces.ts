/** Pieces of a quantized tensor, put together. */
import type { CodeArray, Quantized, Table } from "../quantize/quantizer";
import { joinTables } from "../quantize/stack/tables";
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
    private readonly tablesOf: { readonly isShared: boolean; readonly sharedTables?: readonly string[] | undefined },
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
    const tables = first.tables.map((table, at) => (this.isOne(table) ? table : joinTables(this.tables[at])));
    return { step: first.step, shape, codes, codeBits, tables };
  }
}
