/** The range coder of rans.ts over a chunk of symbols at a time: what encoders and decoders of symbols share. */
import { chunkSymbols, coderPlaces, LOWEST_STATE, type CoderKernels } from "../../loops/coder-memory";
import type { ByteReader, ByteWriter } from "../container/container";

export const lowestState = LOWEST_STATE;
/** Every state is below this. */
export const highestState = 2 ** 31;
export const maxStreams = 8;
/** No symbol takes more than 16 bits, and no state more than that from the bytes behind it. */
export const bytesOfChunk = 2 * chunkSymbols;

/** Shares out 2^bits places, `frequencies[i]` of them to symbol i, in order. A decoder also learns which symbol owns each place. */
export function setPlaces(kernels: CoderKernels, frequencies: Uint32Array, isDecoding: boolean): void {
  const { places, owners } = kernels;
  let before = 0;
  for (let i = 0; i < frequencies.length; i++) {
    const f = frequencies[i];
    places[2 * i] = f;
    places[2 * i + 1] = before;
    if (isDecoding) owners.fill(i, before, before + f);
    before += f;
  }
}

export function writeStates(kernels: CoderKernels, streams: number, writer: ByteWriter): void {
  for (let k = 0; k < streams; k++) writer.little(kernels.states[k], 4);
}

export function readStates(kernels: CoderKernels, streams: number, reader: ByteReader): void {
  for (let k = 0; k < streams; k++) {
    let state = 0;
    for (let i = 0; i < 4; i++) state += reader.byte() * 256 ** i;
    if (state < lowestState || state >= highestState)
      reader.fail(`state ${state}`, `${lowestState} to ${highestState - 1}`, reader.offset - 4);
    kernels.states[k] = state;
  }
}

/** The decoder ends in the states that the encoder began with. */
export function checkStates(kernels: CoderKernels, streams: number, reader: ByteReader): void {
  const wrong = kernels.states.subarray(0, streams).findIndex((state) => state !== lowestState);
  if (wrong >= 0)
    reader.fail(`stream ${wrong} ends in state ${kernels.states[wrong]}`, `${lowestState}, where it began`);
}

/** Refuses a count that the bytes cannot hold: a symbol takes from its state a share of (1 − `largest`)/2 at least, `largest` the greatest
 *  share of places, and all states and bytes together hold that many bits. */
export function checkCount(reader: ByteReader, count: number, streams: number, largest: number): void {
  const bits = 8 * (streams + reader.end - reader.offset);
  if (count > ((bits + 1) * Math.LN2 * 2) / (1 - largest))
    reader.fail(`${count} symbols in ${bits} bits`, "a payload that holds them");
}

/** Copies the bytes from `at` on, as many as a chunk can take, to where the kernels read them; returns the address where they end. */
export function loadCoded(kernels: CoderKernels, bytes: Uint8Array, at: number, end: number): number {
  const length = Math.min(end - at, bytesOfChunk);
  kernels.memory.set(bytes.subarray(at, at + length), coderPlaces.coded);
  return coderPlaces.coded + length;
}
