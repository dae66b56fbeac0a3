import { OptionError } from "../errors";
import { safetensorsBits } from "../formats/safetensors";
import type { SavedTensor } from "../formats/safetensors-writer";
import type { Hashed } from "../formats/write-pieces";
import { currentHost } from "../host";
import { checkChoice, checkOptionNames } from "../options";
import { sharedPool } from "../threads/pool";
import type { Model } from "../tensor/model";
import { parametersOf as countOf, type Tensor } from "../tensor/tensor";
import { CompressedTensor } from "../layer/layer-tensor";
import { layoutOf } from "./compressed-tensors-layout";
import { isPackable, PlainValues } from "./plain-values";
import { schemeText, type CompressedLayout, type CompressedScheme } from "./compressed-tensors-scheme";
import { quantizedPlan, writeQuantizedFolder, type FolderPart } from "./quantized-folder";
import type { PlannedSave } from "./save-plan";
import { summaryOf, type SaveSummary } from "./save-summary";
import { tasks } from "./tasks";

/** Options of `saveCompressedTensors()`. */
export interface SaveCompressedTensorsOptions {
  /** The folder of the original model, by default the one that it was opened from: its config.json is carried on (with the sizes of a
   *  network that was made smaller), and its tokenizer and other small files are copied. */
  readonly from?: string;
  /** "float" (default): the weights only are quantized (W4A16, W8A16, FP8 weights). "dynamic": the engine quantizes activations too, to
   *  8 bits for each token (W8A8); for 8-bit integers, written as int-quantized, and fp8. */
  readonly activations?: "float" | "dynamic";
  /** Stops the writing; by default the running cell's. */
  readonly signal?: AbortSignal;
  /** As in `saveSafetensors`: a call that broke off is taken up again, tensor by tensor. */
  readonly resume?: boolean;
}

/** Writes a compressed model as a folder that vLLM and transformers load: `model.safetensors` with the packed weights, and `config.json`
 *  with the `quantization_config` of compressed-tensors. Modules that were quantized alike form a config group, each named; formats may
 *  differ (mixed precision). Tensors that the recipe left alone are written as they are; what compressed-tensors does not pack, matrices
 *  (in, out), as GPT-2 has, kernels of convolutions and stacks of experts, as the values w′. The library decompresses to our w′ bit for bit
 *  (those of nvfp4, mxfp4 and mxfp8 it rounds to bfloat16). Returns what was written, layer by layer.
 *
 *      await saveCompressedTensors(await compress(model, linear({ bits: 4, group: 128 })), "small/", { from: "models/all-MiniLM-L6-v2" });
 *
 *  Takes matrices named `….weight` that were quantized by linear (1–8 bits), int, fp8 (E4M3), mxfp4, mxfp8 or nvfp4, pruned before or not,
 *  in groups that divide the row; others give an `OptionError` that names the layer: leave them out of the recipe with `skip`.
 *  Asymmetric weights per group or channel open in transformers 5.24 with `quantization_config=CompressedTensorsConfig(dequantize=True)`
 *  only, which takes one form for all layers: of a mixed folder it gives wrong values, silently. (W8A8 opens plainly.)
 *  Each file is written atomically, config.json last; `WriteError` when the disk does not take it. */
export async function saveCompressedTensors(
  model: CompressedFolderModel,
  folder: string,
  options: SaveCompressedTensorsOptions = {},
): Promise<SaveSummary> {
  const { plan, write } = planCompressedTensors(model, options);
  return summaryOf(plan, folder, await write(folder));
}

/** What is needed of a model. */
type CompressedFolderModel = Pick<Model, "config" | "folder"> & Hashed & { readonly tensors: readonly Tensor[] };

/** What `saveCompressedTensors` writes, before it does. `OptionError` as there. */
export function planCompressedTensors(
  model: CompressedFolderModel,
  options: SaveCompressedTensorsOptions = {},
): PlannedSave {
  checkOptionNames("saveCompressedTensors", options, ["from", "activations", "signal", "resume"]);
  const activations = checkChoice("saveCompressedTensors", "activations", options.activations ?? "float", [
    "float",
    "dynamic",
  ]);
  const signal = options.signal ?? currentHost().signal;
  const isDynamic = activations === "dynamic";
  const layouts = new Map<Tensor, CompressedLayout>();
  for (const tensor of model.tensors)
    if (tensor instanceof CompressedTensor && isPackable(tensor.outline))
      layouts.set(tensor, layoutOf(tensor.outline, isDynamic));
  const turned = model.tensors.find((tensor) => tensor instanceof CompressedTensor);
  if (layouts.size === 0 && turned)
    throw new OptionError(
      `saveCompressedTensors(): nothing that is compressed is a matrix (out, in), which is what compressed-tensors packs; ${turned.name} has the shape (${turned.shape.join(", ")})${turned.axes ? ", its outputs elsewhere" : ""}; saveSafetensors() writes the values`,
    );
  if (layouts.size === 0)
    throw new OptionError(
      "saveCompressedTensors(): no tensor of this model is compressed; saveSafetensors() writes it",
    );
  const parts = model.tensors.map((tensor): FolderPart => {
    const layout = tensor instanceof CompressedTensor ? layouts.get(tensor) : undefined;
    if (!(tensor instanceof CompressedTensor)) return { tensor, written: [tensor] };
    if (!layout)
      return { tensor, written: [new PlainValues(tensor)], reason: "compressed-tensors packs matrices (out, in)" };
    return { tensor, written: parametersOf(tensor, layout, isDynamic), packedAs: schemeText(layout.scheme) };
  });
  return {
    plan: quantizedPlan("compressed-tensors folder", "transformers, vLLM", parts),
    write: (folder) =>
      writeQuantizedFolder("saveCompressedTensors", folder, {
        model,
        tensors: parts.flatMap(({ written }) => written),
        quantization: quantizationConfig(layouts),
        from: options.from ?? model.folder,
        signal,
        resume: options.resume,
      }),
  };
}

const weightSuffix = ".weight";

function moduleOf(name: string): string {
  if (name.endsWith(weightSuffix)) return name.slice(0, -weightSuffix.length);
  throw new OptionError(`saveCompressedTensors(): ${name} is no module's weight; leave it out of the recipe with skip`);
}

function parametersOf(tensor: CompressedTensor, layout: CompressedLayout, isDynamic: boolean): SavedTensor[] {
  const module = moduleOf(tensor.name);
  return layout.parameters.map(({ suffix, dtype, shape }) => ({
    name: `${module}.${suffix}`,
    dtype,
    shape,
    sizeBytes: (countOf(shape) * (safetensorsBits.get(dtype) ?? 8)) / 8,
    read: () => tensor.read(),
    readBytes: async ({ signal } = {}) => {
      const run = { label: tensor.name, ...(signal ? { signal } : {}) };
      const job = { location: tensor.location, isDynamic, suffix };
      const packed = await sharedPool().run(tasks, "packCompressed", job, run);
      return new Uint8Array(packed.buffer, packed.byteOffset, packed.length);
    },
  }));
}

function quantizationConfig(layouts: ReadonlyMap<Tensor, CompressedLayout>): object {
  const groups = new Map<string, { scheme: CompressedScheme; targets: string[] }>();
  for (const [tensor, { scheme }] of layouts) {
    const key = JSON.stringify(scheme);
    const group = groups.get(key) ?? { scheme, targets: [] };
    group.targets.push(moduleOf(tensor.name));
    groups.set(key, group);
  }
  const formats = new Set([...groups.values()].map(({ scheme }) => scheme.format));
  const [first] = formats;
  return {
    quant_method: "compressed-tensors",
    format: formats.size === 1 ? first : "mixed-precision",
    quantization_status: "compressed",
    config_groups: Object.fromEntries(
      [...groups.values()].map(({ scheme, targets }, at) => [
        `group_${at}`,
        {
          targets,
          weights: scheme.weights,
          input_activations: scheme.inputs ?? null,
          output_activations: null,
          format: scheme.format,
        },
      ]),
    ),
    ignore: [],
    kv_cache_scheme: null,
    global_compression_ratio: null,
  };
}
