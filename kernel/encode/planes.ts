/** Blocks of up to 262,144 numbers, coded without loss, by byte planes.
 *
 *  The bits of a trained weight are unequal: exponents of BF16, F16 and F32 carry some 2.7 bits, signs and mantissas are noise. So each
 *  element is rotated left by one bit, which puts the exponent alone into the top byte (BF16, F32; with three mantissa bits in F16) and
 *  the sign beside the mantissa; then byte p of all elements becomes plane p, and each plane is stored in the form that is shortest:
 *  raw, one constant byte, or canonical Huffman codes of at most 11 bits in four streams. Integers and bytes are not rotated.
 *  NaN payloads, −0 and subnormal numbers are bits like any other.
 *
 *  | bytes        | what                                                                                         |
 *  | 1            | 0 the elements as they are, and nothing else follows them; 1 planes; 2 planes, rotated       |
 *  | 5 per plane  | form: 0 raw, 1 constant, 2 Huffman; u32 bytes of the plane's part                            |
 *  | …            | the parts: raw all bytes; constant 1 byte; Huffman as follows                                |
 *  Huffman part: first symbol, last symbol; code lengths of the symbols between, both included, 4 bits each, the first in the low half
 *  (0 does not occur); u32 bytes of streams 0, 1 and 2; the streams. Stream k codes elements k·q to (k + 1)·q, q = ⌈n / 4⌉; codes are
 *  canonical, first bit lowest in the byte, padded with zeros. */
import { entropyOfCounts } from "../measure/entropy";
import { maxWidth, places, type PlaneKernels } from "../simd/planes";
import { canonicalCodes, codeLengths, kraftGap } from "./code-lengths";

const maxCodeLength = 11;
const streamCount = 4;
/** Planes of at least this many bytes are judged by a sixteenth of them first. */
const sampledFrom = 65_536;
/** A sample of entropy above this, in bits per byte, is noise: coding would save under 0.3 %. */
const noiseBits = 7.975;

/** Says that foreign bytes are wrong; `offset` counts from the block's first byte. */
export type Fail = (problem: string, expected: string, offset: number) => never;

interface Plane {
  readonly form: 0 | 1 | 2;
  readonly bytes: number;
  readonly symbol: number;
  readonly lengths?: Uint8Array;
}

/** Codes `bytes`: elements of `width` bytes (1, 2, 4 or 8), at most 262,144. */
export function encodeBlock(kernels: PlaneKernels, bytes: Uint8Array, width: number, rotate: boolean): Uint8Array {
  const n = bytes.length / width;
  kernels.memory.set(bytes, places.elements);
  kernels.split(places.elements, places.planes, n, width, Number(rotate));
  const planes = Array.from({ length: width }, (_, p) => choosePlane(kernels, places.planes + p * n, n));
  if (planes.every((plane) => plane.form === 0)) return rawBlock(bytes);
  const { memory } = kernels;
  const view = new DataView(memory.buffer);
  let at = places.stored + 1 + 5 * width;
  memory[places.stored] = rotate ? 2 : 1;
  planes.forEach((plane, p) => {
    const from = places.planes + p * n;
    const start = at;
    if (plane.form === 0) {
      memory.copyWithin(at, from, from + n);
      at += n;
    } else if (plane.form === 1) memory[at++] = plane.symbol;
    else if (plane.lengths) at = writeHuffman(kernels, plane.lengths, from, n, at);
    memory[places.stored + 1 + 5 * p] = plane.form;
    view.setUint32(places.stored + 2 + 5 * p, at - start, true);
  });
  const size = at - places.stored;
  return size > bytes.length ? rawBlock(bytes) : memory.slice(places.stored, at);
}

function rawBlock(bytes: Uint8Array): Uint8Array {
  const block = new Uint8Array(bytes.length + 1);
  block.set(bytes, 1);
  return block;
}

function countsOf(kernels: PlaneKernels, from: number, length: number): number[] {
  kernels.histogram(from, length, places.counts);
  return Array.from(new Uint32Array(kernels.memory.buffer, places.counts, 256));
}

function choosePlane(kernels: PlaneKernels, from: number, n: number): Plane {
  const raw: Plane = { form: 0, bytes: n, symbol: 0 };
  if (n >= sampledFrom) {
    const middle = from + ((n >> 1) & ~7);
    if (entropyOfCounts(countsOf(kernels, middle, n >> 4)) > noiseBits) return raw;
  }
  const counts = countsOf(kernels, from, n);
  const symbols = [...counts.keys()].filter((symbol) => counts[symbol] > 0);
  if (symbols.length === 1) return { form: 1, bytes: 1, symbol: symbols[0] };
  const present = codeLengths(
    symbols.map((symbol) => counts[symbol]),
    maxCodeLength,
  );
  const lengths = new Uint8Array(256);
  symbols.forEach((symbol, i) => (lengths[symbol] = present[i]));
  const bits = symbols.reduce((sum, symbol) => sum + counts[symbol] * lengths[symbol], 0);
  const span = symbols[symbols.length - 1] - symbols[0] + 1;
  const bytes = 2 + ((span + 1) >> 1) + 12 + bits / 8 + streamCount;
  return bytes < n * 0.995 - 8 ? { form: 2, bytes, symbol: 0, lengths } : raw;
}

/** Codes with their first bit lowest, in the layout of `PlaneKernels`. */
function storeCodes(kernels: PlaneKernels, lengths: Uint8Array): void {
  const codes = canonicalCodes(lengths);
  const table = new Uint32Array(kernels.memory.buffer, places.codes, 256);
  for (let symbol = 0; symbol < 256; symbol++) {
    let reversed = 0;
    for (let k = 0; k < lengths[symbol]; k++) reversed = (reversed << 1) | ((codes[symbol] >>> k) & 1);
    table[symbol] = reversed | (lengths[symbol] << 16);
  }
}

function writeHuffman(kernels: PlaneKernels, lengths: Uint8Array, from: number, n: number, start: number): number {
  const { memory } = kernels;
  const view = new DataView(memory.buffer);
  storeCodes(kernels, lengths);
  const first = lengths.findIndex((length) => length > 0);
  const last = lengths.reduce((found, length, symbol) => (length > 0 ? symbol : found), first);
  let at = start;
  memory[at++] = first;
  memory[at++] = last;
  for (let symbol = first; symbol <= last; symbol += 2)
    memory[at++] = lengths[symbol] | (symbol < last ? lengths[symbol + 1] << 4 : 0);
  const sizesAt = at;
  at += 4 * (streamCount - 1);
  const quarter = Math.ceil(n / streamCount);
  for (let k = 0; k < streamCount; k++) {
    const length = streamLength(n, quarter, k);
    const size = kernels.encodeStream(from + k * quarter, length, places.codes, at);
    if (k < streamCount - 1) view.setUint32(sizesAt + 4 * k, size, true);
    at += size;
  }
  return at;
}

const streamLength = (n: number, quarter: number, k: number): number => Math.max(0, Math.min(quarter, n - k * quarter));

/** The least and the most bytes that a block of `byteLength` bytes takes when coded. */
export function blockLimits(byteLength: number): { least: number; most: number } {
  return { least: 1 + 6, most: byteLength + 1 };
}

/** Fills `out`, a whole number of elements, from the block that codes it. `fail` is called for bytes that `encodeBlock` does not write.
 *  `isLoaded`: `hashBlock` of the same bytes was the kernels' last work, so that they lie in place already. */
export function decodeBlock(
  kernels: PlaneKernels,
  block: Uint8Array,
  width: number,
  out: Uint8Array,
  fail: Fail,
  isLoaded = false,
): void {
  const n = out.length / width;
  const method = block[0];
  if (method === 0) {
    if (block.length !== out.length + 1) fail(`a raw block of ${block.length} bytes`, `${out.length + 1}`, 0);
    out.set(block.subarray(1));
    return;
  }
  if (method !== 1 && method !== 2) fail(`block method ${method}`, "0, 1 or 2", 0);
  if (block.length > out.length + 1) fail(`a block of ${block.length} bytes`, `at most ${out.length + 1}`, 0);
  if (width > maxWidth || block.length < 1 + 5 * width) fail("the planes' table ends early", `${5 * width} bytes`, 1);
  const { memory } = kernels;
  if (!isLoaded) memory.set(block, places.stored);
  const view = new DataView(memory.buffer);
  let at = 1 + 5 * width;
  for (let p = 0; p < width; p++) {
    const form = block[1 + 5 * p];
    const size = view.getUint32(places.stored + 2 + 5 * p, true);
    if (size > block.length - at)
      fail(`a plane of ${size} bytes`, `at most the ${block.length - at} that are left`, 2 + 5 * p);
    let plane = places.planes + p * n;
    if (form === 0) {
      if (size !== n) fail(`a raw plane of ${size} bytes`, `${n}`, 2 + 5 * p);
      plane = places.stored + at;
    } else if (form === 1) {
      if (size !== 1) fail(`a constant of ${size} bytes`, "1", 2 + 5 * p);
      memory.fill(block[at], plane, plane + n);
    } else if (form === 2) readHuffman(kernels, block, at, size, plane, n, fail);
    else fail(`plane form ${form}`, "0, 1 or 2", 1 + 5 * p);
    view.setUint32(places.pointers + 4 * p, plane, true);
    at += size;
  }
  if (at !== block.length) fail(`${block.length - at} bytes are left over`, "the end of the block", at);
  kernels.merge(places.pointers, places.elements, n, width, method - 1);
  out.set(memory.subarray(places.elements, places.elements + out.length));
}

function readHuffman(
  kernels: PlaneKernels,
  block: Uint8Array,
  start: number,
  size: number,
  to: number,
  n: number,
  fail: Fail,
): void {
  const end = start + size;
  if (size < 2) fail(`Huffman codes of ${size} bytes`, "a code table and streams", start);
  const [first, last] = [block[start], block[start + 1]];
  let at = start + 2;
  const tableBytes = (last - first + 2) >> 1;
  if (last <= first || at + tableBytes + 12 > end)
    fail(
      `a code table of ${size} bytes for symbols ${first} to ${last}`,
      "two symbols or more and a whole table",
      start,
    );
  const lengths = new Uint8Array(256);
  for (let symbol = first; symbol <= last; symbol += 2) {
    const pair = block[at++];
    lengths[symbol] = pair & 15;
    if (symbol < last) lengths[symbol + 1] = pair >> 4;
    else if (pair > 15) fail("padding bits that are set", "zeros", at - 1);
  }
  if (lengths[first] === 0 || lengths[last] === 0 || lengths.some((length) => length > maxCodeLength))
    fail("code lengths out of range", `1 to ${maxCodeLength}, first and last symbol included`, start + 2);
  const gap = kraftGap(lengths);
  if (gap !== 0) fail(`code lengths with Σ 2^−l = ${1 - gap}`, "exactly 1", start + 2);
  const view = new DataView(kernels.memory.buffer);
  const bounds = [at + 12];
  for (let k = 0; k < streamCount - 1; k++) bounds.push(bounds[k] + view.getUint32(places.stored + at + 4 * k, true));
  bounds.push(end);
  if (bounds[streamCount - 1] > end) fail("streams beyond the plane", `at most ${end - at - 12} bytes`, at);
  storeCodes(kernels, lengths);
  kernels.buildTables(places.codes, places.single, places.runs);
  const quarter = Math.ceil(n / streamCount);
  for (let k = 0; k < streamCount; k += 2) {
    kernels.decodePair(
      places.single,
      places.runs,
      places.stored + bounds[k],
      places.stored + bounds[k + 1],
      to + k * quarter,
      to + (k + 1) * quarter,
      streamLength(n, quarter, k),
      streamLength(n, quarter, k + 1),
      places.used,
    );
    for (let s = 0; s < 2; s++) {
      const used = view.getUint32(places.used + 4 * s, true);
      const [from, until] = [bounds[k + s], bounds[k + s + 1]];
      if ((used + 7) >> 3 !== until - from)
        fail(`stream ${k + s} takes ${used} bits`, `all of its ${until - from} bytes`, from);
      if ((used & 7) !== 0 && block[until - 1] >> (used & 7) !== 0)
        fail("padding bits that are set", "zeros", until - 1);
    }
  }
}

/** XXH64 of up to a block's stored bytes. */
export function hashBlock(kernels: PlaneKernels, bytes: Uint8Array): bigint {
  kernels.memory.set(bytes, places.stored);
  kernels.hash(places.stored, bytes.length, places.hash);
  return new DataView(kernels.memory.buffer).getBigUint64(places.hash, true);
}
