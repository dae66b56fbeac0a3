/** What compressed-tensors says of a quantized module in `config.json`, and the parameters that it is written as. */
import { OptionError } from "../errors";
import type { Shape } from "../tensor/tensor";
import type { StoredTensor } from "../stored/stored-tensor";

/** The keys of compressed-tensors' QuantizationArgs that are written. */
export interface QuantizationArgs {
  readonly num_bits: number;
  readonly type: "int" | "float";
  readonly symmetric: boolean;
  readonly strategy: "tensor" | "channel" | "group" | "block" | "tensor_group" | "token";
  readonly group_size?: number;
  readonly block_structure?: readonly [number, number];
  readonly dynamic: boolean;
  readonly scale_dtype?: string;
}

/** The layouts of compressed-tensors that are written; compressed-tensors-layout.ts draws them. */
export type CompressedFormat =
  | "pack-quantized"
  | "int-quantized"
  | "float-quantized"
  | "nvfp4-pack-quantized"
  | "mxfp4-pack-quantized"
  | "mxfp8-quantized";

/** What `config.json` says of the modules of one group. */
export interface CompressedScheme {
  readonly format: CompressedFormat;
  readonly weights: QuantizationArgs;
  /** How the engine quantizes activations; absent where it leaves them as floats. */
  readonly inputs?: QuantizationArgs;
}

/** A parameter to be written: the name behind the module's, its type and shape, and how its bytes are made. */
export interface CompressedParameter {
  readonly suffix: string;
  readonly dtype: string;
  readonly shape: Shape;
  readonly bytes: (stored: StoredTensor) => Uint8Array;
}

/** How one tensor is written. */
export interface CompressedLayout {
  readonly scheme: CompressedScheme;
  readonly parameters: readonly CompressedParameter[];
}

/** What is thrown for a tensor that compressed-tensors cannot hold. */
export class NotPackable extends OptionError {
  /** `reason`: the same as the end of "plain, because it …". */
  constructor(
    name: string,
    readonly reason: string,
  ) {
    super(`saveCompressedTensors(): ${name} ${reason}`);
  }
}

/** Throws the error of a tensor that compressed-tensors cannot hold. */
export function refuse(name: string, problem: string): never {
  throw new NotPackable(name, problem);
}

/** How the codes of a layer are to be written, where there is a choice. */
export interface LayoutChoice {
  /** The engine quantizes activations per token to 8 bits (W8A8). */
  readonly dynamicInputs: boolean;
  /** Zero points packed, as the library packs them; or "none", for a folder that says several schemes, which transformers opens only where no
   *  zero point is packed: the codes are those of a symmetric scheme that is one bit wider, or, of 8 bits, bytes with plain zero points. */
  readonly zeroPoints: "packed" | "none";
}

/** Throws `OptionError` unless whole groups make up each row. */
export function checkGroups(name: string, shape: Shape, { group_size: group }: QuantizationArgs): void {
  if (group !== undefined && shape[1] % group !== 0)
    refuse(
      name,
      `has rows of ${shape[1]}, which groups of ${group} do not divide; compressed-tensors takes whole groups only`,
    );
}

/** A scheme in a few words: "int4 asymmetric g64", "float8 channel", "nvfp4 g16". */
export function schemeText({ format, weights, inputs }: CompressedScheme): string {
  const { num_bits: bits, type, symmetric, strategy, group_size: group, block_structure: block } = weights;
  const own = /^(nvfp4|mxfp4|mxfp8)-/.exec(format)?.[1] ?? `${type}${bits}`;
  const reach = block ? `blocks of ${block.join(" × ")}` : group === undefined ? strategy : `g${group}`;
  return [own, ...(symmetric ? [] : ["asymmetric"]), reach, ...(inputs ? ["8-bit activations"] : [])].join(" ");
}
