/** What is kept of a layer: the smallest of its forms. */
import { encode } from "../encode";
import { loops } from "../loops/loops";
import { countKept, type Factors } from "../prune/pruner";
import { quantizerOf } from "../quantize";
import type { CodeArray, Quantized } from "../quantize/quantizer";
import { factorBytes } from "../stored/factors";
import { gather } from "../stored/kept-weights";
import { emptyCodes, packCodes, packMask, typeOfCodes } from "../stored/packed-codes";
import {
  storedBytes,
  type Coded,
  type StoredCodes,
  type StoredFactors,
  type StoredTensor,
  type StoredValues,
} from "../stored/stored-tensor";
import type { Step } from "../tensor/step";
import { parametersOf } from "../tensor/tensor";
import { typeOfBytes, type LayerJob } from "./layer-job";
import type { LayerState } from "./layer-state";
import { floatStepOf } from "./operators";

/** Bits of a value that was not quantized: those of its own type where that is a float of 16 or 8 bits, else 32. */
function bitsPerValue(dtype: string): number {
  if (dtype === "F16" || dtype === "BF16") return 16;
  return dtype.startsWith("F8_") ? 8 : 32;
}

/** Chooses the smallest of the stored forms: all weights, or, after pruning, the weights that are left and where they stand. */
export function storeLayer({ savedName: name, shape, dtype, input }: LayerJob, state: LayerState): StoredTensor {
  const { keep, index, values, quantized, coder } = state;
  if (coder && !quantized && "bytes" in input)
    return {
      name,
      shape,
      content: { kind: "bytes", dtype: typeOfBytes(dtype), bytes: codeBytes(coder, input.bytes, typeOfBytes(dtype)) },
    };
  const mask = keep && packMask(keep);
  const forms: StoredTensor[] = [];
  const weights = parametersOf(shape);
  const kept = keep ? countKept(keep) : weights;
  const content = (
    codes: Quantized["codes"] | undefined,
    left: Float32Array | undefined,
  ): StoredCodes | StoredValues =>
    quantized && codes
      ? {
          kind: "codes",
          quantizer: quantized.step,
          codes: coder ? codeWith(coder, codes) : packCodes(codes, quantized.codeBits),
          tables: quantized.tables,
        }
      : {
          kind: "values",
          values:
            coder && left
              ? codeBytes(coder, new Uint8Array(left.buffer, left.byteOffset, left.byteLength), "F32")
              : loops.memory.keep(left ?? wholeOf(values)),
          bitsPerValue: bitsPerValue(dtype),
        };
  const isVector = quantized !== undefined && quantized.codes.length < weights;
  if (!isVector) {
    const needsMask = keep && quantized && !zerosSurvive(quantized, keep);
    const bitmask = { scheme: "bitmask", indexBits: weights, storedWeights: weights } as const;
    forms.push({
      name,
      shape,
      content: content(quantized?.codes, values),
      ...(needsMask ? { mask, index: bitmask } : {}),
    });
  }
  if (keep && index) {
    const codes = isVector
      ? quantized.codes
      : quantized && gather(quantized.codes, keep, emptyCodes(typeOfCodes(quantized.codes), kept));
    const left = quantized ? undefined : gather(wholeOf(values), keep, new Float32Array(kept));
    forms.push({ name, shape, content: content(codes, left), mask, index, sparse: true });
  }
  if (state.factors) forms.push({ name, shape, content: storeFactors(state.factors, coder) });
  return forms.reduce((best, form) => (storedBytes(form) < storedBytes(best) ? form : best));
}

/** w′, which is whole in memory unless the codes of a quantizer are kept instead. */
function wholeOf(values: Float32Array | undefined): Float32Array {
  if (values) return values;
  throw new RangeError("w′ is not whole in memory");
}

function storeFactors(factors: Factors, coder: Step | undefined): StoredFactors {
  const { rank, bitsPerValue } = factors;
  const bytes = factorBytes(factors);
  return {
    kind: "factors",
    rank,
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
  const values = quantizerOf(quantized.step).dequantize(quantized);
  for (let i = 0; i < keep.length; i++) if (keep[i] === 0 && values[i] !== 0) return false;
  return true;
}
