/** What is kept of a layer: the smallest of its forms. */
import { sourceOfBytes, type ByteSource } from "../encode";
import { loops } from "../loops/loops";
import { countKept, type Factors } from "../prune/pruner";
import { quantizerOf } from "../quantize";
import { dequantizeMatrices } from "../quantize/stack/matrices";
import type { CodeArray, Quantized } from "../quantize/quantizer";
import { factorBytes } from "../stored/factors";
import { gather } from "../stored/kept-weights";
import { emptyCodes, packMask, typeOfCodes, type PackedCodes } from "../stored/packed-codes";
import { storedBytes } from "../stored/stored-size";
import type { Coded, Sized, StoredCodes, StoredFactors, StoredTensor, StoredValues } from "../stored/stored-tensor";
import { isOwnLayout } from "../tensor/layout";
import type { Step } from "../tensor/step";
import { parametersOf } from "../tensor/tensor";
import { bytesOfFloats, wholeSource, type FloatSource } from "./float-source";
import { typeOfBytes, type LayerJob } from "./layer-job";
import type { LayerState, PrunedWeights } from "./layer-state";
import { floatStepOf } from "./operators";
import type { Shelf } from "./shelf";
import { withRange } from "./walk-coded";

/** Bits of a value that was not quantized: those of its own type where that is a float of 16 or 8 bits and holds w′, else 32. */
function bitsPerValue(dtype: string, { hasOtherValues }: LayerState): number {
  if (hasOtherValues) return 32;
  if (dtype === "F16" || dtype === "BF16") return 16;
  return dtype.startsWith("F8_") ? 8 : 32;
}

/** Chooses the smallest of the stored forms: all weights, or, after pruning, the weights that are left and where they stand. Its large arrays
 *  are put on the shelf. */
export function storeLayer<Place extends Sized>(
  { savedName: name, shape, axes, dtype, input }: LayerJob,
  state: LayerState,
  shelf: Shelf<Place>,
): StoredTensor<Place> {
  const { index, quantized, coder } = state;
  if (coder && !quantized && ("bytes" in input || ("range" in input && input.isRaw))) {
    const type = typeOfBytes(dtype);
    const code = (source: ByteSource) => shelf.coded(source, floatStepOf(coder, type));
    const bytes = "bytes" in input ? code(sourceOfBytes(input.bytes)) : withRange(input.range, code);
    return { name, shape, content: { kind: "bytes", dtype: type, bytes: { coder, bytes } } };
  }
  const pruned = prunedOf(state);
  const forms: Form<Place>[] = [];
  const weights = parametersOf(shape);
  const shared = { bits: bitsPerValue(dtype, state), coder };
  const isVector = quantized !== undefined && quantized.codes.length < weights;
  if (!isVector) {
    const needsMask = pruned && quantized && !pruned.zerosSurvive();
    const bitmask = { scheme: "bitmask", indexBits: weights, storedWeights: weights } as const;
    const content = quantized
      ? codesContent(quantized, quantized.codes, coder, shelf)
      : valuesContent(
          weights,
          () => (pruned ? pruned.values(false) : wholeSource(wholeOf(state.values))),
          shared,
          shelf,
        );
    forms.push({ ...content, rest: { name, shape, ...(needsMask ? { mask: pruned.mask(), index: bitmask } : {}) } });
  }
  if (pruned && index) {
    const content = quantized
      ? codesContent(quantized, isVector ? quantized.codes : pruned.gather(quantized.codes), coder, shelf)
      : valuesContent(pruned.kept, () => pruned.values(true), shared, shelf);
    forms.push({ ...content, rest: { name, shape, mask: pruned.mask(), index, sparse: true } });
  }
  if (state.factors) {
    const content = storeFactors(state.factors, coder, shelf);
    forms.push({ sized: content, made: () => content, rest: { name, shape } });
  }
  const sizeOf = ({ sized, rest }: Form<Place>): number => storedBytes({ ...rest, content: sized });
  const { made, rest } = forms.reduce((best, form) => (sizeOf(form) < sizeOf(best) ? form : best));
  const { name: own, shape: size, ...others } = rest;
  // A checkpoint's file has the fields in this order.
  return { name: own, shape: size, content: made(), ...others, ...(axes && !isOwnLayout(shape, axes) && { axes }) };
}

/** What pruning left, as storing asks for it, whatever walk it went. */
function prunedOf({ keep, values, quantized, pruned }: LayerState): PrunedWeights | undefined {
  if (pruned || !keep) return pruned;
  const kept = countKept(keep);
  let mask: Uint8Array | undefined;
  return {
    kept,
    mask: () => (mask ??= packMask(keep)),
    zerosSurvive: () => quantized === undefined || zerosSurvive(quantized, keep),
    gather: (codes) => gather(codes, keep, emptyCodes(typeOfCodes(codes), kept)),
    values: (onlyKept) => wholeSource(onlyKept ? loops.pruning.gather(wholeOf(values), keep, kept) : wholeOf(values)),
  };
}

/** A form in which a layer may be kept: content that has its size, and the content itself, which is made when the form is chosen. */
interface Form<Place extends Sized> {
  readonly rest: Omit<StoredTensor, "content">;
  readonly sized: StoredTensor<Place | Sized>["content"];
  made(): StoredTensor<Place>["content"];
}

function codesContent<Place extends Sized>(
  quantized: Quantized,
  codes: CodeArray,
  coder: Step | undefined,
  shelf: Shelf<Place>,
): Pick<Form<Place>, "sized" | "made"> {
  const contentOf = <Own extends Sized>(own: PackedCodes<Own> | Coded<Own>): StoredCodes<Own> => ({
    kind: "codes",
    quantizer: quantized.step,
    codes: own,
    tables: quantized.tables,
    ...(quantized.matrices !== undefined && { matrices: quantized.matrices }),
  });
  const { storedType = typeOfCodes(codes) } = quantized;
  if (coder) {
    const content = contentOf<Place>({ coder, bytes: shelf.coded(codes, coder, storedType) });
    return { sized: content, made: () => content };
  }
  // The size of codes is told by their number and their bits.
  const { length } = codes;
  const sized = contentOf<Sized>({
    bytes: { length: 0 },
    length,
    bits: quantized.codeBits,
    type: storedType,
    first: 0,
  });
  return { sized, made: () => contentOf<Place>(shelf.packed(codes, quantized.codeBits, storedType)) };
}

/** `count` values, which `make` gives. Their size is known without them, unless they are coded. */
function valuesContent<Place extends Sized>(
  count: number,
  make: () => FloatSource,
  { bits, coder }: { readonly bits: number; readonly coder: Step | undefined },
  shelf: Shelf<Place>,
): Pick<Form<Place>, "sized" | "made"> {
  const content = <Own extends Sized>(values: StoredValues<Own>["values"]): StoredValues<Own> => ({
    kind: "values",
    values,
    bitsPerValue: bits,
  });
  if (!coder) return { sized: content<Sized>({ length: count }), made: () => content<Place>(shelf.floats(make())) };
  const coded = content<Place>({ coder, bytes: shelf.coded(bytesOfFloats(make()), floatStepOf(coder, "F32")) });
  return { sized: coded, made: () => coded };
}

/** w′, which is whole in memory unless the codes of a quantizer are kept instead. */
function wholeOf(values: Float32Array | undefined): Float32Array {
  if (values) return values;
  throw new RangeError("w′ is not whole in memory");
}

function storeFactors<Place extends Sized>(
  factors: readonly Factors[],
  coder: Step | undefined,
  shelf: Shelf<Place>,
): StoredFactors<Place> {
  const [{ bitsPerValue }] = factors;
  const ranks = factors.map(({ rank }) => rank);
  const bytes = factorBytes(factors);
  const type = bitsPerValue === 32 ? "F32" : "BF16";
  return {
    kind: "factors",
    rank: Math.max(...ranks),
    ...(ranks.length > 1 && { ranks }),
    bitsPerValue,
    bytes: coder ? { coder, bytes: shelf.coded(sourceOfBytes(bytes), floatStepOf(coder, type)) } : bytes,
  };
}

/** True when every weight that pruning took away dequantizes to zero without a mask. */
function zerosSurvive(quantized: Quantized, keep: Uint8Array): boolean {
  const values = dequantizeMatrices(quantizerOf(quantized.step), quantized);
  for (let i = 0; i < keep.length; i++) if (keep[i] === 0 && values[i] !== 0) return false;
  return true;
}
