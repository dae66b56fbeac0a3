/** Range coding with a model that learns: `rans({ adaptive: true })`. The coder is that of rans.ts; the table is not stored but follows from
 *  the symbols before, by whole-number arithmetic, so that the decoder comes to the same one on every machine.
 *
 *  Symbols are the integers from the least to the greatest, n of them, n ≤ 2^(bits − 1) with 2^bits places. Each has a weight, 1 at
 *  first. A block of symbols is coded with frequencies f = 1 + ⌊w·(2^bits − n) / Σw⌋, what is left going to the heaviest (the first of
 *  equals); then each of its symbols adds 2 to its weight, and while Σw > 2^16 all weights are halved, rounded up. Blocks have
 *  max(64, symbols so far) symbols, 2048 at most, 8192 for n > 1024. So on steady data the cost comes within n/2^15 bit of the entropy, and the model forgets
 *  what is 30,000 symbols past.
 *  As the encoder runs backwards, the states are flushed each 65,536 symbols, where a block ends too.
 *
 *  Stored: signed varint, the least symbol; varint n; for n > 1 then one byte bits (8–16), one byte streams (1–8), and for each 65,536
 *  symbols the states, 4 bytes each, varint bytes, the codes' bytes in the decoder's order. */
import { OptionError } from "../../errors";
import { chunkSymbols, coderPlaces, setInterleaving } from "../../loops/coder-memory";
import { coderLoops } from "../../loops/coders";
import type { CountedSymbols } from "../../measure/entropy";
import { bitsFor } from "../../measure/bit-arithmetic";
import { placeSymbols, type SymbolRange } from "../coder";
import type { ByteReader, ByteWriter, IntegerArray } from "../container/container";
import {
  bytesOfChunk,
  checkCount,
  checkStates,
  loadCoded,
  lowestState,
  maxStreams,
  readStates,
  setPlaces,
  writeStates,
} from "./range-coder";
import type { Step } from "../../tensor/step";

const minBits = 8;
const maxBits = 16;
const usualBits = 12;
const usualStreams = 2;
const maxSpan = 2 ** (maxBits - 1);
const firstBlock = 64;
/** Longer blocks where there are more symbols to share places among. */
const longestBlock = (symbols: number): number => (symbols <= 1024 ? 2048 : 8192);
const mostWeight = 2 ** 16;

/** What of the step counts here. */
interface AdaptiveStep extends Step {
  readonly tableBits?: number;
  readonly streams?: number;
}

/** Weights of symbols, and the frequencies that follow from them. */
export class AdaptiveModel {
  private readonly weights: Uint32Array;
  private total: number;
  private seen = 0;

  constructor(
    symbols: number,
    private readonly bits: number,
  ) {
    this.weights = new Uint32Array(symbols).fill(1);
    this.total = symbols;
  }

  /** Symbols of the next block, when `left` are left of the chunk. */
  blockLength(left: number): number {
    return Math.min(left, longestBlock(this.weights.length), Math.max(firstBlock, this.seen));
  }

  /** Frequencies that add up to 2^bits. */
  frequencies(): Uint32Array {
    const { weights, total } = this;
    const size = 2 ** this.bits;
    const free = size - weights.length;
    let left = size;
    let heaviest = 0;
    // The quotient is exact to 1/total, so that its floor is right: both numbers are below 2^35.
    const frequencies = weights.map((weight, i) => {
      if (weight > weights[heaviest]) heaviest = i;
      const f = 1 + Math.floor((weight * free) / total);
      left -= f;
      return f;
    });
    frequencies[heaviest] += left;
    return frequencies;
  }

  /** Learns from the first `length` of `symbols`. */
  learn(symbols: Uint16Array, from: number, length: number): void {
    const { weights } = this;
    for (let i = from; i < from + length; i++) weights[symbols[i]] += 2;
    this.total += 2 * length;
    this.seen += length;
    while (this.total > mostWeight && this.total > 2 * weights.length) {
      this.total = 0;
      for (let i = 0; i < weights.length; i++) this.total += weights[i] = (weights[i] + 1) >> 1;
    }
  }
}

export function adaptiveEncode(
  values: IntegerArray,
  step: AdaptiveStep,
  writer: ByteWriter,
  { symbols }: CountedSymbols,
): number {
  const least = symbols[0];
  const span = symbols[symbols.length - 1] - least + 1;
  const bits = step.tableBits ?? Math.max(usualBits, Math.min(maxBits, bitsFor(span) + 4));
  if (span > 2 ** (bits - 1)) {
    const remedy = bits < maxBits ? `tableBits ${bitsFor(span) + 1} holds them` : "rans() without it stores a table";
    throw new OptionError(
      `rans(): adaptive takes ${Math.min(maxSpan, 2 ** (bits - 1))} neighbouring integers at ${bits} table bits, and these span ${span}; ${remedy}`,
    );
  }
  writer.signed(least);
  writer.varint(span);
  if (span === 1) return 0;
  const streams = step.streams ?? usualStreams;
  writer.byte(bits);
  writer.byte(streams);
  const model = new AdaptiveModel(span, bits);
  const kernels = coderLoops.own();
  setInterleaving(kernels.view, { streams, bits });
  const { halves, states, memory } = kernels;
  const end = coderPlaces.coded + bytesOfChunk;
  let payloadBits = 0;
  for (let from = 0; from < values.length; from += chunkSymbols) {
    const size = Math.min(chunkSymbols, values.length - from);
    for (let i = 0; i < size; i++) halves[i] = values[from + i] - least;
    const blocks: { at: number; length: number; frequencies: Uint32Array }[] = [];
    for (let at = 0; at < size;) {
      const length = model.blockLength(size - at);
      blocks.push({ at, length, frequencies: model.frequencies() });
      model.learn(halves, at, length);
      at += length;
    }
    states.fill(lowestState);
    let begin = end;
    for (const { at, length, frequencies } of blocks.reverse()) {
      setPlaces(kernels, frequencies, false);
      const lane = (at + length - 1) % streams;
      begin = kernels.encodeSymbols(coderPlaces.symbols + 2 * at, length, lane, begin);
    }
    writeStates(kernels, streams, writer);
    writer.varint(end - begin);
    writer.bytes(memory.subarray(begin, end));
    payloadBits += 32 * streams + 8 * (end - begin);
  }
  return payloadBits;
}

export function adaptiveDecode(
  reader: ByteReader,
  count: number,
  range: SymbolRange,
  create: () => IntegerArray,
): void {
  const least = reader.signed("the least symbol");
  const span = reader.varint("the number of symbols", maxSpan);
  if (span === 0 || least < range.minimum || least + span - 1 > range.maximum)
    reader.fail(
      `symbols ${least} to ${least + span - 1}`,
      `one or more of ${range.minimum} to ${range.maximum}, what the array's type holds`,
    );
  if (span === 1) return void create().fill(least);
  const bits = reader.byte();
  if (bits < minBits || bits > maxBits || span > 2 ** (bits - 1))
    reader.fail(`${bits} table bits for ${span} symbols`, `${minBits} to ${maxBits}`, reader.offset - 1);
  const streams = reader.byte();
  if (streams < 1 || streams > maxStreams) reader.fail(`${streams} streams`, `1 to ${maxStreams}`, reader.offset - 1);
  const chunks = Math.ceil(count / chunkSymbols);
  if (chunks * (4 * streams + 1) > reader.end - reader.offset)
    reader.fail(
      `${count} symbols in ${reader.end - reader.offset} bytes`,
      `${4 * streams + 1} bytes for each ${chunkSymbols}`,
    );
  checkCount(reader, count, streams * chunks, (2 ** bits - span + 1) / 2 ** bits);
  const model = new AdaptiveModel(span, bits);
  const kernels = coderLoops.own();
  setInterleaving(kernels.view, { streams, bits });
  const symbols = Int32Array.from({ length: span }, (_, i) => least + i);
  let values: IntegerArray | undefined;
  for (let done = 0; done < count; done += chunkSymbols) {
    const size = Math.min(chunkSymbols, count - done);
    readStates(kernels, streams, reader);
    const bytes = reader.varint("the bytes of the codes", bytesOfChunk);
    const start = reader.offset;
    if (bytes > reader.end - start) reader.fail(`codes of ${bytes} bytes`, `at most the ${reader.end - start} left`);
    const until = loadCoded(kernels, reader.bytes, start, start + bytes);
    let from: number = coderPlaces.coded;
    for (let at = 0; at < size;) {
      const length = model.blockLength(size - at);
      setPlaces(kernels, model.frequencies(), true);
      const to = coderPlaces.symbols + 2 * at;
      from = kernels.decodeSymbols(from, until, to, length, at % streams);
      if (from === 0)
        reader.fail("the codes go on past the end", `${size} symbols within ${bytes} bytes`, start + bytes);
      model.learn(kernels.halves, at, length);
      at += length;
    }
    if (from !== until)
      reader.fail(`${until - from} bytes are left over`, "the last code in the last byte", start + bytes);
    reader.offset = start + bytes;
    checkStates(kernels, streams, reader);
    placeSymbols(symbols, kernels.halves, size, (values ??= create()), done);
  }
}
