/** ggml's block formats, the types of GGUF files: `ggml({ type: "Q4_K" })` quantizes every weight matrix to one type, `ggml({ mix:
 *  "Q4_K_M" })` each to the type that llama.cpp's rules give it (ggml/mix.ts). The codes and scales, and so the file's bytes, are
 *  those of llama.cpp's x86-64 baseline build, bit for bit; kernel/blocks has the methods, their layouts and error bounds.
 *
 *  weights (…, columns) f32 → codes (…, columns), one for each weight, and a table for each field of the blocks: (blocks, bytes) u8.
 *  Blocks lie along the last dimension, as GGUF has it. Rows that are no whole number of blocks get another type: Q4_K → Q5_0, Q5_K →
 *  Q5_1, Q6_K → Q8_0, Q2_K, Q3_K, TQ1_0, TQ2_0 → Q4_0, IQ4_XS → IQ4_NL, where 32 divides the row, else float16 (codes are its bits). The
 *  label says so: "ggml Q5_0 for Q4_K". */
import { decodeFloat16, encodeFloat16 } from "../bytes/half-float";
import { blockCodecs, writtenBlocks, type BlockCodec, type WrittenBlock } from "../blocks";
import { OptionError } from "../errors";
import type { NamedShape } from "../network";
import { checkChoice, checkNumber, checkOptionNames } from "../options";
import type { Shape } from "../tensor/tensor";
import type { Step } from "../tensor/step";
import type { BlockParts } from "../loops/blocks";
import { fittingType, mixes, mixTypeOf, type GgmlMix, type GgmlTarget } from "./ggml/mix";
import { quantizedFromBlocks } from "./ggml/from-blocks";
import { mixFacts } from "./ggml/place";
import { freezeStep, rowsOf } from "../grid/groups";
import { loops } from "../loops/loops";
import { checkFinite } from "../measure/finite";
import type { CodeArray, Quantized, Quantizer, Table } from "./quantizer";
import { tilesOf } from "../grid/tiles";

const method = "ggml";

/** How much the error of each column counts, such as the mean square of the layer's inputs: for one tensor, or by tensor name. */
export type Importance = readonly number[] | Float32Array | Readonly<Record<string, readonly number[] | Float32Array>>;

/** Options of `ggml()`: type or mix. */
export interface GgmlOptions {
  /** One type for all. Instead of `mix`. */
  type?: WrittenBlock;
  /** A mixture of llama.cpp. For models: `compress` chooses the types. */
  mix?: GgmlMix;
  /** Numbers ≥ 0, one for each column, or by tensor name, as `readImportance` gives them; of a tensor (experts, rows, columns) one for each
   *  column, or for each column of each expert. An expert of zeros was reached by no text: its tensor goes without importance. Types without a
   *  search (Q8_0, TQ1_0, TQ2_0, MXFP4, NVFP4) ignore them. */
  importance?: Importance;
}

/** The step that `ggml()` gives, checked and frozen. */
export interface GgmlStep extends Step {
  /** Names the method. */
  readonly kind: "ggml";
  /** One block type for all tensors; in the step of one tensor, the type that it has. */
  readonly type?: GgmlTarget;
  /** The type that the rows did not fit. */
  readonly insteadOf?: WrittenBlock;
  /** A mixture of llama.cpp, until each tensor has its type. */
  readonly mix?: GgmlMix;
  /** In the step of one tensor: matrices that lie one behind the other in it, each with its own importance. */
  readonly experts?: number;
  /** How much the error of each column counts, ≥ 0: one list, or a list by tensor name. */
  readonly importance?: readonly number[] | Readonly<Record<string, readonly number[]>>;
}

/** The step "quantize to ggml's blocks". Throws `OptionError` for an unknown option, type or mixture, for both or neither, and for
 *  importance that is not finite and ≥ 0. */
export function ggml(options: GgmlOptions): GgmlStep {
  checkOptionNames(method, options, ["type", "mix", "importance"]);
  const { type, mix } = options;
  if ((type === undefined) === (mix === undefined))
    throw new OptionError(
      `ggml(): it takes ${type === undefined ? "" : "either "}a type, such as { type: "Q4_K" }, or a mixture, such as { mix: "Q4_K_M" }`,
    );
  const named: string = type ?? "";
  if (mixes.some((name) => name === named) && !writtenBlocks.some((name) => name === named))
    throw new OptionError(
      `ggml(): "${named}" is a mixture, which gives each layer a type of its own: ggml({ mix: "${named}" })`,
    );
  return freezeStep({
    kind: method,
    type: type === undefined ? undefined : checkChoice(method, "type", type, writtenBlocks),
    mix: mix === undefined ? undefined : checkChoice(method, "mix", mix, mixes),
    importance: options.importance === undefined ? undefined : checkImportance(options.importance),
  } as const);
}

function checkImportance(importance: unknown): GgmlStep["importance"] {
  if (Array.isArray(importance) || importance instanceof Float32Array) return checkNumbers(importance, "importance");
  if (typeof importance !== "object" || importance === null)
    throw new OptionError(
      "ggml(): importance takes one number for each column, or an object of such lists by tensor name",
    );
  return Object.freeze(
    Object.fromEntries(
      Object.entries(importance).map(([name, list]) => [name, checkNumbers(list, `importance of "${name}"`)]),
    ),
  );
}

function checkNumbers(list: unknown, what: string): readonly number[] {
  if (!Array.isArray(list) && !(list instanceof Float32Array))
    throw new OptionError(`ggml(): ${what} is no list of numbers`);
  const numbers = Array.from<unknown>(list).map((value, at) => {
    if (typeof value === "number" && value >= 0 && value <= mostImportance) return value;
    throw new OptionError(
      `ggml(): ${what} is ${String(value)} at ${at}; it takes finite numbers, at least 0 and at most ${mostImportance}; only their ratios count`,
    );
  });
  const largest = numbers.reduce((most, value) => Math.max(most, value), 0);
  if (numbers.length > 0 && largest < 1 / mostImportance)
    throw new OptionError(
      largest === 0
        ? `ggml(): ${what} is 0 for all ${numbers.length} columns, so that no error would count; leave it out where all columns count alike`
        : `ggml(): ${what} is at most ${largest}; it takes numbers of which one is ${1 / mostImportance} or more; only their ratios count`,
    );
  return Object.freeze(numbers);
}

/** The most that a column may count: products with squares of weights stay within float32. */
const mostImportance = 1e24;

/** The steps of a model's tensors, one by one: the type by the mixture's rules that fits the tensor's rows, with its own importance;
 *  `undefined` where the mixture leaves a tensor as it is. `model` is all tensors: the rules count layers and heads. */
export function ggmlSteps(step: GgmlStep, model: readonly NamedShape[]): (tensor: NamedShape) => GgmlStep | undefined {
  const { mix } = step;
  if (mix === undefined) return ({ name, shape }) => fittedStep(step, shape, name);
  const facts = mixFacts(model, step.importance !== undefined);
  return ({ name, shape }) => {
    const own = facts.tensors.get(name);
    return own && fittedStep({ ...step, type: mixTypeOf(mix, own, facts.model) }, shape, name);
  };
}

function columnsOf(shape: Shape, count: number): number {
  return shape.length === 0 ? count : shape[shape.length - 1];
}

/** Matrices that lie one behind the other: as the step of a tensor of the model says, else in a tensor of three dimensions. */
function expertsOf(shape: Shape, { experts }: GgmlStep): number {
  return experts ?? (shape.length === 3 ? shape[0] : 1);
}

function fittedStep(step: GgmlStep, shape: Shape, name: string | undefined): GgmlStep {
  const { type } = step;
  if (type === undefined)
    throw new OptionError(`ggml(): a mixture is for models: compress(model, ggml({ mix: "${step.mix ?? ""}" }))`);
  const columns = columnsOf(shape, 1);
  const target = type === "F16" ? type : fittingType(type, columns);
  const importance = importanceOf(step, name);
  const experts = expertsOf(shape, step);
  if (importance && importance.length !== columns && importance.length !== columns * experts)
    throw new OptionError(
      `ggml(): importance${name === undefined ? "" : ` of ${name}`} has ${importance.length} numbers, and the rows ${columns}${experts > 1 ? `; it takes as many, or ${columns * experts} for ${experts} experts` : ""}`,
    );
  const weighed = target !== "F16" && blockCodecs.get(target)?.takesImportance === true;
  return freezeStep({
    kind: method,
    type: target,
    insteadOf: type === target || type === "F16" ? step.insteadOf : type,
    ...(weighed && importance && !hasIdleExpert(importance, columns)
      ? { importance, experts: importance.length > columns ? experts : undefined }
      : {}),
  } as const);
}

/** Checks the step of one tensor: it has a type, which may be F16, and may say which type the rows did not fit, and whose importance it is. */
function checkOfTensor({ kind, type, insteadOf, experts, ...options }: GgmlStep): void {
  if (type !== "F16") checkChoice(kind, "type", type, writtenBlocks);
  if (insteadOf !== undefined) checkChoice(kind, "insteadOf", insteadOf, writtenBlocks);
  if (experts !== undefined) checkNumber(kind, "experts", experts, { minimum: 1, maximum: 2 ** 31, integer: true });
  ggml({ ...options, type: writtenBlocks[0] });
}

/** Whether an expert's columns all count 0: no text reached it. The older files of importance leave out such a tensor. */
function hasIdleExpert(importance: readonly number[], columns: number): boolean {
  for (let start = 0; start < importance.length; start += columns)
    if (importance.slice(start, start + columns).every((value) => value === 0)) return true;
  return false;
}

function importanceOf({ importance }: GgmlStep, name: string | undefined): readonly number[] | undefined {
  if (importance === undefined || isList(importance)) return importance;
  return name !== undefined && Object.hasOwn(importance, name) ? importance[name] : undefined;
}

function isList(importance: NonNullable<GgmlStep["importance"]>): importance is readonly number[] {
  return Array.isArray(importance);
}

function codecOf(type: WrittenBlock): BlockCodec {
  const codec = blockCodecs.get(type);
  if (!codec) throw new OptionError(`ggml(): there is no type "${type}"`);
  return codec;
}

function quantize(weights: Float32Array, shape: Shape, step: GgmlStep, name?: string): Quantized {
  rowsOf(method, shape, weights.length);
  checkFinite(weights, method, name);
  const fitted = fittedStep(step, shape, name);
  const { type } = fitted;
  if (type === "F16" || type === undefined) {
    const codes = new Uint16Array(weights.length);
    for (let i = 0; i < codes.length; i++) codes[i] = encodeFloat16(weights[i]);
    return checkRange({ step: fitted, shape, codes, codeBits: 16, tables: [] }, weights, name);
  }
  const codec = codecOf(type);
  const given = importanceOf(fitted, name);
  const importance = given && Float32Array.from(given);
  const { codes, fields } = encodeBlocks(codec, weights, columnsOf(shape, weights.length), importance);
  const blocks = weights.length / codec.weights;
  const tables = codec.fields.map((field, at): Table => ({
    name: field.name,
    data: fields[at],
    shape: [blocks, field.bytes],
    bitsPerEntry: 8,
  }));
  const stored = codec.signed ? new Int8Array(codes.buffer, codes.byteOffset, codes.length) : codes;
  return checkRange({ step: fitted, shape, codes: stored, codeBits: codec.codeBits, tables }, weights, name);
}

/** The blocks of all rows; where importance is that of several experts, of each expert's rows by its own. */
function encodeBlocks(
  codec: BlockCodec,
  weights: Float32Array,
  columns: number,
  importance: Float32Array | undefined,
): BlockParts {
  if (!importance || importance.length === columns) return loops.blocks.encode(codec, weights, columns, importance);
  const experts = importance.length / columns;
  const each = weights.length / experts;
  const parts = Array.from({ length: experts }, (_, at) => {
    const own = importance.slice(at * columns, (at + 1) * columns);
    const { codes, fields } = loops.blocks.encode(codec, weights.slice(at * each, (at + 1) * each), columns, own);
    // The kernels may give the same memory again.
    return { codes: codes.slice(), fields: fields.map((field) => field.slice()) };
  });
  return {
    codes: joined(parts.map(({ codes }) => codes)),
    fields: codec.fields.map((_, at) => joined(parts.map(({ fields }) => fields[at]))),
  };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const largestHalf = 65504;

/** No block with a float16 scale holds a weight of that size; the search for a scale may find none, and give zeros. */
const beyondHalves = 2 ** 50;

/** Scales and minima are float16: weights that are too large for them would come back as infinite, NaN, or zero. */
function checkRange(quantized: Quantized, weights: Float32Array, name = "weights"): Quantized {
  const count = weights.length;
  const [largest = 0] = loops.tiles.largestMagnitudes(weights, tilesOf(method, [count], count, "tensor", 1, count));
  if (largest <= largestHalf) return quantized;
  const isLost = (weight: number): boolean => largest > beyondHalves && Math.abs(weight) === largest;
  const at = dequantize(quantized).findIndex(
    (value, i) => !Number.isFinite(value) || (value === 0 && isLost(weights[i])),
  );
  if (at < 0) return quantized;
  throw new OptionError(
    `ggml(): ${name} is ${weights[at]} at ${at}; ${label(quantized.step as GgmlStep)} holds its scale as float16, up to ${largestHalf}`,
  );
}

/** Codes and fields of a quantized tensor. */
function blockParts(codec: BlockCodec, { codes, tables }: Quantized): BlockParts {
  const fields = codec.fields.map(({ name }) => tables.find((table) => table.name === name)?.data as Uint8Array);
  return { codes: new Uint8Array(codes.buffer, codes.byteOffset, codes.length), fields };
}

function dequantize(quantized: Quantized): Float32Array {
  const { codes } = quantized;
  const { type } = quantized.step as GgmlStep;
  if (type === "F16" || type === undefined) return decodeHalves(codes);
  const codec = codecOf(type);
  return loops.blocks.decode(codec, blockParts(codec, quantized));
}

function decodeHalves(codes: CodeArray): Float32Array {
  const values = new Float32Array(codes.length);
  for (let i = 0; i < codes.length; i++) values[i] = decodeFloat16(codes[i]);
  return values;
}

/** A tensor as a GGUF file holds it: the type's name and the bytes of its blocks, row after row. `quantized` is what `quantize` gave for
 *  a `ggml` step. Throws `OptionError` for another method's. */
export function ggmlBytes(quantized: Quantized): {
  /** The type's name in the file. */
  type: GgmlTarget;
  /** Blocks one behind the other, or float16 values, little-endian. */
  bytes: Uint8Array;
} {
  const { step, codes } = quantized;
  if (step.kind !== method) throw new OptionError(`ggmlBytes(): the tensor was quantized by ${step.kind}, not by ggml`);
  const { type } = step as GgmlStep;
  if (type === "F16" || type === undefined) {
    const bytes = new Uint8Array(2 * codes.length);
    codes.forEach((code, i) => {
      bytes[2 * i] = code & 255;
      bytes[2 * i + 1] = code >> 8;
    });
    return { type: "F16", bytes };
  }
  const codec = codecOf(type);
  return { type, bytes: loops.blocks.pack(codec, blockParts(codec, quantized)) };
}

/** "ggml Q4_K", "ggml Q5_0 for Q4_K", "ggml Q4_K by importance", "ggml Q4_K_M". */
function label({ type, insteadOf, mix, importance }: GgmlStep): string {
  const words = [`${method} ${mix ?? type ?? ""}`];
  if (insteadOf) words.push(`for ${insteadOf}`);
  if (importance) words.push("by importance");
  return words.join(" ");
}

/** The quantizer of `ggml()` steps with a type. */
export const ggmlQuantizer: Quantizer<GgmlStep> = {
  kind: method,
  quantize,
  dequantize,
  label,
  stepsByTensor: ggmlSteps,
  checkOfTensor,
  stepOfMatrix(step, at, matrices) {
    const { importance, experts } = step;
    if (!importance || !isList(importance) || experts !== matrices) return step;
    const columns = importance.length / matrices;
    return freezeStep({ ...step, experts: undefined, importance: importance.slice(at * columns, (at + 1) * columns) });
  },
  // Importance of several experts belongs to places in the whole tensor.
  pieces: { rows: (step, shape) => (expertsOf(shape, step) > 1 && step.importance !== undefined ? undefined : 1) },
  blocks: {
    isStoredAs: ({ type }, dtype) => type === dtype && dtype !== "F16",
    quantizedFrom(bytes, shape, step) {
      const { type } = step;
      if (type === undefined || type === "F16")
        throw new OptionError(`ggml(): there are no blocks of type "${type ?? ""}"`);
      return { step, shape, ...quantizedFromBlocks(codecOf(type), bytes, shape) };
    },
  },
};
export { mixes as ggmlMixes, type GgmlMix, type GgmlTarget } from "./ggml/mix";
