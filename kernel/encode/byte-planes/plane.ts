/** One byte plane, in the form that is shortest.
 *
 *  | form | bytes |
 *  | 0 raw      | all |
 *  | 1 constant | the one value |
 *  | 2 prefix   | first symbol, last symbol; code lengths of the symbols between, both included, 4 bits each, the first in the low half
 *  |            | (0 does not occur); u32 bytes of streams 0, 1 and 2; the four streams. Stream k codes symbols k·q to (k + 1)·q,
 *  |            | q = ⌈n / 4⌉; codes are canonical, of at most 11 bits, first bit lowest in the byte, padded with zeros |
 *  | 3 parts    | for each 16,384 bytes, the last part longer by the rest: form 0, 1, 2 or 4; u16 bytes; the bytes |
 *  | 4 range    | table bits (8–14), first symbol, last symbol; varint places of each between, both included; four u32 states; u16 words.
 *  |            | The coder is in simd/assembly/planes/range.ts |
 *  Version 1 of the archive has forms 0 to 2.
 *
 *  How it is chosen: 64 bytes of every 1024 are counted. With S = Σ h² over m of them, e = 256·(S − m)/m² estimates 256·Σ p², which is 1
 *  for noise: below 1.1 in the whole plane and 1.15 in every part it is left raw (coding would save about 1 % at most). Where the parts'
 *  mean e is 1.1 times the whole plane's, they are tried one by one. Range coding is tried where one symbol takes 2/5 of the plane, and
 *  taken where it saves a sixteenth of what the prefix code takes. */
import { LOWEST_RANGE_STATE, MOST_CODE_BITS, places, STREAMS, type PlaneKernels } from "../../loops/plane-memory";
import { kraftGap } from "../../loops/prefix-code";
import { costOf, normalizeCounts } from "../range/frequencies";

/** Says that foreign bytes are wrong; `offset` counts from the block's first byte. */
export type Fail = (problem: string, expected: string, offset: number) => never;

const partBytes = 16_384;
const rangeBits = [12, 14] as const;

const forms = { raw: 0, constant: 1, prefix: 2, parts: 3, range: 4 } as const;

interface Choice {
  readonly form: 0 | 1 | 2 | 4;
  /** Bytes that it takes at most. */
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
  readonly lengths?: Uint8Array;
  readonly range?: { readonly bits: number; readonly symbols: readonly number[]; readonly places: Uint32Array };
}

/** Writes the `n` ≥ 1 bytes at `from` to `at` in their shortest form; gives the form and where it ends. */
export function writePlane(kernels: PlaneKernels, from: number, n: number, at: number): { form: number; end: number } {
  const parts = Math.floor(n / partBytes);
  if (parts < 2) return writeChoice(kernels, chooseForm(kernels, from, n), from, n, at);
  const { isNoise, isUneven, noisy } = lookOver(kernels, from, parts);
  if (isNoise) return writeChoice(kernels, rawChoice(n), from, n, at);
  const whole = chooseForm(kernels, from, n);
  if (isUneven) {
    const end = writeParts(kernels, from, n, at, noisy);
    if (end - at < whole.bytes) return { form: forms.parts, end };
  }
  return writeChoice(kernels, whole, from, n, at);
}

const rawChoice = (n: number): Choice => ({ form: forms.raw, bytes: n, first: 0, last: 0 });

function lookOver(
  kernels: PlaneKernels,
  from: number,
  parts: number,
): { isNoise: boolean; isUneven: boolean; noisy: boolean[] } {
  kernels.survey(from, parts, partBytes);
  const seen = partBytes / 16;
  const evenness = (squares: number, m: number): number => (256 * (squares - m)) / (m * m);
  const own = Array.from({ length: parts }, (_, k) => evenness(kernels.surveyed[k], seen));
  const whole = evenness(kernels.surveyed[parts], parts * seen);
  const noisy = own.map((e) => e < 1.15);
  const mean = own.reduce((sum, e) => sum + e, 0) / parts;
  return { isNoise: whole < 1.1 && !noisy.includes(false), isUneven: mean > 1.1 * whole, noisy };
}

function writeParts(kernels: PlaneKernels, from: number, n: number, start: number, noisy: boolean[]): number {
  let at = start;
  noisy.forEach((isNoise, k) => {
    const offset = k * partBytes;
    const size = k === noisy.length - 1 ? n - offset : partBytes;
    const choice = isNoise ? rawChoice(size) : chooseForm(kernels, from + offset, size);
    const { end } = writeChoice(kernels, choice, from + offset, size, at + 3);
    kernels.memory[at] = choice.form;
    kernels.view.setUint16(at + 1, end - at - 3, true);
    at = end;
  });
  return at;
}

/** The shortest of the forms that take all bytes alike. */
function chooseForm(kernels: PlaneKernels, from: number, n: number): Choice {
  kernels.histogram(from, n);
  const bits = kernels.codeLengths();
  const [symbols, first, last] = kernels.results;
  if (symbols === 1) return { form: forms.constant, bytes: 1, first, last };
  const tableBytes = 2 + ((last - first + 2) >> 1);
  const bytes = tableBytes + 12 + Math.ceil(bits / 8) + STREAMS;
  const prefix: Choice = { form: forms.prefix, bytes, first, last, lengths: kernels.lengths.slice() };
  const range = chooseRange(kernels.counts, n, first, last);
  const best = range && range.bytes < bytes * (15 / 16) ? range : prefix;
  return best.bytes < n * 0.995 - 8 ? best : rawChoice(n);
}

/** Range coding, where one symbol is frequent enough for it to pay. */
function chooseRange(all: Uint32Array, n: number, first: number, last: number): Choice | undefined {
  if (all.every((count) => count * 5 < n * 2)) return undefined;
  const symbols = [...all.keys()].filter((symbol) => all[symbol] > 0);
  const counts = symbols.map((symbol) => all[symbol]);
  return rangeBits
    .map((bits): Choice => {
      const placesOf = normalizeCounts(counts, bits);
      const tableBytes =
        3 +
        (last - first + 1 - symbols.length) +
        placesOf.reduce((sum, f) => sum + (f < 128 ? 1 : f < 16_384 ? 2 : 3), 0);
      const bytes = tableBytes + 16 + Math.ceil(costOf(counts, placesOf, bits) / 8) + 8;
      return { form: forms.range, bytes, first, last, range: { bits, symbols, places: placesOf } };
    })
    .reduce((best, other) => (other.bytes < best.bytes ? other : best));
}

function writeChoice(
  kernels: PlaneKernels,
  choice: Choice,
  from: number,
  n: number,
  at: number,
): { form: number; end: number } {
  const { form, first } = choice;
  if (form === forms.raw) kernels.copy(from, at, n);
  else if (form === forms.constant) kernels.memory[at] = first;
  else if (form === forms.prefix) return { form, end: writePrefix(kernels, choice, from, n, at) };
  else return { form, end: writeRange(kernels, choice, from, n, at) };
  return { form, end: at + choice.bytes };
}

function writePrefix(kernels: PlaneKernels, choice: Choice, from: number, n: number, start: number): number {
  const { memory, view, results } = kernels;
  const { first, last, lengths = kernels.lengths } = choice;
  kernels.lengths.set(lengths);
  kernels.buildCodes();
  let at = start;
  memory[at++] = first;
  memory[at++] = last;
  for (let symbol = first; symbol <= last; symbol += 2)
    memory[at++] = lengths[symbol] | (symbol < last ? lengths[symbol + 1] << 4 : 0);
  const sizesAt = at;
  at += 4 * (STREAMS - 1);
  const size = kernels.encodeStreams(from, n, at);
  for (let k = 0; k < STREAMS - 1; k++) view.setUint32(sizesAt + 4 * k, results[k], true);
  return at + size;
}

function writeRange(kernels: PlaneKernels, choice: Choice, from: number, n: number, start: number): number {
  const { memory, frequencies } = kernels;
  const { first, last, range } = choice;
  if (!range) throw new RangeError("a range code without frequencies");
  frequencies.fill(0);
  let before = 0;
  range.symbols.forEach((symbol, i) => {
    frequencies.set([range.places[i], before], 2 * symbol);
    before += range.places[i];
  });
  let at = start;
  memory[at++] = range.bits;
  memory[at++] = first;
  memory[at++] = last;
  for (let symbol = first; symbol <= last; symbol++) {
    let rest = frequencies[2 * symbol];
    for (; rest >= 128; rest >>>= 7) memory[at++] = (rest & 127) | 128;
    memory[at++] = rest;
  }
  const end = places.end - 64; // of the scratch
  const begin = kernels.encodeRange(from, n, range.bits, end);
  kernels.copy(begin, at, end - begin);
  return at + end - begin;
}

/** Where a stored plane lies, and what is wrong with it when something is. */
interface Stored {
  /** Address of the block, and of the plane in it; bytes of the plane. */
  readonly block: number;
  readonly start: number;
  readonly size: number;
  readonly fail: Fail;
}

/** Makes the `n` bytes of a plane out of its stored form, at `to` or where they lie already; gives the address. `fail` is called for bytes
 *  that `writePlane` does not write. `mostForm`: 2 in version 1. */
export function readPlane(
  kernels: PlaneKernels,
  form: number,
  stored: Stored,
  to: number,
  n: number,
  mostForm: number,
): number {
  const { memory } = kernels;
  const { start, size } = stored;
  if (form === forms.raw) {
    if (size !== n) wrong(stored, start, `a raw plane of ${size} bytes`, `${n}`);
    return start;
  }
  if (form === forms.constant) {
    if (size !== 1) wrong(stored, start, `a constant of ${size} bytes`, "1");
    kernels.fill(to, memory[start], n);
  } else if (form === forms.prefix) readPrefix(kernels, stored, to, n);
  else if (form === forms.parts && mostForm >= form) readParts(kernels, stored, to, n);
  else if (form === forms.range && mostForm >= form) readRange(kernels, stored, to, n);
  else wrong(stored, start, `plane form ${form}`, `0 to ${mostForm}`);
  return to;
}

function wrong({ block, fail }: Stored, address: number, problem: string, expected: string): never {
  return fail(problem, expected, address - block);
}

function readParts(kernels: PlaneKernels, stored: Stored, to: number, n: number): void {
  const { memory, view } = kernels;
  const parts = Math.floor(n / partBytes);
  const end = stored.start + stored.size;
  if (parts < 2) wrong(stored, stored.start, `parts of a plane of ${n} bytes`, `${2 * partBytes} bytes or more`);
  let at = stored.start;
  for (let k = 0; k < parts; k++) {
    if (at + 3 > end) wrong(stored, at, "the parts end early", `${parts} parts`);
    const form = memory[at];
    const size = view.getUint16(at + 1, true);
    if (size > end - at - 3) wrong(stored, at, `a part of ${size} bytes`, `at most the ${end - at - 3} that are left`);
    if (form === forms.parts) wrong(stored, at, "parts within a part", "form 0, 1, 2 or 4");
    const offset = k * partBytes;
    const length = k === parts - 1 ? n - offset : partBytes;
    const part = { ...stored, start: at + 3, size };
    const found = readPlane(kernels, form, part, to + offset, length, forms.range);
    if (found !== to + offset) kernels.copy(found, to + offset, length);
    at += 3 + size;
  }
  if (at !== end) wrong(stored, at, `${end - at} bytes are left over`, "the end of the parts");
}

function readPrefix(kernels: PlaneKernels, stored: Stored, to: number, n: number): void {
  const { memory, view, results } = kernels;
  const { start, size } = stored;
  const end = start + size;
  if (size < 2) wrong(stored, start, `prefix codes of ${size} bytes`, "a code table and streams");
  const [first, last] = [memory[start], memory[start + 1]];
  let at = start + 2;
  const tableBytes = (last - first + 2) >> 1;
  if (last <= first || at + tableBytes + 12 > end)
    wrong(
      stored,
      start,
      `a code table of ${size} bytes for symbols ${first} to ${last}`,
      "two symbols or more and a whole table",
    );
  const lengths = kernels.lengths.fill(0);
  for (let symbol = first; symbol <= last; symbol += 2) {
    const pair = memory[at++];
    lengths[symbol] = pair & 15;
    if (symbol < last) lengths[symbol + 1] = pair >> 4;
    else if (pair > 15) wrong(stored, at - 1, "padding bits that are set", "zeros");
  }
  if (lengths[first] === 0 || lengths[last] === 0 || lengths.some((length) => length > MOST_CODE_BITS))
    wrong(stored, start + 2, "code lengths out of range", `1 to ${MOST_CODE_BITS}, first and last symbol included`);
  const gap = kraftGap(lengths);
  if (gap !== 0) wrong(stored, start + 2, `code lengths with Σ 2^−l = ${1 - gap}`, "exactly 1");
  const bounds = [at + 12];
  for (let k = 0; k < STREAMS - 1; k++) bounds.push(bounds[k] + view.getUint32(at + 4 * k, true));
  bounds.push(end);
  if (bounds[STREAMS - 1] > end) wrong(stored, at, "streams beyond the plane", `at most ${end - at - 12} bytes`);
  kernels.buildCodes();
  kernels.buildTables();
  results.set(bounds.slice(0, STREAMS));
  kernels.decodeStreams(to, n);
  for (let k = 0; k < STREAMS; k++) {
    const used = results[k];
    const [from, until] = [bounds[k], bounds[k + 1]];
    if ((used + 7) >> 3 !== until - from)
      wrong(stored, from, `stream ${k} takes ${used} bits`, `all of its ${until - from} bytes`);
    if ((used & 7) !== 0 && memory[until - 1] >> (used & 7) !== 0)
      wrong(stored, until - 1, "padding bits that are set", "zeros");
  }
}

function readRange(kernels: PlaneKernels, stored: Stored, to: number, n: number): void {
  const { memory, view, frequencies, owners, results } = kernels;
  const { start, size } = stored;
  const end = start + size;
  if (size < 3) wrong(stored, start, `a range code of ${size} bytes`, "a table, states and words");
  const [bits, first, last] = memory.subarray(start, start + 3);
  if (bits < 8 || bits > 14) wrong(stored, start, `${bits} table bits`, "8 to 14");
  if (last <= first) wrong(stored, start + 1, `symbols ${first} to ${last}`, "two symbols or more");
  let at = start + 3;
  let before = 0;
  frequencies.fill(0);
  for (let symbol = first; symbol <= last; symbol++) {
    let f = 0;
    for (let shift = 0; ; shift += 7) {
      if (at >= end || shift > 14) wrong(stored, at, "the table of places ends early", "the places of each symbol");
      const byte = memory[at++];
      f |= (byte & 127) << shift;
      if (byte < 128) {
        if (byte === 0 && shift > 0) wrong(stored, at - 1, "a number with zeros behind it", "the shortest form");
        break;
      }
    }
    if (f === 0 && (symbol === first || symbol === last))
      wrong(stored, at - 1, `no places for symbol ${symbol}`, "the first and the last symbol have some");
    if (before + f > 2 ** bits) wrong(stored, at - 1, `more than ${2 ** bits} places`, `exactly ${2 ** bits}`);
    frequencies.set([f, before], 2 * symbol);
    owners.fill(symbol, before, before + f);
    before += f;
  }
  if (before !== 2 ** bits) wrong(stored, at, `${before} places`, `exactly ${2 ** bits}`);
  if (at + 16 > end) wrong(stored, at, "the states end early", "16 bytes");
  for (let k = 0; k < 4; k++)
    if (view.getUint32(at + 4 * k, true) < LOWEST_RANGE_STATE)
      wrong(stored, at + 4 * k, `state ${view.getUint32(at + 4 * k, true)}`, `${LOWEST_RANGE_STATE} or more`);
  const behind = kernels.decodeRange(at, n, bits, to);
  if (behind !== end) wrong(stored, at + 16, `words of ${behind - at - 16} bytes`, `${end - at - 16} bytes`);
  const off = results.subarray(0, 4).findIndex((state) => state !== LOWEST_RANGE_STATE);
  if (off >= 0) wrong(stored, end, `state ${off} ends as ${results[off]}`, `${LOWEST_RANGE_STATE}, where it began`);
}
