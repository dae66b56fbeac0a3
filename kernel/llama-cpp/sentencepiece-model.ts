/** SentencePiece's `tokenizer.model`: the pieces with their scores and types, and the algorithm that they were trained for.
 *
 *  A protobuf message ModelProto: 1 pieces, each (1 piece, 2 score, 3 type); 2 trainer_spec (3 model_type). Fields of other numbers are
 *  skipped, and their lengths are checked. Of a field that comes twice the last one counts, as in protobuf. A known field of another wire
 *  type, which protobuf would skip, is refused, and so are groups.
 *
 *  Source: google/sentencepiece, src/sentencepiece_model.proto; protobuf.dev, "Encoding". */
import type { ByteSource } from "../bytes/source";
import { decodeUtf8, firstInvalidUtf8 } from "../bytes/utf8";
import { FormatError } from "../errors";

/** The types of pieces, which GGUF has taken over as those of its tokens. */
export const pieceTypes = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

/** A piece of a text that has a number. */
export interface Piece {
  readonly text: string;
  readonly score: number;
  /** One of `pieceTypes`. */
  readonly type: number;
}

/** The content of a tokenizer.model. */
export interface SentencePieceModel {
  readonly pieces: readonly Piece[];
  /** 1 unigram, 2 BPE, 3 words, 4 characters. */
  readonly modelType: number;
}

/** The most bytes of a model; the largest known, of 256,000 pieces, has 5 MB. */
const maxModelBytes = 64 * 1024 * 1024;
const maxPieces = 2 ** 20;

const varint = 0;
const fixed64 = 1;
const lengthDelimited = 2;
const fixed32 = 5;

/** Reads a tokenizer.model. `FormatError` names the byte where the file goes wrong. */
export async function readSentencePiece(source: ByteSource): Promise<SentencePieceModel> {
  const { byteLength, name } = source;
  if (byteLength > maxModelBytes)
    throw new FormatError(
      name,
      0,
      `the file has ${byteLength} bytes`,
      `a SentencePiece model of at most ${maxModelBytes}`,
    );
  return new ModelReader(await source.read(0, byteLength), name).model();
}

/** A field's value lies in [start, end) of the file; a varint's is also `value`. */
interface Field {
  readonly number: number;
  readonly wire: number;
  readonly at: number;
  readonly start: number;
  readonly end: number;
  readonly value: number;
}

class ModelReader {
  private readonly view: DataView;
  private next = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly file: string,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  model(): SentencePieceModel {
    const pieces: Piece[] = [];
    let modelType = 1;
    this.eachField(0, this.bytes.length, (field) => {
      if (field.number === 1) {
        this.expect(field, lengthDelimited, "a piece");
        if (pieces.length === maxPieces) this.fail(field.at, `more than ${maxPieces} pieces`, "a vocabulary");
        pieces.push(this.piece(field));
      } else if (field.number === 2) {
        this.expect(field, lengthDelimited, "trainer_spec");
        this.eachField(field.start, field.end, (inner) => {
          if (inner.number !== 3) return;
          this.expect(inner, varint, "model_type");
          modelType = inner.value;
        });
      }
    });
    if (pieces.length === 0) this.fail(this.bytes.length, "the model has no pieces", "a SentencePiece model");
    return { pieces, modelType };
  }

  private piece({ at, start, end }: Field): Piece {
    let [text, score, type]: [string, number, number] = ["", 0, pieceTypes.normal];
    this.eachField(start, end, (field) => {
      if (field.number === 1) {
        this.expect(field, lengthDelimited, "a piece's text");
        const bad = firstInvalidUtf8(this.bytes, field.start, field.end);
        if (bad >= 0) this.fail(bad, "a piece's text is not UTF-8", "UTF-8 text");
        text = decodeUtf8(this.bytes, field.start, field.end);
      } else if (field.number === 2) {
        this.expect(field, fixed32, "a piece's score");
        score = this.view.getFloat32(field.start, true);
        if (!Number.isFinite(score)) this.fail(field.start, `a piece's score is ${score}`, "a finite number");
      } else if (field.number === 3) {
        this.expect(field, varint, "a piece's type");
        type = field.value;
        if (type < pieceTypes.normal || type > pieceTypes.byte)
          this.fail(field.start, `a piece's type is ${type}`, `${pieceTypes.normal} to ${pieceTypes.byte}`);
      }
    });
    if (text === "") this.fail(at, "a piece has no text", "a text");
    return { text, score, type };
  }

  private eachField(start: number, end: number, take: (field: Field) => void): void {
    for (let at = start; at < end;) {
      const field = this.field(at, end);
      take(field);
      at = field.end;
    }
  }

  private field(at: number, end: number): Field {
    const key = this.varint(at, end);
    const [number, wire] = [Math.floor(key / 8), key % 8];
    if (key >= 2 ** 32 || number === 0) this.fail(at, `a field has the key ${key}`, "8 to 2^32 - 1");
    const content = this.next;
    if (wire === varint) {
      const value = this.varint(content, end);
      return { number, wire, at, start: content, end: this.next, value };
    }
    if (wire === lengthDelimited) {
      const length = this.varint(content, end);
      const start = this.next;
      this.room(content, length, start, end);
      return { number, wire, at, start, end: start + length, value: 0 };
    }
    if (wire !== fixed32 && wire !== fixed64)
      this.fail(at, `field ${number} has the wire type ${wire}`, "a varint, 4 or 8 bytes, or a length");
    const size = wire === fixed32 ? 4 : 8;
    this.room(content, size, content, end);
    return { number, wire, at, start: content, end: content + size, value: 0 };
  }

  private room(at: number, size: number, start: number, end: number): void {
    if (size > end - start)
      this.fail(at, `a field of ${size} bytes, where ${end - start} are left`, `at most ${end - start} bytes`);
  }

  /** The varint at `at`, of up to 64 bits in at most ten bytes; `next` becomes the byte behind it. A value past 2^53 is rounded, which does no
   *  harm, because every number that is asked for must be smaller. */
  private varint(at: number, end: number): number {
    let value = 0;
    for (let i = 0; i < 10; i++) {
      if (at + i >= end) this.fail(at, "a varint is cut off", "its last byte");
      const byte = this.bytes[at + i];
      if (i === 9 && byte > 1) break;
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) {
        this.next = at + i + 1;
        return value;
      }
    }
    return this.fail(at, "a varint has more than 64 bits", "at most ten bytes");
  }

  private expect({ wire, at }: Field, wanted: number, what: string): void {
    if (wire !== wanted) this.fail(at, `${what} has the wire type ${wire}`, `the wire type ${wanted}`);
  }

  private fail(at: number, problem: string, expected: string): never {
    throw new FormatError(this.file, at, problem, expected);
  }
}
