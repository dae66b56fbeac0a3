import { OptionError } from "../errors";
import type { SavedTensor } from "../formats/safetensors-writer";
import { JsonFloat } from "../formats/json-text";
import { currentHost } from "../host";
import { checkOptionNames } from "../options";
import { sharedPool } from "../threads/pool";
import type { Model } from "../tensor/model";
import { parametersOf as countOf, type Tensor } from "../tensor/tensor";
import { bitsandbytesLayers, isLeftNarrow, kindOf } from "./bitsandbytes-choice";
import type { BitsandbytesLayout } from "./bitsandbytes-layout";
import { CompressedTensor } from "../layer/layer-tensor";
import { folderOptionNames, folderOptions, type FolderModel, type SaveFolderOptions } from "./model-folder";
import { bareName } from "./module-targets";
import { plainModules, tiedModules, typeOf } from "./packable";
import { PlainValues, WidenedValues } from "./plain-values";
import { planQuantizedFolder, type FolderPart } from "./quantized-folder";
import { nameInMemory } from "./renamed-modules";
import type { PlannedSave } from "./save-plan";
import { summaryOf, type SaveSummary } from "./save-summary";
import { tasks } from "./tasks";

/** Options of `saveBitsandbytes()`. */
export type SaveBitsandbytesOptions = SaveFolderOptions;

/** Writes a model whose linear layers `nf4` or `fp4` quantized, or `linear({ bits: 8, per: "channel" })`, as the folder that transformers loads
 *  through bitsandbytes: packed codes, scales (coded themselves with `doubleQuant`) and the state of each layer in `model.safetensors`,
 *  `load_in_4bit` or `load_in_8bit` in `config.json`, and there too the linear layers that are not converted. What the library's own writer leaves
 *  as floats is written as the values w′: embeddings, output layers, routers, experts, matrices (in, out), modules that transformers keeps in
 *  float32, layers of other methods; where layers differ in type or in `doubleQuant`, which config.json states once for all, those of the fewer
 *  weights. The summary says so layer by layer. bitsandbytes dequantizes 4 bits to our w′ exactly (a code of fp4 is −0 there and 0 here), and 8
 *  bits, which it multiplies by a constant near 1/127, to within 2⁻²² of it; and with 8 bits its layers round activations too. Returns what was
 *  written.
 *
 *      await saveBitsandbytes(await compress(model, nf4({ doubleQuant: true })), "small/");
 *
 *  `OptionError` where nothing can be packed, with the reason of the first layer. Each file is written atomically, config.json last; `WriteError`
 *  when the disk does not take it. */
export async function saveBitsandbytes(
  model: BitsandbytesModel,
  folder: string,
  options: SaveBitsandbytesOptions = {},
): Promise<SaveSummary> {
  const { plan, write } = planBitsandbytes(model, options);
  return summaryOf(plan, folder, await write(folder));
}

/** What is needed of a model. */
type BitsandbytesModel = FolderModel & Pick<Model, "folder">;

/** What `saveBitsandbytes` writes, before it does. `OptionError` as there. */
export function planBitsandbytes(model: BitsandbytesModel, options: SaveBitsandbytesOptions = {}): PlannedSave {
  checkOptionNames("saveBitsandbytes", options, folderOptionNames);
  const signal = options.signal ?? currentHost().signal;
  const { layouts, reasons } = bitsandbytesLayers(model);
  const [first] = layouts.values();
  if (layouts.size === 0) refuseAll(model.tensors, reasons);
  const parts = model.tensors.map((tensor): FolderPart => {
    if (!(tensor instanceof CompressedTensor))
      return isLeftNarrow(tensor, model)
        ? { tensor, written: [new WidenedValues(tensor)], retyped: whyWidened }
        : { tensor, written: [tensor] };
    const layout = layouts.get(tensor);
    const reason = reasons.get(tensor);
    if (!layout) return { tensor, written: [new PlainValues(tensor)], ...(reason !== undefined && { reason }) };
    return { tensor, written: parametersOf(tensor, layout, signal), packedAs: kindOf(layout) };
  });
  return planQuantizedFolder(
    {
      method: "saveBitsandbytes",
      model,
      form: "bitsandbytes folder",
      engine: "transformers with bitsandbytes",
      parts,
      only: model.tensors.some((tensor) => isLeftNarrow(tensor, model)) ? "F32" : undefined,
      quantization: quantizationConfig(first, model, layouts),
      ...(first.type === "int8" && { notes: [eightBits] }),
    },
    folderOptions("saveBitsandbytes", model, options),
  );
}

const eightBits =
  "bitsandbytes multiplies 8-bit codes by a constant near 1/127, so that weights differ from w′ by up to 2⁻²² of their size, and its layers round activations to 8 bits as well";

const whyWidened =
  "transformers computes in float32 here, and through bitsandbytes leaves a 16-bit weight in the type of the file";

function refuseAll(tensors: readonly Tensor[], reasons: ReadonlyMap<Tensor, string>): never {
  const [first] = reasons;
  if (first)
    throw new OptionError(
      `saveBitsandbytes(): no layer can be packed: ${first[0].name} is plain, because ${first[1]}; saveSafetensors() writes the values`,
    );
  const changed = tensors.find((tensor) => tensor instanceof CompressedTensor);
  throw new OptionError(
    changed
      ? `saveBitsandbytes(): ${changed.name} was not quantized last; it has no codes to write; saveSafetensors() writes the values`
      : "saveBitsandbytes(): no tensor of this model is compressed; saveSafetensors() writes it",
  );
}

function parametersOf(
  tensor: CompressedTensor,
  { parameters }: BitsandbytesLayout,
  outer: AbortSignal | undefined,
): SavedTensor[] {
  return parameters.map(({ suffix, dtype, shape }) => ({
    name: suffix.startsWith(".") || suffix === "" ? `${tensor.name}${suffix}` : besideWeight(tensor.name, suffix),
    dtype,
    shape,
    sizeBytes: countOf(shape) * (dtype === "F32" ? 4 : 1),
    read: () => tensor.read(),
    readBytes: async ({ signal = outer } = {}) => {
      const run = { label: tensor.name, ...(signal ? { signal } : {}) };
      const packed = await sharedPool().run(tasks, "packBitsandbytes", { location: tensor.location, suffix }, run);
      return new Uint8Array(packed.buffer, packed.byteOffset, packed.length);
    },
  }));
}

/** The name of another parameter of the module whose weight it is. */
const besideWeight = (weight: string, parameter: string): string => weight.replace(/[^.]*$/, parameter);

/** Modules that transformers would convert, and must not: layers that are plain, under every name that they have, and the output layer, which has
 *  no tensor of its own where it is tied to the embeddings. */
function skipped(model: BitsandbytesModel, layouts: ReadonlyMap<Tensor, unknown>): string[] {
  const type = typeOf(model);
  const own = plainModules(model.tensors, (tensor) => layouts.has(tensor));
  const names = [...own, ...tiedModules(model)].flatMap((name) => [name, nameInMemory(type, name)]);
  const bare = names.map((name) => bareName(name, type));
  const hasHead = model.tensors.some(({ name }) => name === "lm_head.weight");
  return [...new Set([...names, ...bare, ...(hasHead ? [] : ["lm_head"])])];
}

function quantizationConfig(
  { type, isNested }: BitsandbytesLayout,
  model: BitsandbytesModel,
  layouts: ReadonlyMap<Tensor, BitsandbytesLayout>,
): object {
  const isEight = type === "int8";
  return {
    quant_method: "bitsandbytes",
    _load_in_4bit: !isEight,
    _load_in_8bit: isEight,
    load_in_4bit: !isEight,
    load_in_8bit: isEight,
    bnb_4bit_quant_type: isEight ? "fp4" : type,
    bnb_4bit_use_double_quant: isNested,
    bnb_4bit_quant_storage: "uint8",
    bnb_4bit_compute_dtype: "float32",
    llm_int8_enable_fp32_cpu_offload: false,
    llm_int8_has_fp16_weight: false,
    llm_int8_threshold: new JsonFloat(6),
    llm_int8_skip_modules: skipped(model, layouts),
  };
}
