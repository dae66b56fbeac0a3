import { OptionError } from "../errors";
import type { SavedTensor } from "../formats/safetensors-writer";
import type { Hashed } from "../formats/write-pieces";
import { currentHost } from "../host";
import { checkOptionNames } from "../options";
import { sharedPool } from "../threads/pool";
import { roleOf } from "../network";
import type { Model } from "../tensor/model";
import type { Tensor } from "../tensor/tensor";
import { bitsandbytesLayout, type BitsandbytesLayout } from "./bitsandbytes-layout";
import { CompressedTensor } from "../layer/layer-tensor";
import { quantizedPlan, writeQuantizedFolder, type FolderPart } from "./quantized-folder";
import type { PlannedSave } from "./save-plan";
import { summaryOf, type SaveSummary } from "./save-summary";
import { tasks } from "./tasks";

/** Options of `saveBitsandbytes()`. */
export interface SaveBitsandbytesOptions {
  /** The folder of the original model, by default the one that it was opened from: its config.json is carried on, and its tokenizer and
   *  other small files are copied. */
  readonly from?: string;
  /** Stops the writing; by default the running cell's. */
  readonly signal?: AbortSignal;
  /** As in `saveSafetensors`: a call that broke off is taken up again, tensor by tensor. */
  readonly resume?: boolean;
}

/** Writes a model whose linear layers `nf4` or `fp4` quantized as the folder that transformers loads through bitsandbytes: packed codes, scales
 *  (coded themselves with `doubleQuant`) and the state of each layer in `model.safetensors`, `load_in_4bit` in `config.json`. Modules that
 *  the recipe left alone are listed as not converted. bitsandbytes dequantizes to our w′ exactly (a code of
 *  fp4 is −0 there and 0 here). Returns what was written, layer by layer.
 *
 *      await saveBitsandbytes(await compress(model, nf4({ doubleQuant: true }), { only: "encoder.**" }), "small/");
 *
 *  `OptionError` for layers of another method, embeddings, networks of Conv1D layers (GPT-2), and unless all have the same type and the same choice of doubleQuant, which config.json
 *  states once for all. Each file is written atomically, config.json last; `WriteError` when the disk does not take it. */
export async function saveBitsandbytes(
  model: BitsandbytesModel,
  folder: string,
  options: SaveBitsandbytesOptions = {},
): Promise<SaveSummary> {
  const { plan, write } = planBitsandbytes(model, options);
  return summaryOf(plan, folder, await write(folder));
}

/** What is needed of a model. */
type BitsandbytesModel = Pick<Model, "config" | "folder"> & Hashed & { readonly tensors: readonly Tensor[] };

/** What `saveBitsandbytes` writes, before it does. `OptionError` as there. */
export function planBitsandbytes(model: BitsandbytesModel, options: SaveBitsandbytesOptions = {}): PlannedSave {
  checkOptionNames("saveBitsandbytes", options, ["from", "signal", "resume"]);
  const signal = options.signal ?? currentHost().signal;
  const kind = model.config?.model_type;
  if (typeof kind === "string" && turnedNetworks.includes(kind))
    throw new OptionError(
      `saveBitsandbytes(): ${kind} keeps its matrices (in, out), which transformers does not turn when it loads 4-bit weights`,
    );
  const layouts = new Map<Tensor, BitsandbytesLayout>();
  for (const tensor of model.tensors)
    if (tensor instanceof CompressedTensor) {
      if (roleOf(tensor).role === "embedding")
        throw new OptionError(
          `saveBitsandbytes(): ${tensor.name} is an embedding, and transformers loads linear layers only in 4 bits; leave it out of the recipe with skip`,
        );
      layouts.set(tensor, bitsandbytesLayout(tensor.outline));
    }
  const [first, ...others] = layouts.values();
  if (layouts.size === 0)
    throw new OptionError("saveBitsandbytes(): no tensor of this model is compressed; saveSafetensors() writes it");
  if (others.some(({ type, isNested }) => type !== first.type || isNested !== first.isNested))
    throw new OptionError(
      "saveBitsandbytes(): layers of nf4 and fp4, or with doubleQuant and without, do not go into one folder",
    );
  const parts = model.tensors.map((tensor): FolderPart => {
    const layout = layouts.get(tensor);
    if (!layout || !(tensor instanceof CompressedTensor)) return { tensor, written: [tensor] };
    const packedAs = `${layout.type}${layout.isNested ? ", scales of 8 bits" : ""}`;
    return { tensor, written: parametersOf(tensor, layout, signal), packedAs };
  });
  return {
    plan: quantizedPlan("bitsandbytes folder", "transformers with bitsandbytes", parts),
    write: (folder) =>
      writeQuantizedFolder("saveBitsandbytes", folder, {
        model,
        tensors: parts.flatMap(({ written }) => written),
        quantization: quantizationConfig(first, model.tensors, layouts),
        from: options.from ?? model.folder,
        signal,
        resume: options.resume,
      }),
  };
}

function parametersOf(
  tensor: CompressedTensor,
  { parameters }: BitsandbytesLayout,
  outer: AbortSignal | undefined,
): SavedTensor[] {
  return parameters.map(({ suffix, dtype, shape }) => ({
    name: `${tensor.name}${suffix}`,
    dtype,
    shape,
    sizeBytes: shape[0] * (dtype === "F32" ? 4 : 1),
    read: () => tensor.read(),
    readBytes: async ({ signal = outer } = {}) => {
      const run = { label: tensor.name, ...(signal ? { signal } : {}) };
      const packed = await sharedPool().run(tasks, "packBitsandbytes", { location: tensor.location, suffix }, run);
      return new Uint8Array(packed.buffer, packed.byteOffset, packed.length);
    },
  }));
}

/** Networks of `Conv1D` layers. */
const turnedNetworks: readonly string[] = ["gpt2", "openai-gpt", "imagegpt", "decision_transformer"];

const suffix = ".weight";

/** Modules with a matrix that stays as it is; transformers converts every other linear layer, also an output layer that has no tensor of its
 *  own because it is tied to the embeddings. */
function leftAlone(tensors: readonly Tensor[], layouts: ReadonlyMap<Tensor, unknown>): string[] {
  const own = tensors
    .filter((tensor) => !layouts.has(tensor) && tensor.shape.length > 1 && tensor.name.endsWith(suffix))
    .map(({ name }) => name.slice(0, -suffix.length));
  return tensors.some(({ name }) => name === "lm_head.weight") ? own : [...own, "lm_head"];
}

function quantizationConfig(
  { type, isNested }: BitsandbytesLayout,
  tensors: readonly Tensor[],
  layouts: ReadonlyMap<Tensor, unknown>,
): object {
  return {
    quant_method: "bitsandbytes",
    _load_in_4bit: true,
    _load_in_8bit: false,
    load_in_4bit: true,
    load_in_8bit: false,
    bnb_4bit_quant_type: type,
    bnb_4bit_use_double_quant: isNested,
    bnb_4bit_quant_storage: "uint8",
    bnb_4bit_compute_dtype: "float32",
    llm_int8_enable_fp32_cpu_offload: false,
    llm_int8_has_fp16_weight: false,
    llm_int8_skip_modules: leftAlone(tensors, layouts),
  };
}
