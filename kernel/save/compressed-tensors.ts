import { OptionError } from "../errors";
import { safetensorsBits } from "../formats/safetensors";
import type { SavedTensor } from "../formats/safetensors-writer";
import { checkChoice, checkOptionNames } from "../options";
import { sharedPool } from "../threads/pool";
import type { Model } from "../tensor/model";
import { parametersOf as countOf, type Tensor } from "../tensor/tensor";
import { CompressedTensor } from "../layer/layer-tensor";
import { packedLayers, type PackedLayers } from "./compressed-tensors-choice";
import {
  schemeText,
  type CompressedLayout,
  type CompressedScheme,
  type LayoutChoice,
} from "./compressed-tensors-scheme";
import { folderOptionNames, folderOptions, type FolderModel, type SaveFolderOptions } from "./model-folder";
import { targetsOf } from "./module-targets";
import { isExpertMatrix, moduleOf, hasTiedHead, plainModules, typeOf } from "./packable";
import { PlainValues } from "./plain-values";
import { planQuantizedFolder, type FolderPart } from "./quantized-folder";
import type { PlannedSave } from "./save-plan";
import { summaryOf, type SaveSummary } from "./save-summary";
import { tasks } from "./tasks";

/** Options of `saveCompressedTensors()`. */
export interface SaveCompressedTensorsOptions extends SaveFolderOptions {
  /** "float" (default): the weights only are quantized (W4A16, W8A16, FP8 weights). "dynamic": the engine quantizes activations too, to
   *  8 bits for each token (W8A8); for 8-bit integers, written as int-quantized, and fp8. */
  readonly activations?: "float" | "dynamic";
}

/** Writes a compressed model as a folder that transformers and vLLM load: `model.safetensors` with the packed weights, and `config.json`
 *  with the `quantization_config` of compressed-tensors. Linear layers that were quantized alike form a config group; formats may differ
 *  (mixed precision). Tensors that the recipe left alone are written as they are. What the library's own writer leaves as floats is written as the
 *  values w′: embeddings, output layers, routers, matrices (in, out), as GPT-2 has, kernels of convolutions, stacks of experts, layers in groups
 *  that do not divide the row, methods that it does not know; the summary says so layer by layer. transformers decodes to our w′ bit for bit (those of nvfp4, mxfp4 and
 *  mxfp8 it rounds to bfloat16). Returns what was written.
 *
 *      await saveCompressedTensors(await compress(model, linear({ bits: 4, group: 128 })), "small/", { from: "models/all-MiniLM-L6-v2" });
 *
 *  Packs linear (1–8 bits), int, fp8 (E4M3), mxfp4, mxfp8 and nvfp4, pruned before or not. q, k and v, and gate and up, which vLLM holds as one
 *  layer, are packed where they are quantized alike, else plain. A folder of one scheme with packed zero points, of 4-bit floats or of experts says
 *  `dequantize: true`, without which transformers 5.24 does not open it; in one of several schemes zero points are not packed: codes of b bits become those
 *  of a symmetric scheme of b + 1, and of 8 bits bytes. `OptionError` where nothing can be packed, with the reason of the first layer.
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
type CompressedFolderModel = FolderModel & Pick<Model, "folder">;

/** What `saveCompressedTensors` writes, before it does. `OptionError` as there. */
export function planCompressedTensors(
  model: CompressedFolderModel,
  options: SaveCompressedTensorsOptions = {},
): PlannedSave {
  checkOptionNames("saveCompressedTensors", options, [...folderOptionNames, "activations"]);
  const activations = checkChoice("saveCompressedTensors", "activations", options.activations ?? "float", [
    "float",
    "dynamic",
  ]);
  const layers = packedLayers(model, activations === "dynamic");
  const { layouts, reasons, choice } = layers;
  if (layouts.size === 0) refuseAll(model.tensors, reasons);
  const parts = model.tensors.map((tensor): FolderPart => {
    if (!(tensor instanceof CompressedTensor)) return { tensor, written: [tensor] };
    const layout = layouts.get(tensor);
    const reason = reasons.get(tensor);
    if (!layout) return { tensor, written: [new PlainValues(tensor)], ...(reason !== undefined && { reason }) };
    return { tensor, written: parametersOf(tensor, layout, choice), packedAs: schemeText(layout.scheme) };
  });
  return planQuantizedFolder(
    {
      method: "saveCompressedTensors",
      model,
      form: "compressed-tensors folder",
      engine: enginesOf(layouts),
      parts,
      quantization: quantizationConfig(model, layers),
    },
    folderOptions("saveCompressedTensors", model, options),
  );
}

/** vLLM packs integers of 4 and of 8 bits. */
function enginesOf(layouts: ReadonlyMap<Tensor, CompressedLayout>): string {
  const isForAll = [...layouts.values()].every(
    ({ scheme: { format, weights } }) =>
      format !== "pack-quantized" || weights.num_bits === 4 || weights.num_bits === 8,
  );
  return isForAll ? "transformers, vLLM" : "transformers";
}

function refuseAll(tensors: readonly Tensor[], reasons: ReadonlyMap<Tensor, string>): never {
  const [first] = reasons;
  if (first)
    throw new OptionError(
      `saveCompressedTensors(): no layer can be packed: ${first[0].name} is plain, because ${first[1]}; saveSafetensors() writes the values`,
    );
  const changed = tensors.find((tensor) => tensor instanceof CompressedTensor);
  throw new OptionError(
    changed
      ? `saveCompressedTensors(): ${changed.name} was not quantized last; it has no codes to write; saveSafetensors() writes the values`
      : "saveCompressedTensors(): no tensor of this model is compressed; saveSafetensors() writes it",
  );
}

function parametersOf(tensor: CompressedTensor, layout: CompressedLayout, choice: LayoutChoice): SavedTensor[] {
  return layout.parameters.map(({ suffix, dtype, shape }) => ({
    name: `${moduleOf(tensor.name) ?? tensor.name}.${suffix}`,
    dtype,
    shape,
    sizeBytes: (countOf(shape) * (safetensorsBits.get(dtype) ?? 8)) / 8,
    read: () => tensor.read(),
    readBytes: async ({ signal } = {}) => {
      const run = { label: tensor.name, ...(signal ? { signal } : {}) };
      const job = { location: tensor.location, choice, suffix };
      const packed = await sharedPool().run(tasks, "packCompressed", job, run);
      return new Uint8Array(packed.buffer, packed.byteOffset, packed.length);
    },
  }));
}

/** The version of compressed-tensors whose layout is written. */
const layoutVersion = "0.20.0";

function quantizationConfig(model: CompressedFolderModel, { layouts, dequantizes }: PackedLayers): object {
  const type = typeOf(model);
  const modules = model.tensors.flatMap(({ name, shape }) => (shape.length > 1 ? (moduleOf(name) ?? []) : []));
  const groups = new Map<string, { scheme: CompressedScheme; modules: string[] }>();
  for (const [tensor, { scheme }] of layouts) {
    const key = JSON.stringify([scheme, dequantizes && isExpertMatrix(tensor)]);
    const group = groups.get(key) ?? { scheme, modules: [] };
    group.modules.push(moduleOf(tensor.name) ?? tensor.name);
    groups.set(key, group);
  }
  const formats = new Set([...groups.values()].map(({ scheme }) => scheme.format));
  const [first] = formats;
  return {
    quant_method: "compressed-tensors",
    format: formats.size === 1 ? first : "mixed-precision",
    quantization_status: "compressed",
    config_groups: Object.fromEntries(
      [...groups.values()].map(({ scheme, modules: own }, at) => [
        `group_${at}`,
        {
          targets: targetsOf(own, modules, type),
          weights: scheme.weights,
          input_activations: scheme.inputs ?? null,
          output_activations: null,
          format: scheme.format,
        },
      ]),
    ),
    ignore: [
      ...plainModules(model.tensors, (tensor) => layouts.has(tensor)),
      ...(hasTiedHead(model) ? ["lm_head"] : []),
    ],
    kv_cache_scheme: null,
    global_compression_ratio: null,
    sparsity_config: {},
    moe_sparsity_config: null,
    transform_config: {},
    version: layoutVersion,
    ...(dequantizes && { dequantize: true }),
  };
}
