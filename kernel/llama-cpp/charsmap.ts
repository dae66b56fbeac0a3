/** SentencePiece's table of characters (`precompiled_charsmap`): of a text the longest beginning that the table holds is replaced, again and again.
 *
 *  4 bytes: the bytes of a double array; the array, 32-bit units, little-endian; the replacements in UTF-8, each behind which a 0 stands. The
 *  keys are a trie of their bytes. A node at index p with the base b has its child by byte c at (p ⊕ b) ⊕ c, where the unit's lowest 8 bits
 *  are c again; bit 8 says that a key ends at the node, whose value is then the unit at p ⊕ b with bit 31 set. b lies in bits 10 to 30, shifted
 *  by 8 where bit 9 is set.
 *
 *  Source: google/sentencepiece, src/normalizer.cc; s-yata/darts-clone, include/darts.h; Kanda 2018, XOR-compressed double arrays. */
import { FormatError, OptionError } from "../errors";

/** What is replaced, and by what. */
export type CharacterRules = ReadonlyMap<string, string>;

interface Node {
  readonly children: Map<number, Node>;
  value: number | undefined;
}

/** The largest base that a unit holds without shifting, and so the most units here. */
const maxBase = 2 ** 21;
/** Free units that are looked at before one behind all others is taken. */
const triesAtOnce = 128;
const leafBit = 1 << 8;
const valueBit = 0x80000000;

/** The table of some rules. Keys are not empty, and neither keys nor replacements hold NUL. */
export function charsmapOf(rules: CharacterRules): Uint8Array {
  const { root, texts } = trieOf(rules);
  const units = new DoubleArray().of(root);
  const array = Buffer.alloc(4 + 4 * units.length);
  array.writeUInt32LE(4 * units.length);
  units.forEach((unit, i) => array.writeUInt32LE(unit, 4 + 4 * i));
  return Buffer.concat([array, texts]);
}

function trieOf(rules: CharacterRules): { readonly root: Node; readonly texts: Uint8Array } {
  const root: Node = { children: new Map(), value: undefined };
  const offsets = new Map<string, number>();
  const parts: Uint8Array[] = [];
  let size = 0;
  for (const [key, text] of rules) {
    let node = root;
    for (const byte of Buffer.from(key)) {
      const child = node.children.get(byte) ?? { children: new Map(), value: undefined };
      node.children.set(byte, child);
      node = child;
    }
    const known = offsets.get(text);
    node.value = known ?? size;
    if (known !== undefined) continue;
    offsets.set(text, size);
    const part = Buffer.from(`${text}\0`);
    parts.push(part);
    size += part.length;
  }
  return { root, texts: Buffer.concat([...parts, Buffer.from("\0")]) };
}

/** Finds places for the children of nodes, one node after the other. */
class DoubleArray {
  private readonly units = new Uint32Array(maxBase);
  private readonly taken = new Uint8Array(maxBase);
  /** Whether a node has its children there. */
  private readonly places = new Uint8Array(maxBase);
  private firstFree = 1;
  private end = 1;

  /** The units, a whole number of blocks of 256, so that no byte leads past the end. */
  of(root: Node): Uint32Array {
    this.take(0, 0);
    const waiting: [node: Node, at: number, label: number][] = [[root, 0, 0]];
    for (const [node, at, label] of waiting) {
      const { value, children } = node;
      const place = this.placeFor([...(value === undefined ? [] : [0]), ...children.keys()]);
      this.places[place] = 1;
      this.end = Math.max(this.end, place + 1);
      this.units[at] = ((at ^ place) << 10) | label | (value === undefined ? 0 : leafBit);
      if (value !== undefined) this.take(place, valueBit | value);
      for (const [byte, child] of children) {
        this.take(place ^ byte, byte);
        waiting.push([child, place ^ byte, byte]);
      }
    }
    return this.units.subarray(0, 256 * Math.ceil(this.end / 256));
  }

  private take(at: number, unit: number): void {
    this.units[at] = unit;
    this.taken[at] = 1;
    this.end = Math.max(this.end, at + 1);
    while (this.taken[this.firstFree] === 1) this.firstFree++;
  }

  /** A place at which all labels are free and no other node has its children. Where the first free ones are too narrow, one behind all. */
  private placeFor(labels: readonly number[]): number {
    const [first = 0] = labels;
    for (let [free, tries] = [this.firstFree, 0]; free < maxBase; free++) {
      if (this.taken[free] === 1) continue;
      const place = free ^ first;
      if (place > 0 && this.places[place] === 0 && labels.every((label) => this.taken[place ^ label] === 0))
        return place;
      if (++tries === triesAtOnce) {
        // Whatever is narrow stays narrow: the next search begins behind it.
        this.firstFree = free;
        free = Math.max(free, this.end);
      }
    }
    throw new OptionError("saveGguf(): the table of characters is too large for GGUF");
  }
}

/** Replaces as SentencePiece does with a table. `FormatError` where its units lead out of it. */
export function replacedBy(bytes: Uint8Array, text: string, file: string): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = bytes.length >= 4 ? view.getUint32(0, true) : -1;
  if (size < 4 || size % 4 !== 0 || 4 + size > bytes.length) throw wrong(file);
  const texts = Buffer.from(bytes.buffer, bytes.byteOffset + 4 + size, bytes.length - 4 - size);
  const unitAt = (i: number): number => {
    if (i >= size / 4) throw wrong(file);
    return view.getUint32(4 + 4 * i, true);
  };
  const given = Buffer.from(text);
  const parts: Uint8Array[] = [];
  for (let at = 0; at < given.length;) {
    let place = baseOf(unitAt(0));
    let [length, start] = [0, 0];
    for (let end = at; end < given.length; end++) {
      const unit = unitAt(place ^ given[end]);
      if ((unit & (valueBit | 0xff)) >>> 0 !== given[end]) break;
      place = place ^ given[end] ^ baseOf(unit);
      if ((unit & leafBit) !== 0) [length, start] = [end + 1 - at, unitAt(place) & ~valueBit];
    }
    const stop = length > 0 ? texts.indexOf(0, start) : 0;
    if (stop < 0) throw wrong(file);
    const own = length > 0 ? length : lengthOfCharacter(given[at]);
    parts.push(length > 0 ? texts.subarray(start, stop) : given.subarray(at, at + own));
    at += own;
  }
  return Buffer.concat(parts).toString("utf8");
}

function baseOf(unit: number): number {
  return (unit >>> 10) << ((unit & (1 << 9)) >> 6);
}

/** Bytes of a character in UTF-8 by the first of them. */
function lengthOfCharacter(first: number): number {
  if (first < 0xc0) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}

function wrong(file: string): FormatError {
  return new FormatError(file, 0, '"precompiled_charsmap" is no table of characters', "SentencePiece's double array");
}
