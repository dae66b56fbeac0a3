/** This thread's instance of the layer kernels (assembly/layers.ts) and the memory that they work on.
 *
 *  The memory has three parts: the module's own data; a stage, where pieces of arrays lie while a kernel works on them; and a room, in
 *  which whole arrays may live, so that no piece need be copied. A layer's job `reserve`s the room that it wants and takes arrays from it;
 *  they are gone with the next `reserve`, so what a job gives away it copies out. */
import { instantiate, pageBytes, type WasmMemory } from "./module";
import { LIST_BYTES, LIST_STRIDE, LISTS, STAGE, type LayersModule } from "./generated/layers";

export type KernelArray = Float32Array | Float64Array | Int8Array | Uint8Array | Int32Array | Uint32Array;

export const stageBytes = 1 << 20;
const roomAt = STAGE + stageBytes;
/** The most room that a job gets, and the largest memory that a thread keeps from one layer to the next. */
const mostRoom = 1 << 28;
const mostKept = 1 << 26;

interface Loaded {
  readonly functions: LayersModule;
  readonly memory: WasmMemory;
}

let loaded: Loaded | undefined;
/** Bytes of the room that are given, and where it ends; nothing is given outside a job. */
let roomUsed = 0;
let roomEnd = 0;

function load(): Loaded {
  return (loaded ??= instantiate<LayersModule>("layers", stageBytes, 1 + (stageBytes + mostRoom) / pageBytes));
}

export function layerFunctions(): LayersModule {
  return load().functions;
}

/** Makes room for `bytes` and frees what was in it: arrays from there must not be used any more. */
export function reserve(bytes: number): void {
  const { memory } = load();
  roomUsed = 0;
  roomEnd = 0;
  if (bytes > mostRoom) return;
  const missing = roomAt + bytes - memory.buffer.byteLength;
  try {
    if (missing > 0) memory.grow(Math.ceil(missing / pageBytes));
    roomEnd = roomAt + bytes;
  } catch (error) {
    // There is none: the arrays will come from the heap.
    if (!(error instanceof RangeError)) throw error;
  }
}

/** Ends a job: arrays come from the heap again. A memory that grew large goes back to the system. */
export function release(): void {
  roomUsed = 0;
  roomEnd = 0;
  if (loaded && loaded.memory.buffer.byteLength > mostKept) loaded = undefined;
}

function take(bytes: number): { buffer: ArrayBuffer; at: number } | undefined {
  const at = roomAt + roomUsed;
  if (at + bytes > roomEnd) return undefined;
  const { buffer } = load().memory;
  roomUsed += Math.ceil(bytes / 64) * 64;
  return { buffer, at };
}

/** An array in the room, with whatever was there; of zeros and on the heap outside a job, and when the room is full. */
export function roomForFloats(length: number): Float32Array {
  const place = take(4 * length);
  return place ? new Float32Array(place.buffer, place.at, length) : new Float32Array(length);
}
export function roomForBytes(length: number): Uint8Array {
  const place = take(length);
  return place ? new Uint8Array(place.buffer, place.at, length) : new Uint8Array(length);
}

/** The address of an array that lies in the kernels' memory. */
export function addressOf(array: ArrayBufferView): number | undefined {
  return array.buffer === loaded?.memory.buffer ? array.byteOffset : undefined;
}

/** What a kernel works on: `each` elements for a unit, such as the weights of a block. */
export interface Operand {
  /** Absent: scratch on the stage, of bytes. */
  readonly array?: KernelArray;
  readonly each: number;
  /** "whole": read, all of it at every piece; `each` is its length. */
  readonly use: "in" | "out" | "scratch" | "whole";
}

/** Elements of an array that may be used whole. */
export const mostWhole = 1 << 17;

/** Calls `work` for pieces of `units` units that follow each other, with the addresses of the operands' pieces, the first unit and how
 *  many; false ends it, and what that piece wrote is lost. A piece has at most `mostUnits` and as many as the stage holds. Arrays outside the memory are copied to the stage and back. */
export function inPieces(
  units: number,
  mostUnits: number,
  operands: readonly Operand[],
  work: (addresses: readonly number[], first: number, count: number) => void | false,
): void {
  const { memory } = load();
  const sizes = operands.map(({ array, each }) => each * (array?.BYTES_PER_ELEMENT ?? 1));
  const places = operands.map(({ array }) => (array ? addressOf(array) : undefined));
  const isWhole = ({ use }: Operand): boolean => use === "whole";
  const stagedBytes = (of: (operand: Operand) => boolean): number =>
    operands.reduce((sum, operand, k) => (places[k] === undefined && of(operand) ? sum + sizes[k] : sum), 0);
  const free = stageBytes - LIST_BYTES - 128 * operands.length - stagedBytes(isWhole);
  const fitting = Math.floor(
    free /
      Math.max(
        1,
        stagedBytes((operand) => !isWhole(operand)),
      ),
  );
  const perPiece = Math.max(1, Math.min(mostUnits, fitting));
  let next = STAGE + LIST_BYTES;
  const starts = operands.map((_, k) => {
    const place = places[k];
    if (place !== undefined) return place;
    const start = next;
    // Kernels that take several at a time write a little past the last.
    next += Math.ceil((sizes[k] * (isWhole(operands[k]) ? 1 : perPiece)) / 64) * 64 + 64;
    return start;
  });
  const addresses = starts.slice();
  const views = operands.map((operand, k) => {
    const { array, each } = operand;
    if (!array || places[k] !== undefined) return undefined;
    const view = viewLike(array, memory.buffer, starts[k], isWhole(operand) ? each : each * perPiece);
    if (isWhole(operand)) view.set(array);
    return view;
  });
  for (let first = 0; first < units; first += perPiece) {
    const count = Math.min(perPiece, units - first);
    for (let k = 0; k < operands.length; k++) {
      const { array, each, use } = operands[k];
      const view = views[k];
      if (places[k] !== undefined && use !== "whole") addresses[k] = starts[k] + first * sizes[k];
      else if (array && view && use === "in") view.set(array.subarray(first * each, (first + count) * each));
    }
    if (work(addresses, first, count) === false) return;
    for (let k = 0; k < operands.length; k++) {
      const { array, each, use } = operands[k];
      const view = views[k];
      if (array && view && use === "out") array.set(view.subarray(0, count * each), first * each);
    }
  }
}

function viewLike(array: KernelArray, buffer: ArrayBuffer, at: number, length: number): KernelArray {
  const View = array.constructor as new (buffer: ArrayBuffer, at: number, length: number) => KernelArray;
  return new View(buffer, at, length);
}

interface Views {
  readonly buffer: ArrayBuffer;
  readonly bytes: Uint8Array;
  readonly floats: Float32Array;
  readonly doubles: Float64Array;
  /** For blocks of parameters. */
  readonly view: DataView;
}
let views: Views | undefined;

/** The whole memory: for a few numbers at an address, where making a view takes longer than reading them. */
export function memoryViews(): Views {
  const { buffer } = load().memory;
  if (views?.buffer === buffer) return views;
  views = {
    buffer,
    bytes: new Uint8Array(buffer),
    floats: new Float32Array(buffer),
    doubles: new Float64Array(buffer),
    view: new DataView(buffer),
  };
  return views;
}

/** Bytes at `address` of the memory. */
export function memoryBytes(address: number, length: number): Uint8Array {
  return new Uint8Array(load().memory.buffer, address, length);
}

/** Copies lists of numbers to where kernels find them, LIST_STRIDE bytes for each. */
export function placeLists(lists: readonly (Float32Array | Uint32Array | Uint8Array)[]): void {
  const { buffer } = load().memory;
  lists.forEach((list, k) => viewLike(list, buffer, LISTS + LIST_STRIDE * k, list.length).set(list));
}
