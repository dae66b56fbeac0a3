/** Tensors that no step changed, in a `.codebook` file: their own bytes, coded by byte planes where that is less. */
import { checkPiece, type ModelPiece } from "../archive/model-file";
import { readFileRange, type FileRange } from "../bytes/file-range";
import { decode, encode, planes } from "../encode";
import { FormatError } from "../errors";
import { dtypes } from "../tensor/dtype";

/** The bytes of a tensor that no step changed, for a thread that reads them. */
export interface PlainPiece {
  readonly file: string;
  /** The bytes of the piece, or where they lie. */
  readonly from: FileRange | Uint8Array;
  readonly piece: ModelPiece;
  /** Whether `decode` gives the tensor's bytes from those of the piece. */
  readonly isCoded: boolean;
  readonly sizeBytes: number;
}

/** The tensor's own bytes. `FormatError`, which names the tensor, where they are damaged. */
export function plainBytesOf({ file, from, piece, isCoded, sizeBytes }: PlainPiece): Uint8Array<ArrayBuffer> {
  const stored = from instanceof Uint8Array ? new Uint8Array(from) : readFileRange(from);
  checkPiece(file, piece, stored);
  const name = `${file}: ${piece.name}`;
  const bytes = isCoded ? decode(stored, { name, maximumSymbols: sizeBytes }) : stored;
  if (!(bytes instanceof Uint8Array) || bytes.length !== sizeBytes)
    throw new FormatError(name, piece.start, `it gives ${bytes.length} bytes`, String(sizeBytes));
  return bytes as Uint8Array<ArrayBuffer>;
}

/** The bytes of a tensor of that type as a piece: coded where that is less. */
export function plainPiece({ bytes, dtype }: { readonly bytes: Uint8Array; readonly dtype: string }): {
  readonly bytes: Uint8Array;
  readonly isCoded: boolean;
} {
  const coded =
    bytes.length === 0 ? bytes : encode(bytes, planes({ type: Object.hasOwn(dtypes, dtype) ? dtype : "U8" })).bytes;
  return coded.length < bytes.length ? { bytes: coded, isCoded: true } : { bytes, isCoded: false };
}
