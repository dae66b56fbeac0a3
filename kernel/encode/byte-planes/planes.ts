/** Blocks of up to 512 KiB, coded without loss by byte planes.
 *
 *  The bits of a trained weight are unequal: exponents of BF16, F16 and F32 carry some 2.7 bits, signs and mantissas are noise. So a
 *  block is taken apart by its layout (block-layout.ts), byte p of all elements becomes plane p, and each plane is stored in the form that
 *  is shortest (plane.ts). NaN payloads, −0 and subnormal numbers are bits like any other. Against a base, a model that this one was made
 *  from, the elements may first be replaced by their difference from the base's.
 *
 *  | bytes        | what |
 *  | 1            | 0 the block as it is, and nothing else follows; 1 planes; 3 planes of x xor base; 5 planes of fold(order(x) − order(base)) |
 *  | 5 per plane  | form of the plane; u32 bytes of it |
 *  | …            | the planes |
 *  Version 1 of the archive: 0 the block as it is; 1 planes; 2 planes of elements rotated left by one bit; elements only.
 *
 *  Everything lies in the kernels' memory: `from`, `to` are addresses. */
import { HASH, places, POINTERS, type PlaneKernels } from "../../loops/plane-memory";
import { planeLoops } from "../../loops/planes";
import type { BytesPart, CodesPart, Layout } from "./block-layout";
import { readPlane, writePlane, type Fail } from "./plane";

export type { Fail } from "./plane";

/** How a block comes from its base. */
const operations = { none: 0, exclusiveOr: 2, difference: 4 } as const;
type Operation = (typeof operations)[keyof typeof operations];

/** Bytes of a plane's entry in the table. */
const entryBytes = 5;

/** Planes of a part, and bytes of each, for so many records. */
export function planesOf(part: BytesPart | CodesPart, records: number): { count: number; length: number } {
  if ("codes" in part) return { count: 1, length: records * part.codes.weights };
  return { count: part.width, length: (records * part.bytes) / part.width };
}

function planesOfAll({ parts }: Layout, records: number): number {
  return parts.reduce((sum, part) => sum + planesOf(part, records).count, 0);
}

/** Codes the `length` bytes at `from`, whole records, at least one and at most `blockBytesOf` the layout, to `to`; gives the bytes of the
 *  block, at most `length` + 1. `base`: the same part of the base. */
export function encodeBlock(
  kernels: PlaneKernels,
  from: number,
  length: number,
  layout: Layout,
  to: number,
  base?: Uint8Array,
): number {
  const write = (operation: Operation): number => writeBlock(kernels, from, length, layout, to, operation);
  if (!base) return write(operations.none);
  kernels.memory.set(base, places.base);
  const tries: Operation[] = [operations.none, operations.exclusiveOr];
  if (isElements(layout)) tries.push(operations.difference);
  const sizes = tries.map(write);
  const least = Math.min(...sizes);
  const best = sizes.lastIndexOf(least);
  return best === sizes.length - 1 ? least : write(tries[best]);
}

function isElements({ parts }: Layout): boolean {
  return parts.length === 1 && !("codes" in parts[0]);
}

function writeBlock(
  kernels: PlaneKernels,
  from: number,
  length: number,
  layout: Layout,
  to: number,
  operation: Operation,
): number {
  const { memory, view } = kernels;
  const source = operation === operations.none ? from : subtractBase(kernels, from, length, layout, operation);
  const records = length / layout.recordBytes;
  let entry = to + 1;
  let at = entry + entryBytes * planesOfAll(layout, records);
  let isRaw = operation === operations.none;
  memory[to] = 1 + operation;
  for (const part of layout.parts) {
    const planes = planesOf(part, records);
    takeApart(kernels, source, part, layout, records, operation === operations.none);
    for (let p = 0; p < planes.count; p++) {
      const { form, end } = writePlane(kernels, places.planes + p * planes.length, planes.length, at);
      memory[entry] = form;
      view.setUint32(entry + 1, end - at, true);
      isRaw &&= form === 0 && !("codes" in part);
      entry += entryBytes;
      at = end;
    }
  }
  if (!isRaw && (at - to <= length || operation !== operations.none)) return at - to;
  memory[to] = 0;
  kernels.copy(from, to + 1, length);
  return length + 1;
}

/** Gives the address of the difference. */
function subtractBase(
  kernels: PlaneKernels,
  from: number,
  length: number,
  { parts: [part] }: Layout,
  operation: Operation,
): number {
  kernels.copy(from, places.elements, length);
  if (operation === operations.exclusiveOr) kernels.exclusiveOr(places.elements, places.base, length);
  else if (!("codes" in part))
    kernels.subtract(places.elements, places.base, length / part.width, part.width, part.isFloat);
  return places.elements;
}

/** Makes the planes of one part of all records. */
export function takeApart(
  kernels: PlaneKernels,
  from: number,
  part: BytesPart | CodesPart,
  { recordBytes, parts }: Layout,
  records: number,
  rotate: boolean,
): void {
  const { memory } = kernels;
  if ("codes" in part) {
    const { weights, bytes } = part.codes;
    const codes = memory.subarray(places.planes, places.planes + records * weights);
    planeLoops.unpackCodes(part.codes, memory.subarray(from, from + records * bytes), codes);
    return;
  }
  const { offset, bytes, width, isFloat } = part;
  if (parts.length > 1) kernels.gather(from, places.fields, records, recordBytes, offset, bytes);
  const elements = parts.length > 1 ? places.fields : from;
  kernels.split(elements, places.planes, (records * bytes) / width, width, rotate && isFloat);
}

/** The least and the most bytes that a block of `length` bytes takes when coded. */
export function blockLimits(length: number): { least: number; most: number } {
  return { least: 1 + entryBytes + 1, most: length + 1 };
}

/** What a block is read with. */
export interface BlockReading {
  /** Called for bytes that `encodeBlock` does not write. */
  readonly fail: Fail;
  /** Of the archive. */
  readonly version: 1 | 2;
  /** The same part of the base, for a block that was coded against one. */
  readonly base?: Uint8Array | undefined;
}

/** Some bytes of the kernels' memory. */
export interface Stretch {
  readonly at: number;
  readonly length: number;
}

/** Decodes a block into `out`, whole records. */
export function decodeBlock(
  kernels: PlaneKernels,
  block: Stretch,
  layout: Layout,
  out: Stretch,
  reading: BlockReading,
): void {
  const { memory } = kernels;
  const { fail, version, base } = reading;
  const { at: from, length: size } = block;
  const { at: to, length } = out;
  const method = memory[from];
  if (method === 0) {
    if (size !== length + 1) fail(`a raw block of ${size} bytes`, `${length + 1}`, 0);
    kernels.copy(from + 1, to, length);
    return;
  }
  const isKnown = version === 1 ? method <= 2 : method === 1 || ((method === 3 || method === 5) && base);
  if (!isKnown) fail(`block method ${method}`, version === 1 ? "0, 1 or 2" : base ? "0, 1, 3 or 5" : "0 or 1", 0);
  if (method === 5 && !isElements(layout)) fail("a difference of records", "method 0, 1 or 3", 0);
  if (size > length + 1) fail(`a block of ${size} bytes`, `at most ${length + 1}`, 0);
  const rotate = version === 1 ? method === 2 : method === 1;
  readPlanes(kernels, block, layout, out, rotate, reading);
  if (method <= 2 || !base) return;
  memory.set(base, places.base);
  const [part] = layout.parts;
  if (method === 3) kernels.exclusiveOr(to, places.base, length);
  else if (!("codes" in part)) kernels.add(to, places.base, length / part.width, part.width, part.isFloat);
}

function readPlanes(
  kernels: PlaneKernels,
  { at: block, length: size }: Stretch,
  layout: Layout,
  out: Stretch,
  rotate: boolean,
  { fail, version }: BlockReading,
): void {
  const { memory, view } = kernels;
  const records = out.length / layout.recordBytes;
  const tableBytes = entryBytes * planesOfAll(layout, records);
  if (size < 1 + tableBytes) fail("the planes' table ends early", `${tableBytes} bytes`, 1);
  let entry = block + 1;
  let at = entry + tableBytes;
  for (const part of layout.parts) {
    const planes = planesOf(part, records);
    for (let p = 0; p < planes.count; p++, entry += entryBytes) {
      const bytes = view.getUint32(entry + 1, true);
      const left = block + size - at;
      if (bytes > left) fail(`a plane of ${bytes} bytes`, `at most the ${left} that are left`, entry + 1 - block);
      const stored = { block, start: at, size: bytes, fail };
      const place = places.planes + p * planes.length;
      kernels.pointers[p] = readPlane(kernels, memory[entry], stored, place, planes.length, version === 1 ? 2 : 4);
      at += bytes;
    }
    putTogether(kernels, part, layout, out.at, records, rotate);
  }
  if (at !== block + size) fail(`${block + size - at} bytes are left over`, "the end of the block", at - block);
}

export function putTogether(
  kernels: PlaneKernels,
  part: BytesPart | CodesPart,
  { recordBytes, parts }: Layout,
  to: number,
  records: number,
  rotate: boolean,
): void {
  if ("codes" in part) return packCodes(kernels, part, kernels.pointers[0], to, records);
  const { offset, bytes, width, isFloat } = part;
  const elements = parts.length > 1 ? places.fields : to;
  kernels.merge(POINTERS, elements, (records * bytes) / width, width, rotate && isFloat);
  if (parts.length > 1) kernels.scatter(places.fields, to, records, recordBytes, offset, bytes);
}

/** The fields of the records come first in a layout, so that they are there already. */
function packCodes(kernels: PlaneKernels, { codes }: CodesPart, from: number, to: number, records: number): void {
  const { memory } = kernels;
  const { weights, bytes } = codes;
  const fields = codes.fields.map((field) => {
    kernels.gather(to, places.fields, records, bytes, field.at, field.bytes);
    return memory.slice(places.fields, places.fields + records * field.bytes);
  });
  const stored = memory.subarray(from, from + records * weights);
  planeLoops.packCodes(codes, stored, fields, memory.subarray(to, to + records * bytes));
}

/** XXH64 of the `length` bytes at `from`. */
export function hashAt(kernels: PlaneKernels, from: number, length: number): bigint {
  kernels.hash(from, length, HASH);
  return kernels.view.getBigUint64(HASH, true);
}
