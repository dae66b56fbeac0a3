/** Byte planes as a step: `planes()` codes floats, whose bytes differ in kind, plane by plane; `delta()` codes an array against another.
 *
 *  Stored by planes (5): the layout (block-layout.ts: varint width + 16 for floats, or 64 and the number of ggml's block type); one byte:
 *    0  in the archive's blocks (planes.ts), each behind a varint of its bytes, choosing for each plane of a block what is shortest;
 *    1  by another coder: for each plane, that of the lowest byte first, one byte, 0 raw or the coder's number, varint bytes, the bytes.
 *  Stored by delta (8): the layout; u64 XXH64 of the base's bytes; the archive's blocks as above. */
import { free } from "../bytes/array-memory";
import { OptionError } from "../errors";
import { countSymbols } from "../measure/entropy";
import { checkOptionNames } from "../options";
import { ownLane, places } from "../loops/plane-memory";
import { planeLoops } from "../loops/planes";
import { dtypes } from "../tensor/dtype";
import type { Step } from "../tensor/step";
import {
  blockBytesOf,
  layoutCodeFrom,
  layoutCodeOf,
  layoutOf,
  numbersOf,
  type Layout,
  type LayoutCode,
} from "./byte-planes/block-layout";
import { sourceOfBytes, type ByteSource } from "./byte-source";
import { coderIn, formsOf, type ByteForm, type Coder } from "./coder";
import { symbolCoders } from "./coders";
import { ByteWriter, type ArrayType, type ByteReader } from "./container/container";
import { hashBytes64 } from "./byte-planes/hash";
import { blockLimits, decodeBlock, encodeBlock, planesOf, putTogether, takeApart } from "./byte-planes/planes";

/** Options of `planes()`. */
export interface PlanesOptions {
  /** What the array's bytes are, when the array does not say: "BF16" or "F16" in a Uint16Array, any type in a Uint8Array. */
  type?: string;
  /** The coder of each plane: huffman(), rans(), horner(), zstd(). Without it, the archive's own, which chooses among forms. */
  coder?: Step;
}

/** The step that `planes()` gives, checked and frozen. */
export interface PlanesStep extends Step {
  /** Names the coder. */
  readonly kind: "planes";
  /** What the array's bytes are: "BF16"; absent where the array says it. */
  readonly type?: string;
  /** The coder of each plane; absent: the archive's own, which chooses among forms. */
  readonly coder?: Step;
}

/** Options of `delta()`. */
export interface DeltaOptions {
  /** As of `planes()`. */
  type?: string;
}

/** The step that `delta()` gives, checked and frozen. */
export interface DeltaStep extends Step {
  /** Names the coder. */
  readonly kind: "delta";
  /** What the array's bytes are: "BF16"; absent where the array says it. */
  readonly type?: string;
}

const innerKinds = (): string[] => symbolCoders.map(({ kind }) => kind);

function checkType(method: string, type: string | undefined): { type?: string } {
  if (type === undefined) return {};
  if (typeof type === "string" && Object.hasOwn(dtypes, type)) return { type };
  throw new OptionError(`${method}(): type is ${JSON.stringify(type)}; it takes ${Object.keys(dtypes).join(", ")}`);
}

/** The step "byte planes": `planes()`, `planes({ type: "BF16" })`, `planes({ coder: rans() })`. Exponents, signs and mantissas of floats are
 *  told apart and coded each by its own statistics. Throws `OptionError` for an unknown option. */
export function planes(options: PlanesOptions = {}): PlanesStep {
  checkOptionNames("planes", options, ["type", "coder"]);
  const step = { kind: "planes" as const, ...checkType("planes", options.type) };
  if (options.coder === undefined) return Object.freeze(step);
  if (!innerKinds().includes(options.coder?.kind))
    throw new OptionError(
      `planes(): its coder is ${JSON.stringify(options.coder?.kind)}; it takes ${innerKinds()
        .map((kind) => `${kind}()`)
        .join(", ")}`,
    );
  return Object.freeze({ ...step, coder: options.coder });
}

/** The step "difference from a base": `encode(tuned, delta(), { base })`, and `decode(bytes, { base })` with an array of the same bytes. Of
 *  files, `pack(file, archive, { base })` does it. Throws `OptionError` for an unknown option. */
export function delta(options: DeltaOptions = {}): DeltaStep {
  checkOptionNames("delta", options, ["type"]);
  return Object.freeze({ kind: "delta" as const, ...checkType("delta", options.type) });
}

const typeOfArray: Readonly<Record<string, string>> = {
  ...{ Uint8Array: "U8", Int8Array: "I8", Uint16Array: "U16", Int16Array: "I16", Int32Array: "I32", string: "U16" },
  ...{ Float32Array: "F32", Float64Array: "F64" },
};

function layoutFor(step: PlanesStep | DeltaStep, array: ArrayType, length: number): LayoutCode {
  return layoutCodeOf(step.type ?? typeOfArray[array.name], length);
}

function writeBlocks(source: ByteSource, layout: Layout, base: Uint8Array | undefined, writer: ByteWriter): number {
  const kernels = planeLoops.own();
  const { input, output } = ownLane;
  const step = blockBytesOf(layout);
  let total = 0;
  for (let from = 0; from < source.length; from += step) {
    const block = source.part(from, Math.min(source.length, from + step));
    kernels.memory.set(block, input);
    const size = encodeBlock(kernels, input, block.length, layout, output, base?.subarray(from, from + step));
    writer.varint(size);
    writer.bytes(kernels.memory.subarray(output, output + size));
    total += size;
  }
  return 8 * total;
}

function readBlocks(
  reader: ByteReader,
  length: number,
  layout: Layout,
  create: () => Uint8Array,
  base: Uint8Array | undefined,
): void {
  const kernels = planeLoops.own();
  const { input, output } = ownLane;
  const step = blockBytesOf(layout);
  if (Math.ceil(length / step) * 8 > reader.left + 8)
    reader.fail(`${length} bytes in blocks of ${step}`, `${reader.left} bytes or fewer for all blocks`);
  const out = create();
  for (let from = 0; from < length; from += step) {
    const bytes = Math.min(step, length - from);
    const start = reader.offset;
    const size = reader.varint("the bytes of a block", blockLimits(bytes).most);
    const block = reader.part(size, "a block");
    if (size === 0) reader.fail("a block of no bytes", "one or more", start);
    const fail = (problem: string, expected: string, offset: number): never =>
      reader.fail(problem, expected, block.end - size + offset);
    kernels.memory.set(reader.bytes.subarray(block.offset, block.end), input);
    const baseBlock = base?.subarray(from, from + bytes);
    const to = { at: output, length: bytes };
    decodeBlock(kernels, { at: input, length: size }, layout, to, { fail, version: 2, base: baseBlock });
    out.set(kernels.memory.subarray(output, output + bytes), from);
  }
}

/** All planes of `bytes`, the lowest first; of records those of one field behind those of another. */
export function splitIntoPlanes(bytes: Uint8Array, layout: Layout): Uint8Array[] {
  return splitSource(sourceOfBytes(bytes), layout, lengthsOfPlanes(bytes.length, layout));
}

/** Bytes of each plane. */
function lengthsOfPlanes(length: number, layout: Layout): number[] {
  return layout.parts.flatMap((part) => {
    const { count, length: each } = planesOf(part, length / layout.recordBytes);
    return new Array<number>(count).fill(each);
  });
}

/** The planes of such lengths; those of length 0 are passed over. */
function splitSource(source: ByteSource, layout: Layout, lengths: readonly number[]): Uint8Array[] {
  const kernels = planeLoops.own();
  const all = lengths.map((length) => new Uint8Array(length));
  forEachBlock(source.length, layout, (from, size) => {
    kernels.memory.set(source.part(from, from + size), ownLane.input);
    let plane = 0;
    for (const part of layout.parts) {
      takeApart(kernels, ownLane.input, part, layout, size / layout.recordBytes, true);
      const before = planesOf(part, from / layout.recordBytes).length;
      const { count, length } = planesOf(part, size / layout.recordBytes);
      for (let p = 0; p < count; p++, plane++) {
        const at = places.planes + p * length;
        if (all[plane].length > 0) all[plane].set(kernels.memory.subarray(at, at + length), before);
      }
    }
  });
  return all;
}

/** Planes of so many bytes are made all at once, those of more each when its turn comes. */
const mostAtOnce = 2 ** 25;

/** Codes the planes one after the other; the sum of the bits of their payloads. */
function writePlanes(source: ByteSource, layout: Layout, coder: Step, writer: ByteWriter): number {
  const lengths = lengthsOfPlanes(source.length, layout);
  if (source.length <= mostAtOnce)
    return splitSource(source, layout, lengths).reduce((sum, plane) => sum + writePlane(plane, coder, writer), 0);
  return lengths.reduce((sum, _, own) => {
    const only = lengths.map((length, at) => (at === own ? length : 0));
    const plane = splitSource(source, layout, only)[own];
    const bits = writePlane(plane, coder, writer);
    free(plane);
    return sum + bits;
  }, 0);
}

/** The inverse, into `out`. */
export function joinPlanes(all: readonly Uint8Array[], layout: Layout, out: Uint8Array): void {
  const kernels = planeLoops.own();
  forEachBlock(out.length, layout, (from, size) => {
    let plane = 0;
    for (const part of layout.parts) {
      const before = planesOf(part, from / layout.recordBytes).length;
      const { count, length } = planesOf(part, size / layout.recordBytes);
      for (let p = 0; p < count; p++, plane++) {
        kernels.pointers[p] = places.planes + p * length;
        kernels.memory.set(all[plane].subarray(before, before + length), kernels.pointers[p]);
      }
      putTogether(kernels, part, layout, ownLane.output, size / layout.recordBytes, true);
    }
    out.set(kernels.memory.subarray(ownLane.output, ownLane.output + size), from);
  });
}

function forEachBlock(length: number, layout: Layout, act: (from: number, size: number) => void): void {
  const step = blockBytesOf(layout);
  for (let from = 0; from < length; from += step) act(from, Math.min(step, length - from));
}

function readLayout(reader: ByteReader, length: number): Layout {
  const start = reader.offset;
  const code = layoutCodeFrom(() => reader.varint("the layout", 255));
  if (!code) return reader.fail("an unknown layout", "1, 2, 4 or 8, with 16 for floats, or a block type", start);
  const layout = layoutOf(code);
  if (length % layout.recordBytes !== 0)
    reader.fail(`records of ${layout.recordBytes} bytes in ${length}`, "a divisor", start);
  return layout;
}

const bytesType: ArrayType = {
  name: "Uint8Array",
  width: 1,
  minimum: 0,
  maximum: 255,
  create: (n) => new Uint8Array(n),
};

function writePlane(plane: Uint8Array, step: Step, writer: ByteWriter): number {
  const form = coderIn(symbolCoders, step).formFor(step, plane.length);
  const start = writer.length;
  const bits =
    "encodeBytes" in form
      ? form.encodeBytes(sourceOfBytes(plane), bytesType, step, writer, {})
      : form.encode(plane, step, writer, countSymbols(plane));
  const size = writer.length - start;
  const isShorter = size < plane.length;
  const head = new ByteWriter();
  head.byte(isShorter ? form.id : 0);
  head.varint(isShorter ? size : plane.length);
  if (isShorter) writer.insert(start, head.written);
  else {
    writer.cut(start);
    writer.bytes(head.written);
    writer.bytes(plane);
  }
  return isShorter ? bits : 8 * plane.length;
}

function readPlane(reader: ByteReader, length: number): Uint8Array {
  const id = reader.byte();
  const part = reader.part(reader.varint("the bytes of a plane", length), "a plane");
  if (id === 0) {
    if (part.left !== length) reader.fail(`a raw plane of ${part.left} bytes`, `${length}`, part.offset);
    return part.bytes.subarray(part.offset, part.end);
  }
  const form = formsOf(symbolCoders).get(id)?.form;
  if (!form) return reader.fail(`coder ${id} of a plane`, "0 (raw) or a coder of bytes", part.offset);
  let plane = new Uint8Array(0);
  const create = (): Uint8Array => (plane = new Uint8Array(length));
  if ("decodeBytes" in form) form.decodeBytes(part, length, create, {});
  else form.decode(part, length, { minimum: 0, maximum: 255 }, create);
  if (part.left !== 0) part.fail(`${part.left} bytes are left over`, "the end of the plane");
  return plane;
}

const planesForm: ByteForm<PlanesStep> = {
  id: 5,
  encodeBytes(source, type, step, writer) {
    const code = layoutFor(step, type, source.length);
    numbersOf(code).forEach((number) => writer.varint(number));
    writer.byte(step.coder ? 1 : 0);
    if (!step.coder) return writeBlocks(source, layoutOf(code), undefined, writer);
    return writePlanes(source, layoutOf(code), step.coder, writer);
  },
  decodeBytes(reader, length, create) {
    const layout = readLayout(reader, length);
    const mode = reader.byte();
    if (mode === 0) return readBlocks(reader, length, layout, create, undefined);
    if (mode !== 1) reader.fail(`byte value ${mode}`, "0 for blocks or 1 for planes", reader.offset - 1);
    const all = lengthsOfPlanes(length, layout).map((each) => readPlane(reader, each));
    joinPlanes(all, layout, create());
  },
};

/** The coder of `planes()` steps. */
export const planesCoder: Coder<PlanesStep> = {
  kind: "planes",
  forms: [planesForm],
  formFor: () => planesForm,
  label: ({ coder }) => (coder ? `planes ${coderIn(symbolCoders, coder).label(coder)}` : "planes"),
  floatStep: (step, type): PlanesStep => ({ type, ...step }),
};

const deltaForm: ByteForm<DeltaStep> = {
  id: 8,
  encodeBytes(source, type, step, writer, { base }) {
    if (!base)
      throw new OptionError(
        "delta(): it needs a base: encode(data, delta(), { base }), or of files pack(source, target, { base })",
      );
    const code = layoutFor(step, type, source.length);
    numbersOf(code).forEach((number) => writer.varint(number));
    const hash = hashBytes64(base);
    writer.little(Number(hash & 0xffffffffn), 4);
    writer.little(Number(hash >> 32n), 4);
    return writeBlocks(source, layoutOf(code), base, writer);
  },
  decodeBytes(reader, length, create, { base }) {
    const layout = readLayout(reader, length);
    const start = reader.offset;
    let hash = 0n;
    for (let k = 0n; k < 64n; k += 8n) hash |= BigInt(reader.byte()) << k;
    if (!base || hashBytes64(base) !== hash)
      return reader.fail(
        base ? `the base has XXH64 ${hashBytes64(base).toString(16)}` : "no base was given",
        `decode(bytes, { base }) with the ${length} bytes of XXH64 ${hash.toString(16)}`,
        start,
      );
    readBlocks(reader, length, layout, create, base);
  },
};

/** The coder of `delta()` steps. */
export const deltaCoder: Coder<DeltaStep> = {
  kind: "delta",
  forms: [deltaForm],
  formFor: () => deltaForm,
  label: () => "delta",
};
