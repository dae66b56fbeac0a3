import { decodeUtf8, firstInvalidUtf8 } from "../bytes/utf8";
import { FormatError } from "../errors";

/** A strict JSON reader (RFC 8259) that walks over the bytes and hands out one value at a time, so that a header is checked
 *  against its schema as it is read and no tree of untrusted objects is built. It refuses what JSON.parse lets through:
 *  the same key twice, the key `__proto__`, integers that a double does not hold exactly, halves of surrogate pairs, bytes
 *  that are no UTF-8, and nesting past `maxDepth`. Every refusal names the byte. */
export class JsonReader {
  private at: number;

  /** Reads `bytes`, which begin at byte `base` of `file`. */
  constructor(
    private readonly bytes: Uint8Array,
    private readonly file: string,
    private readonly base: number,
  ) {
    this.at = 0;
  }

  /** Offset in the file of the next byte. */
  get offset(): number {
    return this.base + this.at;
  }

  fail(offset: number, problem: string, expected: string): never {
    throw new FormatError(this.file, offset, problem, expected);
  }

  /** Calls `member` for each key of an object; `member` must read the value. `what` names the object in errors. */
  object(what: string, member: (key: string, keyOffset: number) => void): void {
    this.open("{", what);
    const seen = new Set<string>();
    if (this.closes("}")) return;
    do {
      this.space();
      const keyOffset = this.offset;
      const key = this.string(`a key of ${what}`);
      if (seen.has(key)) this.fail(keyOffset, `the key ${quote(key)} comes twice in ${what}`, "each key once");
      if (key === "__proto__") this.fail(keyOffset, `${what} has the key "__proto__"`, "a name that is safe as a key");
      seen.add(key);
      this.expect(":", "after a key");
      member(key, keyOffset);
    } while (this.continues("}", what));
  }

  /** Calls `element` for each element of an array; `element` must read it. */
  array(what: string, element: (index: number) => void): void {
    this.open("[", what);
    if (this.closes("]")) return;
    let index = 0;
    do element(index++);
    while (this.continues("]", what));
  }

  string(what: string): string {
    this.open('"', what);
    let text = "";
    let from = this.at;
    for (;;) {
      const byte = this.bytes[this.at];
      if (byte === undefined) this.fail(this.offset, `${what} has no end`, "a closing quote");
      if (byte < 0x20) this.fail(this.offset, `${what} holds the control character ${byte}`, "an escape");
      if (byte !== 0x22 && byte !== 0x5c) {
        this.at++;
        continue;
      }
      text += this.text(from, this.at);
      this.at++;
      if (byte === 0x22) return text;
      text += this.escape(what);
      from = this.at;
    }
  }

  /** A whole number in [0, 2^53 - 1], written with digits alone: no sign, fraction or exponent. */
  integer(what: string): number {
    this.space();
    const start = this.at;
    while (isDigit(this.bytes[this.at])) this.at++;
    const digits = this.at - start;
    const next = this.bytes[this.at];
    const runsOn = next === 0x2e || next === 0x65 || next === 0x45; // . e E
    if (digits === 0 || runsOn)
      this.fail(this.base + start, `${what} is ${this.glimpse(start)}`, "a whole number, at least 0");
    if (digits > 1 && this.bytes[start] === 0x30)
      this.fail(this.base + start, `${what} begins with a zero`, "a number without leading zeros");
    const value = digits > 16 ? Infinity : Number(decodeUtf8(this.bytes, start, this.at));
    if (!Number.isSafeInteger(value))
      this.fail(this.base + start, `${what} is ${this.glimpse(start)}`, `at most ${Number.MAX_SAFE_INTEGER}`);
    return value;
  }

  /** Any JSON value, as plain data; objects have no prototype. */
  value(what: string, maxDepth: number): unknown {
    this.space();
    const start = this.at;
    const byte = this.bytes[start];
    if ((byte === 0x7b || byte === 0x5b) && maxDepth === 0)
      this.fail(this.offset, `${what} is nested too deep`, "a flatter value");
    if (byte === 0x7b) {
      const object: Record<string, unknown> = Object.create(null);
      this.object(what, (key) => {
        object[key] = this.value(what, maxDepth - 1);
      });
      return object;
    }
    if (byte === 0x5b) {
      const list: unknown[] = [];
      this.array(what, () => list.push(this.value(what, maxDepth - 1)));
      return list;
    }
    if (byte === 0x22) return this.string(what);
    for (const [word, value] of words) if (this.skipWord(word)) return value;
    return this.number(what);
  }

  /** Refuses anything but the bytes in `padding` from here to the end. */
  end(padding: string, expected: string): void {
    for (; this.at < this.bytes.length; this.at++)
      if (!padding.includes(String.fromCharCode(this.bytes[this.at])))
        this.fail(this.offset, `there is ${this.glimpse(this.at)} after the end of the JSON`, expected);
  }

  private number(what: string): number {
    const start = this.at;
    while (/[-+.0-9eE]/.test(String.fromCharCode(this.bytes[this.at] ?? 0)) && this.at - start < 400) this.at++;
    const text = decodeUtf8(this.bytes, start, this.at);
    if (!/^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/.test(text))
      this.fail(this.base + start, `${what} is ${this.glimpse(start)}`, "a JSON value");
    const value = Number(text);
    if (!Number.isFinite(value)) this.fail(this.base + start, `${what} is ${text}`, "a number that a double can hold");
    if (/^-?\d+$/.test(text) && !Number.isSafeInteger(value))
      this.fail(this.base + start, `${what} is ${text}`, `whole numbers of at most ${Number.MAX_SAFE_INTEGER}`);
    return value;
  }

  private text(from: number, to: number): string {
    if (from === to) return "";
    const bad = firstInvalidUtf8(this.bytes, from, to);
    if (bad >= 0) this.fail(this.base + bad, `byte 0x${hex(this.bytes[bad], 2)} is not UTF-8 here`, "UTF-8 text");
    return decodeUtf8(this.bytes, from, to);
  }

  private escape(what: string): string {
    const start = this.at - 1;
    const letter = String.fromCharCode(this.bytes[this.at++] ?? 0);
    const short = escapes.get(letter);
    if (short !== undefined) return short;
    if (letter !== "u") this.fail(this.base + start, `${what} has the escape ${quote(`\\${letter}`)}`, "a JSON escape");
    const first = this.hexDigits(start);
    if (first < 0xd800 || first > 0xdfff) return String.fromCharCode(first);
    const pairs = first < 0xdc00 && this.bytes[this.at] === 0x5c && this.bytes[this.at + 1] === 0x75;
    if (pairs) {
      this.at += 2;
      const second = this.hexDigits(this.at - 2);
      if (second >= 0xdc00 && second <= 0xdfff) return String.fromCharCode(first, second);
    }
    return this.fail(
      this.base + start,
      `\\u${hex(first, 4)} is half of a surrogate pair`,
      "both halves, high then low",
    );
  }

  private hexDigits(start: number): number {
    const digits = String.fromCharCode(...this.bytes.subarray(this.at, this.at + 4));
    if (!/^[0-9a-fA-F]{4}$/.test(digits))
      this.fail(this.base + start, "an escape \\u has no four digits", "\\u and four hex digits");
    this.at += 4;
    return parseInt(digits, 16);
  }

  private open(mark: string, what: string): void {
    this.space();
    if (this.bytes[this.at] !== mark.charCodeAt(0))
      this.fail(this.offset, `${what} begins with ${this.glimpse(this.at)}`, kinds.get(mark) ?? mark);
    this.at++;
  }

  private closes(mark: string): boolean {
    this.space();
    if (this.bytes[this.at] !== mark.charCodeAt(0)) return false;
    this.at++;
    return true;
  }

  private continues(close: string, what: string): boolean {
    if (this.closes(close)) return false;
    if (this.closes(",")) return true;
    return this.fail(this.offset, `there is ${this.glimpse(this.at)} inside ${what}`, `"," or "${close}"`);
  }

  private expect(mark: string, where: string): void {
    if (!this.closes(mark)) this.fail(this.offset, `there is ${this.glimpse(this.at)} ${where}`, `"${mark}"`);
  }

  private space(): void {
    for (;;) {
      const byte = this.bytes[this.at];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
      this.at++;
    }
  }

  private skipWord(word: string): boolean {
    for (let i = 0; i < word.length; i++) if (this.bytes[this.at + i] !== word.charCodeAt(i)) return false;
    this.at += word.length;
    return true;
  }

  /** A few bytes from `at`, fit to be shown in a message. */
  private glimpse(at: number): string {
    if (at >= this.bytes.length) return "the end of the JSON";
    return quote(String.fromCharCode(...this.bytes.subarray(at, at + 20)).replace(/[\s,}\]:][^]*$/, (rest) => rest[0]));
  }
}

const words: readonly (readonly [string, unknown])[] = [
  ["true", true],
  ["false", false],
  ["null", null],
];
const kinds = new Map([
  ["{", "an object, {"],
  ["[", "a list, ["],
  ['"', 'a string, "'],
]);
const escapes = new Map([
  ['"', '"'],
  ["\\", "\\"],
  ["/", "/"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
]);

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}

/** `text` in double quotes, cut at 80 characters, without anything that a terminal or a page would act on. */
export function quote(text: string): string {
  const short = text.length > 80 ? `${text.slice(0, 77)}...` : text;
  return JSON.stringify(short).replace(
    /[\u007f-\u00a0\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (c) => `\\u${hex(c.charCodeAt(0), 4)}`,
  );
}
