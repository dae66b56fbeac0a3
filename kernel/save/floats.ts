import { safetensorsLayout, saveSafetensors, textOf, type SaveSafetensorsOptions } from "../formats/safetensors-writer";
import { CompressedTensor } from "../layer/layer-tensor";
import { isIntegerType } from "../tensor/dtype";
import { provenanceText } from "./provenance";
import { layersAsValues, type PlannedSave } from "./save-plan";
import { fileName, type FileOptions, type SavedModel } from "./saved-model";

/** Plans a compressed model as one safetensors file: the values w′ as floats, float32 unless told; tensors that the recipe left alone keep their
 *  type unless one is told. It is written atomically; `WriteError` when the disk does not take it. */
export function planFloats(
  model: SavedModel,
  { dtype, resume, provenance, signal }: FileOptions,
): Promise<PlannedSave> {
  const options: SaveSafetensorsOptions = {
    metadata: { ...textOf(model.metadata), ...(provenance ? provenanceText(model) : {}) },
    dtype: (tensor) =>
      dtype ?? (tensor instanceof CompressedTensor && !isIntegerType(tensor.dtype) ? "F32" : undefined),
  };
  const layout = safetensorsLayout(model, options);
  const layers = layersAsValues(model.tensors, layout, "a file of floats holds values");
  return Promise.resolve({
    plan: { form: "safetensors file of floats", engine: "all that read safetensors", layers, bytes: layout.bytes },
    write: async (path) => ({
      bytes: await saveSafetensors(model, path, { ...options, resume, replace: true, ...(signal && { signal }) }),
      files: [fileName(path)],
    }),
  });
}
