/** What is kept of a layer: the smallest of its forms. */
import { encode } from "../encode";
import { loops } from "../loops/loops";
import { countKept, type Factors } from "../prune/pruner";
import { quantizerOf } from "../quantize";
import { dequantizeMatrices } from "../quantize/stack/matrices";
import type { CodeArray, Quantized } from "../quantize/quantizer";
import { factorBytes } from "../stored/factors";
import { gather } from "../stored/kept-weights";
import { emptyCodes, packCodes, packMask, typeOfCodes } from "../stored/packed-codes";
import { storedBytes } from "../stored/stored-size";
import type { Coded, StoredCodes, StoredFactors, StoredTensor, StoredValues } from "../stored/stored-tensor";
import { isOwnLayout } from "../tensor/layout";
import type { Step } from "../tensor/step";
import { parametersOf } from "../tensor/tensor";
import { typeOfBytes, type LayerJob } from "./layer-job";
import type { LayerState } from "./layer-state";
import { floatStepOf } from "./operators";
import { encodeRange } from "./walk-coded";

/** Bits of a value that was not quantized: those of its own type where that is a float of 16 or 8 bits, else 32. */
function bitsPerValue(dtype: string): number {
  if (dtype === "F16" || dtype === "BF16") return 16;
  return dtype.startsWith("F8_") ? 8 : 32;
}

/** Chooses the smallest of the stored forms: all weights, or, after pruning, the weights that are left and where they stand. */
export function storeLayer({ savedName: name, shape, axes, dtype, input }: LayerJob, state: LayerState): StoredTensor {
  const { keep, index, values, quantized, coder } = state;
  if (coder && !quantized && ("bytes" in input || ("range" in input && input.isRaw))) {
    const type = typeOfBytes(dtype);
    const bytes =
      "bytes" in input
        ? codeBytes(coder, input.bytes, type)
        : { coder, bytes: encodeRange(input.range, floatStepOf(coder, type)) };
    return { name, shape, content: { kind: "bytes", dtype: type, bytes } };
  }
  const mask = keep && packMask(keep);
  const forms: Form[] = [];
  const weights = parametersOf(shape);
  const kept = keep ? countKept(keep) : weights;
  const shared = { bits: bitsPerValue(dtype), coder };
  const isVector = quantized !== undefined && quantized.codes.length < weights;
  if (!isVector) {
    const needsMask = keep && quantized && !zerosSurvive(quantized, keep);
    const bitmask = { scheme: "bitmask", indexBits: weights, storedWeights: weights } as const;
    const content = quantized
      ? codesContent(quantized, quantized.codes, coder)
      : valuesContent(weights, () => loops.memory.keep(wholeOf(values)), shared);
    forms.push({ ...content, rest: { name, shape, ...(needsMask ? { mask, index: bitmask } : {}) } });
  }
  if (keep && index) {
    const codes = () =>
      isVector || !quantized
        ? quantized?.codes
        : gather(quantized.codes, keep, emptyCodes(typeOfCodes(quantized.codes), kept));
    const content = quantized
      ? codesContent(quantized, codes() ?? quantized.codes, coder)
      : valuesContent(kept, () => loops.pruning.gather(wholeOf(values), keep, kept), shared);
    forms.push({ ...content, rest: { name, shape, mask, index, sparse: true } });
  }
  if (state.factors) {
    const content = storeFactors(state.factors, coder);
    forms.push({ sized: content, made: () => content, rest: { name, shape } });
  }
  const sizeOf = ({ sized, rest }: Form): number => storedBytes({ ...rest, content: sized });
  const { made, rest } = forms.reduce((best, form) => (sizeOf(form) < sizeOf(best) ? form : best));
  const { name: own, shape: size, ...others } = rest;
  // A checkpoint's file has the fields in this order.
  return { name: own, shape: size, content: made(), ...others, ...(axes && !isOwnLayout(shape, axes) && { axes }) };
}

/** A form in which a layer may be kept: content that has its size, and the content itself, which is made when the form is chosen. */
interface Form {
  readonly rest: Omit<StoredTensor, "content">;
  readonly sized: StoredTensor["content"];
  made(): StoredTensor["content"];
}

function codesContent(quantized: Quantized, codes: CodeArray, coder: Step | undefined): Pick<Form, "sized" | "made"> {
  const content: StoredCodes = {
    kind: "codes",
    quantizer: quantized.step,
    codes: coder ? codeWith(coder, codes) : packCodes(codes, quantized.codeBits),
    tables: quantized.tables,
    ...(quantized.matrices !== undefined && { matrices: quantized.matrices }),
  };
  return { sized: content, made: () => content };
}

/** `count` values, which `make` gives on the heap. Their size is known without them, unless they are coded. */
function valuesContent(
  count: number,
  make: () => Float32Array,
  { bits, coder }: { readonly bits: number; readonly coder: Step | undefined },
): Pick<Form, "sized" | "made"> {
  const content = (values: StoredValues["values"]): StoredValues => ({ kind: "values", values, bitsPerValue: bits });
  if (!coder) return { sized: content({ length: count } as Float32Array), made: () => content(make()) };
  const { buffer, byteOffset, byteLength } = make();
  const coded = content(codeBytes(coder, new Uint8Array(buffer, byteOffset, byteLength), "F32"));
  return { sized: coded, made: () => coded };
}

/** w′, which is whole in memory unless the codes of a quantizer are kept instead. */
function wholeOf(values: Float32Array | undefined): Float32Array {
  if (values) return values;
  throw new RangeError("w′ is not whole in memory");
}

function storeFactors(factors: readonly Factors[], coder: Step | undefined): StoredFactors {
  const [{ bitsPerValue }] = factors;
  const ranks = factors.map(({ rank }) => rank);
  const bytes = factorBytes(factors);
  return {
    kind: "factors",
    rank: Math.max(...ranks),
    ...(ranks.length > 1 && { ranks }),
    bitsPerValue,
    bytes: coder ? codeBytes(coder, bytes, bitsPerValue === 32 ? "F32" : "BF16") : bytes,
  };
}

function codeWith(coder: Step, codes: CodeArray): Coded {
  return { coder, bytes: encode(codes, coder).bytes };
}

/** Bytes of floats, coded as the step's method takes them. */
function codeBytes(coder: Step, bytes: Uint8Array, dtype: string): Coded {
  return { coder, bytes: encode(bytes, floatStepOf(coder, dtype)).bytes };
}

/** True when every weight that pruning took away dequantizes to zero without a mask. */
function zerosSurvive(quantized: Quantized, keep: Uint8Array): boolean {
  const values = dequantizeMatrices(quantizerOf(quantized.step), quantized);
  for (let i = 0; i < keep.length; i++) if (keep[i] === 0 && values[i] !== 0) return false;
  return true;
}
