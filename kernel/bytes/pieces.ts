/** The pieces of a file that is written one behind the other, and that may lie on the disk already as far as an earlier call came. */

/** A piece of known size. */
export interface Piece {
  readonly bytes: number;
  make(): Uint8Array | Promise<Uint8Array>;
}

/** A piece as it goes to the disk. */
export interface MadePiece {
  readonly bytes: Uint8Array;
  /** ASCII without line ends, kept with the piece: what a later call must know of it besides its bytes. */
  readonly note?: string;
}

/** A piece that lies on the disk, whole. */
export interface KeptPiece {
  readonly bytes: number;
  /** Of its bytes and its note. */
  readonly sha256: string;
  readonly note: string;
}

/** Pieces in order, some of which are there already. */
export interface PieceSource {
  /** Whether the next piece is this one. Asked piece by piece, until one is not. */
  keep(piece: KeptPiece): boolean | Promise<boolean>;
  /** Whether no piece is missing behind those that were kept. */
  readonly isWhole: boolean;
  /** Makes the missing ones. The bytes of a piece are not read any more when the next one is asked for. */
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
