/** This thread's instance of the layer kernels (assembly/layers) and the memory that they work on.
 *
 *  The memory has three parts: the module's own data; a stage, to which pieces of arrays are copied while a kernel works on them; and an
 *  arena, in which whole arrays live, so that no piece need be copied. A layer's job reserves the arena that it wants and takes arrays from
 *  it. The next `reserve` gives their bytes to others, so a job copies what it hands on. */
import { instantiate, pageBytes, type WasmMemory } from "./module";
import { LIST_BYTES, LIST_STRIDE, LISTS, STAGE, type LayersModule } from "./generated/layers";

export type KernelArray = Float32Array | Float64Array | Int8Array | Uint8Array | Int32Array | Uint32Array;

export const stageBytes = 1 << 20;
const arenaAt = STAGE + stageBytes;
/** The largest arena in bytes that a job gets, and the largest memory that a thread keeps from one layer to the next. */
const mostArena = 1 << 28;
const mostKept = 1 << 26;

interface Loaded {
  readonly functions: LayersModule;
  readonly memory: WasmMemory;
}

let loaded: Loaded | undefined;
/** How many bytes of the arena are taken, and the address where it ends. Outside a job it has no bytes. */
let arenaUsed = 0;
let arenaEnd = 0;

function load(): Loaded {
  return (loaded ??= instantiate<LayersModule>("layers", stageBytes, 1 + (stageBytes + mostArena) / pageBytes));
}

export function layerFunctions(): LayersModule {
  return load().functions;
}

/** Begins a job with an arena of `bytes` bytes. Arrays that an earlier job took from it must not be used any more. */
export function reserve(bytes: number): void {
  const { memory } = load();
  arenaUsed = 0;
  arenaEnd = 0;
  if (bytes > mostArena) return;
  const missing = arenaAt + bytes - memory.buffer.byteLength;
  try {
    if (missing > 0) memory.grow(Math.ceil(missing / pageBytes));
    arenaEnd = arenaAt + bytes;
  } catch (error) {
    // The system has no more memory: arrays will come from the heap.
    if (!(error instanceof RangeError)) throw error;
  }
}

/** Ends a job: arrays come from the heap again, and a memory that has grown large is given back to the system. */
export function release(): void {
  arenaUsed = 0;
  arenaEnd = 0;
  if (loaded && loaded.memory.buffer.byteLength > mostKept) loaded = undefined;
}

/** Runs a part of a job; the arrays that it takes from the arena are lost when it ends. */
export function inPart<Result>(work: () => Result): Result {
  const used = arenaUsed;
  try {
    return work();
  } finally {
    arenaUsed = used;
  }
}

function take(bytes: number): { buffer: ArrayBuffer; at: number } | undefined {
  const at = arenaAt + arenaUsed;
  if (at + bytes > arenaEnd) return undefined;
  const { buffer } = load().memory;
  arenaUsed += Math.ceil(bytes / 64) * 64;
  return { buffer, at };
}

/** An array of `length` float32 in the arena. It holds whatever was there before. Outside a job, and when the arena is full, the array comes
 *  from the heap and holds zeros. */
export function arenaFloats(length: number): Float32Array {
  const place = take(4 * length);
  return place ? new Float32Array(place.buffer, place.at, length) : new Float32Array(length);
}
/** The same for bytes. */
export function arenaBytes(length: number): Uint8Array {
  const place = take(length);
  return place ? new Uint8Array(place.buffer, place.at, length) : new Uint8Array(length);
}

/** The address of an array that lies in the kernels' memory. */
export function addressOf(array: ArrayBufferView): number | undefined {
  return array.buffer === loaded?.memory.buffer ? array.byteOffset : undefined;
}

/** What a kernel works on: `each` elements for a unit, such as the weights of a block. */
export interface Operand {
  /** Where it is absent, the kernel gets scratch of `each` bytes a unit on the stage. */
  readonly array?: KernelArray;
  readonly each: number;
  /** An operand of use "whole" is read in full at every piece; its `each` is the length of the array. */
  readonly use: "in" | "out" | "scratch" | "whole";
}

/** How many elements an array of use "whole" may have. */
export const mostWhole = 1 << 17;

/** Calls `work` for one piece of the `units` units after another, with the addresses of the operands' parts, the number of the piece's first
 *  unit and how many units it has: `mostUnits`, or fewer where the stage does not hold as many. Arrays outside the memory are copied to the
 *  stage and back. When `work` returns false, no further piece follows, and what this one wrote on the stage is not copied back. */
export function inPieces(
  units: number,
  mostUnits: number,
  operands: readonly Operand[],
  work: (addresses: readonly number[], first: number, count: number) => void | false,
): void {
  const { memory } = load();
  const sizes = operands.map(({ array, each }) => each * (array?.BYTES_PER_ELEMENT ?? 1));
  const places = operands.map(({ array }) => (array ? addressOf(array) : undefined));
  if (!places.includes(undefined)) {
    inPlace(units, mostUnits, { operands, sizes, places: places as readonly number[] }, work);
    return;
  }
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
    if (!untilTrap(() => work(addresses, first, count))) return;
    for (let k = 0; k < operands.length; k++) {
      const { array, each, use } = operands[k];
      const view = views[k];
      if (array && view && use === "out") array.set(view.subarray(0, count * each), first * each);
    }
  }
}

/** The same where all arrays lie in the memory: nothing is copied, and no stage limits a piece. */
function inPlace(
  units: number,
  mostUnits: number,
  { operands, sizes, places }: { operands: readonly Operand[]; sizes: readonly number[]; places: readonly number[] },
  work: (addresses: readonly number[], first: number, count: number) => void | false,
): void {
  const addresses = places.slice();
  const perPiece = Math.max(1, Math.floor(mostUnits));
  for (let first = 0; first < units; first += perPiece) {
    for (let k = 0; first > 0 && k < places.length; k++)
      if (operands[k].use !== "whole") addresses[k] = places[k] + first * sizes[k];
    if (!untilTrap(() => work(addresses, first, Math.min(perPiece, units - first)))) return;
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
  readonly words: Uint32Array;
  readonly doubles: Float64Array;
  /** Through it blocks of parameters are written. */
  readonly view: DataView;
}
let views: Views | undefined;

/** Views of the whole memory, for reading a few numbers at an address: making a view for them takes longer than reading them. */
export function memoryViews(): Views {
  const { buffer } = load().memory;
  if (views?.buffer === buffer) return views;
  views = {
    buffer,
    bytes: new Uint8Array(buffer),
    floats: new Float32Array(buffer),
    words: new Uint32Array(buffer),
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

/** Calls `work`; false where it returned false. A kernel that trapped may have written over its own tables: the next call gets a new instance. */
function untilTrap(work: () => void | false): boolean {
  try {
    return work() !== false;
  } catch (error) {
    if (error instanceof Error && error.name === "RuntimeError") loaded = views = undefined;
    throw error;
  }
}
