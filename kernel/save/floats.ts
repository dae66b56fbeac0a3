import { saveSafetensors } from "../formats/safetensors-writer";
import { CompressedTensor } from "../layer/layer-tensor";
import { isIntegerType } from "../tensor/dtype";
import type { FileOptions, SavedModel } from "./saved-model";

/** Writes a compressed model as one safetensors file, atomically: the values w′ as floats, float32 unless told; tensors that the recipe left
 *  alone keep their type unless one is told. Returns the file's bytes. `WriteError` when the disk does not take it. */
export function saveFloats(model: SavedModel, path: string, { dtype, resume, signal }: FileOptions): Promise<number> {
  return saveSafetensors(model, path, {
    dtype: (tensor) =>
      dtype ?? (tensor instanceof CompressedTensor && !isIntegerType(tensor.dtype) ? "F32" : undefined),
    resume,
    ...(signal && { signal }),
  });
}
