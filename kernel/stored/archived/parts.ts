/** The parts of a stored tensor in a file, one behind the other, each as it is or coded without loss, whichever is less. */
import { decode, encode } from "../../encode";
import { FormatError } from "../../errors";
import type { Step } from "../../tensor/step";

/** Bytes in a file. */
export interface PartEntry {
  /** As they lie there. */
  readonly bytes: number;
  /** True where `decode` gives the part from them. */
  readonly coded?: true;
}

/** Takes parts, and gives the bytes of all of them. */
export class PartWriter {
  private readonly parts: Uint8Array[] = [];

  /** Adds a part: the shortest of the bytes themselves and of what `coders`, which take bytes, make of them. */
  add(bytes: Uint8Array, coders: readonly Step[] = []): PartEntry {
    let best = bytes;
    for (const coder of bytes.length === 0 ? [] : coders) {
      const coded = encode(bytes, coder).bytes;
      if (coded.length < best.length) best = coded;
    }
    this.parts.push(best);
    return { bytes: best.length, ...(best !== bytes && { coded: true }) };
  }

  /** The parts in the order in which they were added, in a buffer of their own. */
  finish(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of this.parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }
}

/** Gives the parts back in the order in which they were added. Entries are foreign until proved. */
export class PartReader {
  private at = 0;

  /** `bytes` are those of `finish`; errors call them `name`. */
  constructor(
    private readonly bytes: Uint8Array,
    readonly name: string,
  ) {}

  /** Throws a `FormatError` at the next part. */
  fail(problem: string, expected: string): never {
    throw new FormatError(this.name, this.at, problem, expected);
  }

  /** The next part, of `length` bytes once it is decoded, in a buffer of its own. */
  take(entry: unknown, length: number): Uint8Array<ArrayBuffer> {
    const { coded } = Object(entry) as Partial<PartEntry>;
    const stored = this.raw(entry);
    if (coded !== true) {
      if (stored.length !== length) this.fail(`a part has ${stored.length} bytes`, String(length));
      return stored;
    }
    const plain = decode(stored, { name: this.name, maximumSymbols: length });
    if (!(plain instanceof Uint8Array) || plain.length !== length)
      return this.fail(`a part decodes to ${plain.length} entries`, `${length} bytes`);
    return new Uint8Array(plain);
  }

  /** The next part as it lies in the file. */
  raw(entry: unknown): Uint8Array<ArrayBuffer> {
    const { bytes } = Object(entry) as Partial<PartEntry>;
    const left = this.bytes.length - this.at;
    if (typeof bytes !== "number" || !Number.isSafeInteger(bytes) || bytes < 0 || bytes > left)
      return this.fail(`a part takes ${String(bytes)} bytes`, `at most the ${left} that are left`);
    this.at += bytes;
    return new Uint8Array(this.bytes.subarray(this.at - bytes, this.at));
  }

  /** All parts were taken. */
  end(): void {
    if (this.at < this.bytes.length) this.fail(`${this.bytes.length - this.at} bytes are left over`, "the last part");
  }
}
