/** A compressed model as a folder: which of the folders that engines load it becomes, a row each. */
import { OptionError } from "../errors";
import { safetensorsBits } from "../formats/safetensors";
import type { SavedTensor } from "../formats/safetensors-writer";
import { saveTfjs, tfjsFiles, tfjsTensors } from "../formats/tfjs-writer";
import { currentHost } from "../host";
import { CompressedTensor } from "../layer/layer-tensor";
import { headsForTransformers } from "../surgery/pad-heads";
import { planBitsandbytes } from "./bitsandbytes";
import { isBitsandbytes } from "./bitsandbytes-layout";
import { planCompressedTensors } from "./compressed-tensors";
import { checkSizes, planFolder } from "./plain-folder";
import { isPackable } from "./plain-values";
import { layerAsValues, type PlannedSave } from "./save-plan";
import { isMadeSmaller, type SavedModel, type SaveOptions } from "./saved-model";

/** A folder that an engine loads. */
interface FolderForm {
  /** Whether a model becomes such a folder. */
  takes(model: SavedModel): boolean;
  /** Plans it. */
  plan(model: SavedModel, options: SaveOptions): PlannedSave | Promise<PlannedSave>;
}

/** The first that takes a model plans it; the last one takes all. */
const forms: readonly FolderForm[] = [
  { takes: ({ config }) => config?.modelTopology !== undefined, plan: planTfjs },
  {
    takes: (model) => isPacked(model) && compressedOf(model).every(({ outline }) => isBitsandbytes(outline)),
    plan: (model, options) => planBitsandbytes(model, packedOptions(model, options)),
  },
  { takes: isPacked, plan: (model, options) => planCompressedTensors(model, packedOptions(model, options)) },
];

/** Plans the folder whose form follows from the model. `OptionError` for options that do not go with that form, and for a model that its
 *  engine could not open. */
export async function planFolderOf(model: SavedModel, options: SaveOptions): Promise<PlannedSave> {
  const form = forms.find(({ takes }) => takes(model));
  return form ? form.plan(model, options) : planAsFloats(model, options);
}

function compressedOf({ tensors }: SavedModel): CompressedTensor[] {
  return tensors.filter((tensor) => tensor instanceof CompressedTensor);
}

/** True for a model with weights that were quantized and that engines hold packed: matrices (out, in). */
function isPacked(model: SavedModel): boolean {
  return compressedOf(model).some(({ outline }) => outline.content.kind === "codes" && isPackable(outline));
}

function packedOptions(model: SavedModel, { dtype, padHeads, resume = false, signal, ...options }: SaveOptions) {
  if (dtype) throw new OptionError("save(): dtype goes with a file; a folder holds the weights packed");
  if (padHeads) throw new OptionError("save(): padHeads goes with plain weights; these are quantized");
  const { tensors, metadata, config } = model;
  if (config && isMadeSmaller(model)) {
    headsForTransformers({ tensors, metadata, config }, false);
    checkSizes(config);
  }
  const from = options.from ?? model.folder;
  return { resume, ...(from === undefined ? {} : { from }), ...(signal && { signal }) };
}

function planTfjs(model: SavedModel, options: SaveOptions): PlannedSave {
  const { dtype, padHeads = false, resume = false, from, signal } = options;
  if (dtype === "BF16" || padHeads || from !== undefined)
    throw new OptionError(
      `save(): a TensorFlow.js model takes { dtype: "F32" } or "F16", and neither padHeads nor from`,
    );
  const layers = tfjsTensors(model.tensors, dtype).map((planned, at) =>
    layerAsValues(model.tensors[at], planned, "a TensorFlow.js model holds values"),
  );
  const bytes = layers.reduce((sum, layer) => sum + layer.bytes, 0);
  const form = "TensorFlow.js model";
  return {
    plan: { form, engine: "TensorFlow.js", layers, bytes },
    write: async (folder) => ({
      bytes: await saveTfjs(model, folder, { resume, ...(dtype && { dtype }), ...(signal && { signal }) }),
      files: await tfjsFiles(folder),
    }),
  };
}

function planAsFloats(model: SavedModel, options: SaveOptions): Promise<PlannedSave> {
  const { dtype, padHeads = false, resume = false, signal } = options;
  return planFolder(model, {
    from: options.from ?? model.folder,
    resume,
    dtype: ({ dtype: own }: SavedTensor) => dtype ?? (safetensorsBits.has(own) ? undefined : "F32"),
    only: dtype,
    padHeads,
    signal: signal ?? currentHost().signal,
  });
}
