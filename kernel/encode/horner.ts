/** Horner coding: digits packed by mixed radix, for alphabets whose size is no power of two. Every symbol costs the same.
 *
 *  Digits dᵢ = symbol − least, 0 ≤ dᵢ < r. A word of B bytes holds k = ⌊8B / log2 r⌋ digits (the greatest k with r^k ≤ 2^8B) as the
 *  number d₀ + r·(d₁ + r·(d₂ + …)), evaluated by Horner's rule from the last digit; decoding divides by r k times. Of B = 1, 2, 3, 4 the
 *  one with least 8B/k is taken, the smaller on a tie: r = 3 gives 5 digits in a byte (3^5 = 243), 1.6 bits a digit where
 *  log2 3 = 1.585; r = 5 gives 10 in 3 bytes, 2.4 (2.322); r = 10 gives 7 in 3 bytes, 3.429 (3.322). A power of two
 *  dividing the word is packed without loss. The last word holds the k or fewer digits that are left, in the least bytes that r^k needs.
 *
 *  Stored: signed varint, the least symbol; varint r; for r > 1 one byte B, then the words, low byte first. */
import { OptionError } from "../errors";
import type { CountedSymbols } from "../measure/entropy";
import { checkNumber, checkOptionNames } from "../options";
import type { Step } from "../tensor/step";
import { pieceLength, type SymbolCoder, type SymbolForm, type SymbolRange } from "./coder";
import type { ByteReader, ByteWriter, IntegerArray } from "./container/container";

/** Options of `horner()`. */
export interface HornerOptions {
  /** Number of different digits, 2 to 2^32; without it, greatest − least symbol + 1. */
  radix?: number;
}

/** The step that `horner()` gives, checked and frozen. */
export interface HornerStep extends Step {
  /** Names the coder. */
  readonly kind: "horner";
  /** Number of different digits, 2 to 2^32; absent: greatest − least symbol + 1. */
  readonly radix?: number;
}

/** The step "mixed radix by Horner's rule": `horner()`, `horner({ radix: 3 })`. Throws `OptionError` for an unknown option. */
export function horner(options: HornerOptions = {}): HornerStep {
  checkOptionNames("horner", options, ["radix"]);
  if (options.radix === undefined) return Object.freeze({ kind: "horner" });
  return Object.freeze({ kind: "horner", radix: checkNumber("horner", "radix", options.radix, radixRange) });
}

const radixRange = { minimum: 2, maximum: 2 ** 32, integer: true };

/** Bytes of a word and digits in it, for a radix from 2 to 2^32; throws `OptionError` for another. */
export function hornerWord(radix: number): {
  /** Bytes of a word, 1–4. */
  wordBytes: number;
  /** Digits in a word. */
  digits: number;
} {
  checkNumber("hornerWord", "radix", radix, radixRange);
  let best = { wordBytes: 4, digits: digitsIn(4, radix) };
  for (let wordBytes = 3; wordBytes >= 1; wordBytes--) {
    const digits = digitsIn(wordBytes, radix);
    if (digits > 0 && wordBytes * best.digits <= best.wordBytes * digits) best = { wordBytes, digits };
  }
  return best;
}

function digitsIn(wordBytes: number, radix: number): number {
  let digits = 0;
  for (let reach = radix; reach <= 2 ** (8 * wordBytes); reach *= radix) digits++;
  return digits;
}

/** The least bytes that hold every number of `digits` digits: ⌈digits·log2(radix) / 8⌉, exact below 2^32. */
function tailBytes(radix: number, digits: number): number {
  let bytes = 0;
  while (2 ** (8 * bytes) < radix ** digits) bytes++;
  return bytes;
}

function encode(values: IntegerArray, step: HornerStep, writer: ByteWriter, { symbols }: CountedSymbols): number {
  const least = symbols[0];
  const greatest = symbols[symbols.length - 1];
  const span = greatest - least + 1;
  const radix = step.radix ?? span;
  if (span > radix)
    throw new OptionError(`horner(): symbols from ${least} to ${greatest} need radix ${span}; radix is ${radix}`);
  writer.signed(least);
  writer.varint(radix);
  if (radix === 1) return 0;
  const { wordBytes, digits } = hornerWord(radix);
  writer.byte(wordBytes);
  const before = writer.length;
  const bytes = new Uint8Array(pieceLength + wordBytes);
  let at = 0;
  for (let start = 0; start < values.length; start += digits) {
    const end = Math.min(start + digits, values.length);
    let word = 0;
    for (let i = end - 1; i >= start; i--) word = word * radix + (values[i] - least);
    const size = end - start === digits ? wordBytes : tailBytes(radix, end - start);
    for (let b = 0; b < size; b++) bytes[at++] = word >>> (8 * b);
    if (at < pieceLength) continue;
    writer.bytes(bytes.subarray(0, at));
    at = 0;
  }
  writer.bytes(bytes.subarray(0, at));
  return (writer.length - before) * 8;
}

function decode(reader: ByteReader, count: number, range: SymbolRange, create: () => IntegerArray): void {
  const least = reader.signed("the least symbol");
  if (least < range.minimum || least > range.maximum)
    reader.fail(`symbol ${least}`, `${range.minimum} to ${range.maximum}, what the array's type holds`);
  const radix = reader.varint("the radix", 2 ** 32);
  if (radix === 0) reader.fail("radix 0", "1 to 2^32");
  if (radix === 1) return void create().fill(least);
  const { wordBytes, digits } = hornerWord(radix);
  const stored = reader.byte();
  if (stored !== wordBytes)
    reader.fail(`words of ${stored} bytes`, `${wordBytes} for radix ${radix}`, reader.offset - 1);
  const rest = count % digits;
  const needed = ((count - rest) / digits) * wordBytes + tailBytes(radix, rest);
  if (needed !== reader.end - reader.offset)
    reader.fail(`${reader.end - reader.offset} bytes of digits`, `${needed} for ${count} digits of radix ${radix}`);
  const { bytes } = reader;
  const wordsAtATime = Math.max(1, Math.floor(pieceLength / digits));
  const piece = new Int32Array(Math.min(count, wordsAtATime * digits));
  const values = create();
  const top = range.maximum - least;
  for (let done = 0, at = reader.offset; done < count;) {
    const size = Math.min(piece.length, count - done);
    for (let start = 0; start < size; start += digits) {
      const end = Math.min(start + digits, size);
      const wordSize = end - start === digits ? wordBytes : tailBytes(radix, end - start);
      let word = 0;
      for (let b = 0; b < wordSize; b++) word |= bytes[at + b] << (8 * b);
      word >>>= 0;
      for (let i = start; i < end; i++) {
        const higher = Math.floor(word / radix);
        const digit = word - higher * radix;
        if (digit > top)
          reader.fail(`symbol ${least + digit}`, `at most ${range.maximum}, what the array's type holds`, at);
        piece[i] = least + digit;
        word = higher;
      }
      if (word !== 0) reader.fail(`a word beyond ${end - start} digits of radix ${radix}`, "a smaller number", at);
      at += wordSize;
    }
    values.set(piece.subarray(0, size), done);
    done += size;
  }
  reader.offset = reader.end;
}

const form: SymbolForm<HornerStep> = { id: 2, encode, decode };

/** The coder of `horner()` steps. */
export const hornerCoder: SymbolCoder<HornerStep> = {
  kind: "horner",
  forms: [form],
  formFor: () => form,
  label: (step) => (step.radix === undefined ? "horner" : `horner radix ${step.radix}`),
};
