/** The pieces of a file that is written one behind the other, and that may lie on the disk already as far as an earlier call came. */

/** A piece of known size. */
export interface Piece {
  readonly bytes: number;
  make(): Uint8Array | Promise<Uint8Array>;
}

/** A piece as it goes to the disk. */
export interface MadePiece {
  readonly bytes: Uint8Array;
  /** What a later call must know of the piece besides its bytes: ASCII without line ends, kept with the piece. */
  readonly note?: string;
}

/** A piece that lies on the disk, whole. */
export interface KeptPiece {
  readonly bytes: number;
  /** The hash of its bytes and its note, hex. */
  readonly sha256: string;
  readonly note: string;
}

/** Pieces in order, some of which are there already. */
export interface PieceSource {
  /** True when the next piece is this one. It is asked piece by piece, until the answer is false. */
  keep(piece: KeptPiece): boolean | Promise<boolean>;
  /** True when no piece is missing behind those that were kept. */
  readonly isWhole: boolean;
  /** Makes the missing pieces. A piece's array may be used again once the next piece is asked for. */
  make(): AsyncIterable<MadePiece>;
}

/** Pieces of known sizes. */
export function piecesInOrder(pieces: readonly Piece[]): PieceSource {
  let count = 0;
  return {
    keep({ bytes }) {
      const isNext = count < pieces.length && pieces[count].bytes === bytes;
      if (isNext) count += 1;
      return isNext;
    },
    get isWhole() {
      return count === pieces.length;
    },
    async *make() {
      for (; count < pieces.length; count++) {
        const bytes = await pieces[count].make();
        if (bytes.length !== pieces[count].bytes)
          throw new RangeError(`piece ${count} has ${bytes.length} bytes, and ${pieces[count].bytes} were announced`);
        yield { bytes };
      }
    },
  };
}
