import { decodeUtf8 } from "../bytes/utf8";

/** Where a text stops being JSON. JSON.parse says whether a text is JSON, and only sometimes where it is not. */

const code = (mark: string): number => mark.charCodeAt(0);
const [quoteMark, backslash, comma, colon] = ['"', "\\", ",", ":"].map(code);
const opens = new Map([
  [code("{"), code("}")],
  [code("["), code("]")],
]);

/** What may come next: a value, a key, a colon, or what stands behind a value; "first…" where the list or the object may end at once. */
type Next = "value" | "first value" | "key" | "first key" | "colon" | "behind";

/** The byte at which `bytes`, JSON as Python writes it in UTF-8 from byte `start` on, breaks the grammar; their length where nothing does, or
 *  something is missing at the end. */
export function jsonFault(bytes: Uint8Array, start = 0): number {
  const closers: number[] = [];
  let next: Next = "value";
  for (let at = start; ;) {
    while (isSpace(bytes[at])) at++;
    if (at >= bytes.length) return bytes.length;
    const byte = bytes[at];
    const isFirst = next === "first value" || next === "first key";
    if (closers.length > 0 && byte === closers[closers.length - 1] && (isFirst || next === "behind")) {
      closers.pop();
      next = "behind";
      at++;
    } else if (next === "behind") {
      if (byte !== comma || closers.length === 0) return at;
      next = closers[closers.length - 1] === opens.get(code("{")) ? "key" : "value";
      at++;
    } else if (next === "colon") {
      if (byte !== colon) return at;
      next = "value";
      at++;
    } else {
      const isKey: boolean = next === "key" || next === "first key";
      const closer: number | undefined = isKey ? undefined : opens.get(byte);
      if (closer !== undefined) {
        closers.push(closer);
        next = closer === code("}") ? "first key" : "first value";
        at++;
        continue;
      }
      const end = byte === quoteMark ? textEnd(bytes, at) : isKey ? -at : wordEnd(bytes, at);
      if (end <= 0) return -end;
      at = end;
      next = isKey ? "colon" : "behind";
    }
  }
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** Behind the closing quote of the text that begins at `at`; where it breaks a rule, that place, negative. */
function textEnd(bytes: Uint8Array, at: number): number {
  for (let i = at + 1; i < bytes.length; i++) {
    if (bytes[i] === quoteMark) return i + 1;
    if (bytes[i] < 0x20) return -i;
    if (bytes[i] !== backslash) continue;
    const escape = decodeUtf8(bytes, i + 1, Math.min(bytes.length, i + 6));
    if (!/^(["\\/bfnrt]|u[0-9a-fA-F]{4})/.test(escape)) return -i;
    i++;
  }
  return -bytes.length;
}

const word = /^(true|false|null|NaN|-?Infinity|-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?)$/;

/** Behind the number or the word that begins at `at`; where it is neither, that place, negative. */
function wordEnd(bytes: Uint8Array, at: number): number {
  let end = at;
  while (end < bytes.length && /[-+.\w]/.test(String.fromCharCode(bytes[end]))) end++;
  return word.test(Buffer.from(bytes.subarray(at, end)).toString("latin1")) ? end : -at;
}
