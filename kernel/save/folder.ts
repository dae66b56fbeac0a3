/** A compressed model as a folder: which of the folders that engines load it becomes, a row each. */
import { OptionError } from "../errors";
import { safetensorsBits } from "../formats/safetensors";
import type { SavedTensor } from "../formats/safetensors-writer";
import { saveTfjs } from "../formats/tfjs-writer";
import { currentHost } from "../host";
import { CompressedTensor } from "../layer/layer-tensor";
import { headsForTransformers } from "../surgery/pad-heads";
import { saveBitsandbytes } from "./bitsandbytes";
import { isBitsandbytes } from "./bitsandbytes-layout";
import { saveCompressedTensors } from "./compressed-tensors";
import { checkSizes, saveFolder } from "./plain-folder";
import { isPackable } from "./plain-values";
import { isMadeSmaller, type SavedModel, type SaveOptions } from "./saved-model";

/** A folder that an engine loads. */
interface FolderForm {
  /** Whether a model becomes such a folder. */
  takes(model: SavedModel): boolean;
  /** Writes it; returns the bytes of the weights. */
  write(model: SavedModel, folder: string, options: SaveOptions): Promise<number>;
}

/** The first that takes a model writes it; the last one takes all. */
const forms: readonly FolderForm[] = [
  { takes: ({ config }) => config?.modelTopology !== undefined, write: saveAsTfjs },
  {
    takes: (model) => isPacked(model) && compressedOf(model).every(({ outline }) => isBitsandbytes(outline)),
    write: (model, folder, options) => saveBitsandbytes(model, folder, packedOptions(model, options)),
  },
  {
    takes: isPacked,
    write: (model, folder, options) => saveCompressedTensors(model, folder, packedOptions(model, options)),
  },
  { takes: () => true, write: saveAsFloats },
];

/** Writes the folder whose form follows from the model; returns the bytes of its weights. `OptionError` for options that do not go with that
 *  form, and for a model that its engine could not open. */
export async function saveToFolder(model: SavedModel, folder: string, options: SaveOptions): Promise<number> {
  const form = forms.find(({ takes }) => takes(model));
  return form ? form.write(model, folder, options) : 0;
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

function saveAsTfjs(model: SavedModel, folder: string, options: SaveOptions): Promise<number> {
  const { dtype, padHeads = false, resume = false, from, signal } = options;
  if (dtype === "BF16" || padHeads || from !== undefined)
    throw new OptionError(
      `save(): a TensorFlow.js model takes { dtype: "F32" } or "F16", and neither padHeads nor from`,
    );
  return saveTfjs(model, folder, { resume, ...(dtype && { dtype }), ...(signal && { signal }) });
}

function saveAsFloats(model: SavedModel, folder: string, options: SaveOptions): Promise<number> {
  const { dtype, padHeads = false, resume = false, signal } = options;
  return saveFolder(model, folder, {
    from: options.from ?? model.folder,
    resume,
    dtype: ({ dtype: own }: SavedTensor) => dtype ?? (safetensorsBits.has(own) ? undefined : "F32"),
    only: dtype,
    padHeads,
    signal: signal ?? currentHost().signal,
  });
}
