/** What a saved model holds, known before anything is written: for every form the layers, how each is held there, and the bytes. A form plans
 *  first, and then writes what it planned. */
import type { SafetensorsLayout } from "../formats/safetensors-writer";
import { CompressedTensor } from "../layer/layer-tensor";
import { isIntegerType } from "../tensor/dtype";
import type { Shape } from "../tensor/tensor";

/** A tensor of the file. */
export interface PlannedTensor {
  /** Its name in the file. */
  readonly name: string;
  /** Its type in the file, under the format's own name. */
  readonly dtype: string;
  /** Dimensions, outermost first. */
  readonly shape: Shape;
  /** Its bytes in the file, without padding. */
  readonly sizeBytes: number;
}

/** How a file holds one layer of the model. */
export interface PlannedLayer {
  /** The layer's name in the model; in a file that names its tensors otherwise, the name there. */
  readonly name: string;
  /** Dimensions of the weight. */
  readonly shape: Shape;
  /** "packed": as codes, at about the size that the report says. "plain": the values w′ as floats, though a step changed the layer.
   *  "as it was": no step changed it, and it has its own type and bytes. */
  readonly held: "packed" | "plain" | "as it was";
  /** The codes or the type: "int4 asymmetric g64", "F32". */
  readonly as: string;
  /** The tensors of the file that hold it. */
  readonly tensors: readonly PlannedTensor[];
  /** Bytes of these. */
  readonly bytes: number;
  /** Why the layer is plain though it was quantized. */
  readonly reason?: string;
  /** Why a layer that no step changed has another type than its own, though none was asked for. */
  readonly retyped?: string;
  /** Bits that an engine keeps of the layer after loading, all weights together; absent where it is not known. */
  readonly residentBits?: number;
  /** Bytes of the file that hold nothing the codes need: wider scales, padding; absent where it is not known. */
  readonly paddedBytes?: number;
}

/** What one form makes of a model. */
export interface SavePlan {
  /** "compressed-tensors folder", "GGUF file", … */
  readonly form: string;
  /** What opens it. */
  readonly engine: string;
  /** In the order of the model. */
  readonly layers: readonly PlannedLayer[];
  /** Bytes of the file or files that hold the weights, headers and padding included. */
  readonly bytes: number;
  /** What whoever opens the file should know, a sentence each: what an engine does otherwise, what is missing, what has changed. */
  readonly notes?: readonly string[];
}

/** What was written. */
export interface SavedFiles {
  /** Bytes of the file or files that hold the weights. */
  readonly bytes: number;
  /** Names of all files that were written: within the folder, or of the one file. */
  readonly files: readonly string[];
}

/** A plan, and the writing of it. */
export interface PlannedSave {
  /** What will be written. */
  readonly plan: SavePlan;
  /** Writes it at `path`: each file atomically. */
  write(path: string): Promise<SavedFiles>;
}

/** A layer whose values are written as they are read: w′ of one that a step changed, else its own. Whole numbers that a coder kept exactly are
 *  as they were; what is written in another type than its own is not. */
export function layerAsValues(
  tensor: object,
  file: PlannedTensor,
  { reason, retyped }: Pick<PlannedLayer, "reason" | "retyped"> = {},
): PlannedLayer {
  const isTouched = tensor instanceof CompressedTensor && !isIntegerType(tensor.dtype);
  const isChanged = isTouched || ("dtype" in tensor && tensor.dtype !== file.dtype);
  const isQuantized = tensor instanceof CompressedTensor && tensor.outline.content.kind === "codes";
  return {
    name: file.name,
    shape: file.shape,
    held: isChanged ? "plain" : "as it was",
    as: file.dtype,
    tensors: [file],
    bytes: file.sizeBytes,
    ...(isTouched && isQuantized && reason !== undefined && { reason }),
    ...(!isTouched && isChanged && retyped !== undefined && { retyped }),
  };
}

/** The layers of a safetensors file that holds values, in the order of `tensors`; `why` says why one is plain though it was quantized, `retyped`
 *  why one has another type than its own. */
export function layersAsValues(
  tensors: readonly { readonly name: string }[],
  { entries }: Pick<SafetensorsLayout, "entries">,
  why: string | ((tensor: object) => string),
  retyped?: string,
): PlannedLayer[] {
  const byName = new Map(entries.map((entry) => [entry.tensor.name, entry]));
  return tensors.flatMap((tensor) => {
    const entry = byName.get(tensor.name);
    if (!entry) return [];
    const { dtype, sizeBytes } = entry;
    return [
      layerAsValues(
        tensor,
        { name: tensor.name, dtype, shape: entry.tensor.shape, sizeBytes },
        { reason: typeof why === "string" ? why : why(tensor), ...(retyped !== undefined && { retyped }) },
      ),
    ];
  });
}
