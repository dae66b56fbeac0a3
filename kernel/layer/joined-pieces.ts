/** Pieces of a quantized tensor, put together. */
import { typeOfCodes } from "../grid/arrays";
import { loops } from "../loops/loops";
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
   *  and its beginning becomes the codes; without it they are on the heap. Where it `isNarrow`, codes of four bytes are held in the one or two
   *  that they need. */
  constructor(
    private readonly shape: Shape,
    private readonly tablesOf: { readonly isShared: boolean; readonly sharedTables?: readonly string[] | undefined },
    private readonly room: Uint8Array | undefined,
    private readonly isNarrow = false,
  ) {}

  /** The next piece, whose arrays may be lost afterwards. */
  add(piece: Quantized): void {
    this.first ??= { ...piece, tables: piece.tables.map((table) => ({ ...table, data: table.data.slice() })) };
    this.codes =
      this.isNarrow && piece.codes.BYTES_PER_ELEMENT === 4
        ? this.holding(piece.codes)
        : (this.codes ?? this.codesLike(piece.codes));
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

  /** The codes so far in an array that holds these too. */
  private holding(codes: CodeArray): CodeArray {
    const { low, high } = loops.codes.range(codes);
    const fits = (bits: number): boolean => low >= -(2 ** (bits - 1)) && high < 2 ** (bits - 1);
    const bytes = fits(8) ? 1 : fits(16) ? 2 : 4;
    if (this.codes && this.codes.BYTES_PER_ELEMENT >= bytes) return this.codes;
    const length = parametersOf(this.shape);
    const wider = bytes === 1 ? new Int8Array(length) : bytes === 2 ? new Int16Array(length) : new Int32Array(length);
    if (this.codes) wider.set(this.codes);
    return wider;
  }

  /** All pieces as one. */
  all(): Quantized {
    const { first, codes, shape, codeBits } = this;
    if (!first || !codes) throw new RangeError("a tensor without rows has no pieces");
    const tables = first.tables.map((table, at) => (this.isOne(table) ? table : joinTables(this.tables[at])));
    const own = typeOfCodes(first.codes);
    return { step: first.step, shape, codes, codeBits, tables, ...(own !== typeOfCodes(codes) && { storedType: own }) };
  }
}
