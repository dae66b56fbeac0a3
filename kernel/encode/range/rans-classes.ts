/** Range coding with several tables: `rans({ classes: 8 })`. Symbols come in blocks of 256; each block belongs to a class, and each class has
 *  a table of its own, so that rows of small weights do not pay for those of large ones. This is the classification of entropy-coded
 *  trellis quantization (Joshi, Fischer & Bamberger 1994, "Optimum classification in subband coding of images").
 *
 *  Classes begin as blocks of about equal mean cost under one table for all; then each block goes to the class in which it costs least, and
 *  the tables follow, four times over (k-means with code length for distance). Of equal costs the lower class.
 *
 *  Stored: byte K, the number of classes; varint length and the classes of the blocks as rans.ts codes bytes; then for each class that has
 *  blocks varint length and its symbols, block after block, as rans.ts codes them. */
import type { CountedSymbols } from "../../measure/entropy";
import { countSymbols } from "../../measure/entropy";
import type { Step } from "../../tensor/step";
import type { SymbolForm, SymbolRange } from "../coder";
import { ByteWriter, type ByteReader, type IntegerArray } from "../container/container";
import { indexOfSymbols } from "../container/symbol-index";

export const blockLength = 256;
export const maxClasses = 16;
const rounds = 4;

/** What of the step counts here; the tables are coded by what else it says. */
interface ClassedStep extends Step {
  readonly kind: "rans";
  readonly classes?: number;
}

/** `inner` codes the symbols of one class. */
export function encodeClasses(
  values: IntegerArray,
  step: ClassedStep,
  writer: ByteWriter,
  counted: CountedSymbols,
  inner: SymbolForm<ClassedStep>,
): number {
  const { classes: number = 1 } = step;
  const classes = classify(values, counted, number);
  let bits = 0;
  const part = (symbols: IntegerArray): void => {
    const one = new ByteWriter();
    bits += inner.encode(symbols, step, one, countSymbols(symbols));
    writer.varint(one.length);
    writer.bytes(one.written);
  };
  writer.byte(number);
  part(classes);
  for (const members of membersOf(classes, number)) if (members.length > 0) part(gather(values, members));
  return bits;
}

export function decodeClasses(
  reader: ByteReader,
  count: number,
  range: SymbolRange,
  create: () => IntegerArray,
  inner: SymbolForm<ClassedStep>,
): void {
  const number = reader.byte();
  if (number < 1 || number > maxClasses) reader.fail(`${number} classes`, `1 to ${maxClasses}`, reader.offset - 1);
  const part = (length: number, of: SymbolRange, make: () => IntegerArray): void => {
    const start = reader.offset;
    const own = reader.part(reader.varint("the length of a part", reader.left), "a part");
    inner.decode(own, length, of, make);
    if (own.left > 0) own.fail(`${own.left} bytes are left over in a part`, "its end", start);
  };
  let classes = new Uint8Array(0);
  const blocks = Math.ceil(count / blockLength);
  part(blocks, { minimum: 0, maximum: number - 1 }, () => (classes = new Uint8Array(blocks)));
  let values: IntegerArray | undefined;
  const parts: { readonly members: readonly number[]; readonly symbols: IntegerArray }[] = [];
  for (const members of membersOf(classes, number)) {
    if (members.length === 0) continue;
    const length = members.reduce((sum, block) => sum + lengthOf(block, count), 0);
    let symbols: IntegerArray = new Int32Array(0);
    part(length, range, () => (symbols = new Int32Array(length)));
    parts.push({ members, symbols });
  }
  for (const { members, symbols } of parts) {
    values ??= create();
    let at = 0;
    for (const block of members) {
      const length = lengthOf(block, count);
      for (let i = block * blockLength, end = i + length; i < end; i++) values[i] = symbols[at++];
    }
  }
}

const lengthOf = (block: number, count: number): number => Math.min(blockLength, count - block * blockLength);

/** The blocks of each class, ascending. */
function membersOf(classes: Uint8Array, number: number): number[][] {
  const members = Array.from({ length: number }, (): number[] => []);
  classes.forEach((own, block) => members[own].push(block));
  return members;
}

function gather(values: IntegerArray, members: readonly number[]): IntegerArray {
  const length = members.reduce((sum, block) => sum + lengthOf(block, values.length), 0);
  const symbols = new (values.constructor as new (length: number) => IntegerArray)(length);
  let at = 0;
  for (const block of members) {
    const own = values.subarray(block * blockLength, (block + 1) * blockLength);
    symbols.set(own, at);
    at += own.length;
  }
  return symbols;
}

/** The class of each block. */
function classify(values: IntegerArray, { symbols, counts }: CountedSymbols, number: number): Uint8Array {
  const blocks = Math.ceil(values.length / blockLength);
  const classes = new Uint8Array(blocks);
  const n = symbols.length;
  if (number === 1 || blocks === 1 || n === 1) return classes;
  const places = placesOf(values, symbols);
  // By their mean cost under one table.
  const whole = costsOf(Float64Array.from(counts), 1, n);
  const mean = new Float64Array(blocks);
  for (let block = 0; block < blocks; block++) {
    const end = Math.min(values.length, (block + 1) * blockLength);
    for (let i = block * blockLength; i < end; i++) mean[block] += whole[places[i]];
    mean[block] /= lengthOf(block, values.length);
  }
  const order = Uint32Array.from(mean, (_, block) => block).sort((a, b) => mean[a] - mean[b] || a - b);
  order.forEach((block, rank) => (classes[block] = Math.floor((rank * number) / blocks)));
  for (let round = 0; round < rounds; round++) if (!improve(classes, places, number, n)) break;
  return classes;
}

/** Numbers of the symbols, 0 to n − 1. */
function placesOf(values: IntegerArray, symbols: readonly number[]): Uint16Array | Uint8Array {
  const places = symbols.length <= 256 ? new Uint8Array(values.length) : new Uint16Array(values.length);
  indexOfSymbols(symbols)(values, 0, values.length, places);
  return places;
}

/** Bits of each symbol in each class, (symbols, classes), by counts of that form. A symbol that a class has not seen costs as if half of one
 *  had been seen. */
function costsOf(counts: Float64Array, number: number, n: number): Float64Array {
  const totals = new Float64Array(number);
  for (let i = 0; i < counts.length; i++) totals[i % number] += counts[i];
  return counts.map((count, i) => -Math.log2(Math.max(0.5, count) / Math.max(1, totals[i % number] + n / 2)));
}

/** One round; says whether a block changed its class. */
function improve(classes: Uint8Array, places: Uint16Array | Uint8Array, number: number, n: number): boolean {
  const counts = new Float64Array(n * number);
  for (let i = 0; i < places.length; i++) counts[places[i] * number + classes[(i / blockLength) >> 0]]++;
  const costs = costsOf(counts, number, n);
  const own = new Float64Array(number);
  let changed = false;
  for (let block = 0; block < classes.length; block++) {
    own.fill(0);
    const end = Math.min(places.length, (block + 1) * blockLength);
    for (let i = block * blockLength; i < end; i++) {
      const at = places[i] * number;
      for (let k = 0; k < number; k++) own[k] += costs[at + k];
    }
    let best = 0;
    for (let k = 1; k < number; k++) if (own[k] < own[best]) best = k;
    changed ||= best !== classes[block];
    classes[block] = best;
  }
  return changed;
}
