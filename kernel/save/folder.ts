/** A compressed model as a folder: which of the folders that engines load it becomes, a row each. */
import { OptionError } from "../errors";
import { safetensorsBits } from "../formats/safetensors";
import type { SavedTensor } from "../formats/safetensors-writer";
import { saveTfjs, tfjsFiles } from "../formats/tfjs-writer";
import { tfjsWeight } from "../formats/tfjs-weight";
import { CompressedTensor } from "../layer/layer-tensor";
import { headsForTransformers } from "../surgery/pad-heads";
import { planBitsandbytes } from "./bitsandbytes";
import { bitsandbytesLayers } from "./bitsandbytes-choice";
import { isBitsandbytes } from "./bitsandbytes-layout";
import { planCompressedTensors } from "./compressed-tensors";
import { packedLayers } from "./compressed-tensors-choice";
import { checkSizes, planFolder } from "./plain-folder";
import { checkCut } from "./cut-checks";
import { folderOptions } from "./model-folder";
import { layerAsValues, type PlannedSave } from "./save-plan";
import { isMadeSmaller, type SavedModel, type SaveOptions } from "./saved-model";

/** Plans the folder whose form follows from the model: a TensorFlow.js model for one that came from such; packed codes where engines hold those of
 *  some layer, by the engine that holds most weights; else plain weights. `OptionError` for options that do not go with that form, and for a
 *  model that its engine could not open. */
export async function planFolderOf(model: SavedModel, options: SaveOptions): Promise<PlannedSave> {
  if (model.config?.modelTopology !== undefined) return planTfjs(model, options);
  const { layouts, reasons } = packedLayers(model, false);
  const four = isMostlyFourBits(model) ? bitsandbytesLayers(model) : undefined;
  if (four && four.layouts.size > 0) return planBitsandbytes(model, packedOptions(model, options));
  if (layouts.size > 0) return planCompressedTensors(model, packedOptions(model, options));
  // Without settings there is no plain folder either: the reason why nothing is packed is the one to be told.
  if (reasons.size > 0 && model.config === undefined && options.from === undefined && model.folder === undefined)
    return planCompressedTensors(model, packedOptions(model, options));
  return planAsFloats(model, options, four?.reasons ?? reasons);
}

/** Whether bitsandbytes' types of 4 bits hold more weights than all other codes. */
function isMostlyFourBits({ tensors }: SavedModel): boolean {
  let lead = 0;
  for (const tensor of tensors)
    if (tensor instanceof CompressedTensor && tensor.outline.content.kind === "codes")
      lead += isBitsandbytes(tensor.outline) ? tensor.parameters : -tensor.parameters;
  return lead > 0;
}

function packedOptions(model: SavedModel, { dtype, padHeads, ...options }: SaveOptions): SaveOptions {
  if (dtype) throw new OptionError("save(): dtype goes with a file; a folder holds the weights packed");
  if (padHeads) throw new OptionError("save(): padHeads goes with plain weights; these are quantized");
  const { tensors, metadata, config } = model;
  if (config && isMadeSmaller(model)) {
    headsForTransformers({ tensors, metadata, config }, false);
    checkSizes(config);
    checkCut(model, config);
  }
  return options;
}

function planTfjs(model: SavedModel, options: SaveOptions): PlannedSave {
  const { dtype, padHeads = false, resume = false, replace = false, from, maxShardSize, signal } = options;
  if (dtype === "BF16" || padHeads || from !== undefined || maxShardSize !== undefined)
    throw new OptionError(
      `save(): a TensorFlow.js model takes { dtype: "F32" } or "F16", and neither padHeads nor from nor maxShardSize`,
    );
  const layers = model.tensors.map((tensor) => {
    const { isKept, retyped, name, shape, dtype: type, sizeBytes } = tfjsWeight(tensor, dtype);
    const reason = "a TensorFlow.js model holds values";
    const layer = layerAsValues(
      tensor,
      { name, dtype: type, shape, sizeBytes },
      { reason, ...(retyped !== undefined && { retyped }) },
    );
    // Codes count as changed by their type, which is that of their values.
    return isKept && !(tensor instanceof CompressedTensor) ? { ...layer, held: "as it was" as const } : layer;
  });
  const bytes = layers.reduce((sum, layer) => sum + layer.bytes, 0);
  const form = "TensorFlow.js model";
  return {
    plan: { form, engine: "TensorFlow.js", layers, bytes },
    write: async (folder) => ({
      bytes: await saveTfjs(model, folder, { resume, replace, ...(dtype && { dtype }), ...(signal && { signal }) }),
      files: await tfjsFiles(folder),
    }),
  };
}

function planAsFloats(
  model: SavedModel,
  options: SaveOptions,
  reasons: ReadonlyMap<object, string>,
): Promise<PlannedSave> {
  const { dtype, padHeads = false, ...others } = options;
  return planFolder(model, {
    ...folderOptions("save", model, others),
    dtype: ({ dtype: own }: SavedTensor) => dtype ?? (safetensorsBits.has(own) ? undefined : "F32"),
    only: dtype,
    padHeads,
    reasons,
  });
}
