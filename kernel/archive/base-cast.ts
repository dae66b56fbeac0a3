/** What a tensor of a base would be in another type: floats rounded to nearest, ties to even, or quantized to ggml's blocks as llama.cpp
 *  does it without importance. Where a model was made from its base that way, nothing of it is left to store. */
import { bfloat16FromBits, float16FromBits } from "../bytes/half-float";
import { blockCodecs, type BlockName } from "../blocks";
import { decodeValues } from "../formats/values";
import { loops } from "../loops/loops";
import { dtypes, sizeOf, type DType } from "../tensor/dtype";

const sources: readonly string[] = ["F32", "F16", "BF16", "F64", "F8_E4M3", "F8_E5M2"];
const floatTargets: readonly string[] = ["F32", "F16", "BF16"];
/** Their encoder takes a logarithm, whose last bit no standard fixes. */
const uncertain: readonly string[] = ["MXFP4"];

/** Whether `castInto` can make `to` from `from`. */
export function isCastable(from: string, to: string): boolean {
  if (!sources.includes(from)) return false;
  if (floatTargets.includes(to)) return true;
  return blockCodecs.get(to as BlockName)?.encode !== undefined && !uncertain.includes(to);
}

/** Whether a whole number of elements of that type takes `bytes` bytes. */
export function isWhole(dtype: string, bytes: number): boolean {
  return bytes % dtypes[dtype as DType].blockBytes === 0;
}

/** Bytes of so many elements of a type that `isCastable` knows. */
export function bytesOfElements(dtype: string, elements: number): number {
  return sizeOf(dtype as DType, elements);
}

/** Elements in so many bytes. */
export function elementsIn(dtype: string, bytes: number): number {
  const { blockElements, blockBytes } = dtypes[dtype as DType];
  return (bytes / blockBytes) * blockElements;
}

/** The elements of `bytes` in the type `to`; pairs of types for which `isCastable` holds. */
export function castInto(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const values = new Float32Array(elementsIn(from, bytes.length));
  decodeValues(new Uint8Array(bytes), from as DType, values);
  const codec = blockCodecs.get(to as BlockName);
  if (codec) {
    const finite = values.map((value) => (Number.isFinite(value) ? value : 0));
    return loops.blocks.encodeBytes(codec, finite, values.length, undefined);
  }
  if (to === "F32") return new Uint8Array(values.buffer);
  const round = to === "BF16" ? bfloat16FromBits : float16FromBits;
  return new Uint8Array(Uint16Array.from(new Uint32Array(values.buffer), (bits) => round(bits)).buffer);
}
