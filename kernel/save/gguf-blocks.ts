/** Tensors that `ggml` quantized, as a GGUF file holds them: the blocks themselves, codes and scales as they were chosen, with whatever
 *  coder came behind them undone. */
import { blockCodecs } from "../blocks";
import { OptionError } from "../errors";
import { ggmlBytes, type GgmlStep, type GgmlTarget } from "../quantize/ggml";
import type { Step } from "../tensor/step";
import { parametersOf } from "../tensor/tensor";
import { restoreQuantized } from "../stored/restored-weights";
import type { StoredTensor } from "../stored/stored-tensor";
import { outlineOf, type StoredOutline } from "../stored/outline";
import { rowOf } from "./engine-table";

/** Types in which a weight can be zero whatever its block's scale is, and the code that it has then. The others have a minimum of their
 *  own in each block, or no zero among their values. */
const zeroCodes: Partial<Readonly<Record<GgmlTarget, number>>> = {
  F16: 0,
  Q4_0: 8,
  Q5_0: 16,
  Q8_0: 0,
  Q3_K: 4,
  Q6_K: 32,
  TQ1_0: 1,
  TQ2_0: 1,
  MXFP4: 0,
  NVFP4: 0,
};

/** How GGUF writes what one quantizer made. */
interface GgufRow<S extends Step> {
  /** The type of the blocks. */
  typeOf(step: S): GgmlTarget;
  /** What the recipe asked for, a type or a mixture: the file's own type follows from it. */
  wantedBy(step: S): string | undefined;
}

/** What GGUF holds as blocks, by the kind of the quantizer. */
const rows: { readonly ggml: GgufRow<GgmlStep> } = {
  ggml: { typeOf: ({ type = "F16" }) => type, wantedBy: ({ mix, type }) => mix ?? type },
};

/** How GGUF writes what a step made; `undefined` for a quantizer of which it holds the values only. */
export function ggufRowOf(step: Step): GgufRow<Step> | undefined {
  return rowOf<GgufRow<Step>>(rows, step);
}

/** The type and the bytes that a stored tensor has in GGUF; `undefined` where its last quantizer was another one, or none. `OptionError` for
 *  a pruned tensor whose zeros its blocks cannot hold. */
export function blockForm({
  name,
  shape,
  content,
  isMasked,
}: StoredOutline): { type: GgmlTarget; sizeBytes: number } | undefined {
  const type = content.kind === "codes" ? ggufRowOf(content.quantizer)?.typeOf(content.quantizer) : undefined;
  if (type === undefined) return undefined;
  if (isMasked && zeroCodes[type] === undefined)
    throw new OptionError(
      `save(): ${name} was pruned, and blocks of ${type} hold no zeros; take ${Object.keys(zeroCodes).join(", ")}, or write its values as floats: save("….gguf", { dtype: "F16" })`,
    );
  const codec = type === "F16" ? undefined : blockCodecs.get(type);
  const count = parametersOf(shape);
  return { type, sizeBytes: codec ? (count / codec.weights) * codec.bytes : 2 * count };
}

/** The bytes of such a tensor. For a worker thread: pure and synchronous. */
export function packBlocks(stored: StoredTensor): Uint8Array {
  const zero = zeroCodes[blockForm(outlineOf(stored))?.type ?? "F16"] ?? 0;
  const quantized = restoreQuantized(stored, () => zero);
  if (!quantized) throw new OptionError(`save(): ${stored.name} has no blocks`);
  return ggmlBytes(quantized).bytes;
}
