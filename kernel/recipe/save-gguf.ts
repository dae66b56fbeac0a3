import { ggufFromFolder, isFromFolder, needsFloats } from "../formats/gguf-folder";
import { ggufPairs, GgufValue, type GgufPairs } from "../formats/gguf-values";
import { fileTypeKey, ggufFileType, ggufPlan, versionKey, writeGguf, type GgufPlan } from "../formats/gguf-writer";
import type { SavedFloatType, SavedTensor } from "../formats/safetensors-writer";
import type { Hashed } from "../formats/write-pieces";
import type { GgmlMix } from "../quantize";
import { sharedPool } from "../simd/pool";
import type { Tensor } from "../tensor/tensor";
import { CompressedTensor } from "./compressed-tensor";
import { blocksOf } from "./ggml-blocks";
import { workerModule } from "./tasks";

export interface SaveCompressedGgufOptions {
  /** Writes all values as floats of this type. */
  readonly dtype?: SavedFloatType;
  readonly signal?: AbortSignal;
  readonly resume?: boolean;
}

/** Writes a compressed model as GGUF: tensors that `ggml` quantized as their blocks, those of other methods as float32 values, those that
 *  the recipe left alone as they are.
 *
 *  A model that came from a Hugging Face folder is written with llama.cpp's names, sizes and tokenizer (gguf-folder.ts).
 *
 *  Of a GGUF model whose weights `ggml` quantized the file is the one that llama.cpp's quantizer writes, to the byte: its order of
 *  tensors (by layer, then by name), the version of quantization and the type of the file as the last keys. */
export async function saveCompressedGguf(
  model: Hashed & {
    readonly tensors: readonly Tensor[];
    readonly metadata: Readonly<Record<string, unknown>>;
    readonly recipe: unknown;
    readonly name: string;
    readonly config?: Readonly<Record<string, unknown>> | undefined;
    readonly folder?: string | undefined;
  },
  path: string,
  { dtype, signal, resume = false }: SaveCompressedGgufOptions,
): Promise<number> {
  const own = { resume, ...(signal && { signal }) };
  const chosen = model.tensors.map((tensor): [SavedTensor, SavedFloatType | undefined] => {
    if (dtype !== undefined) return [tensor, dtype];
    return tensor instanceof CompressedTensor ? writtenForm(tensor) : [tensor, undefined];
  });
  const hasBlocks = chosen.some(([tensor]) => tensor instanceof BlockTensor);
  if (isFromFolder(model)) {
    const choices = new Map(chosen);
    const { tensors, metadata } = await ggufFromFolder({
      name: model.name,
      config: model.config,
      folder: model.folder,
      tensors: chosen.map(([tensor]) => tensor),
    });
    const turned = tensors.map(({ tensor, originals }) => {
      const chosenType = originals.map((original) => choices.get(original)).find((type) => type !== undefined);
      return ggufPlan(tensor, needsFloats(tensor) ? "F32" : chosenType);
    });
    const fileType = hasBlocks ? fileTypeOf(model.recipe, turned) : ggufFileType(described(turned));
    const written = ggufPairs(metadata, { [fileTypeKey]: fileType });
    return writeGguf(
      model,
      hasBlocks ? inLayerOrder(turned) : turned,
      withFileType(written, fileType, hasBlocks),
      path,
      own,
    );
  }
  const plans = chosen.map((one) => ggufPlan(...one));
  const pairs = ggufPairs(model.metadata, {});
  if (!hasBlocks) {
    const isChanged = plans.some(({ convertTo }) => convertTo !== undefined);
    return writeGguf(
      model,
      plans,
      isChanged ? withFileType(pairs, ggufFileType(described(plans)), false) : pairs,
      path,
      own,
    );
  }
  return writeGguf(model, inLayerOrder(plans), withFileType(pairs, fileTypeOf(model.recipe, plans), true), path, own);
}

function writtenForm(tensor: CompressedTensor): [SavedTensor, SavedFloatType | undefined] {
  const blocks = blocksOf(tensor.form);
  return blocks ? [new BlockTensor(tensor, blocks.type, blocks.sizeBytes), undefined] : [tensor, "F32"];
}

/** A tensor whose bytes are its blocks, which are put together on a worker thread. */
class BlockTensor implements SavedTensor {
  readonly name: string;
  readonly shape: readonly number[];

  constructor(
    private readonly tensor: CompressedTensor,
    readonly dtype: string,
    readonly sizeBytes: number,
  ) {
    this.name = tensor.name;
    this.shape = tensor.shape;
  }

  read(options?: { signal?: AbortSignal }): Promise<Float32Array> {
    return this.tensor.read(options);
  }

  async readBytes({ signal }: { signal?: AbortSignal } = {}): Promise<Uint8Array> {
    const run = { label: this.name, ...(signal ? { signal } : {}) };
    const bytes = await sharedPool(workerModule).run<Uint8Array>("packBlocks", this.tensor.place, run);
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  }
}

/** llama.cpp's order: what is in no layer, then layer after layer, each by the bytes of the names (weight_name_comparer). */
function inLayerOrder(plans: readonly GgufPlan[]): GgufPlan[] {
  const layerOf = ({ tensor }: GgufPlan): number => Number(/^blk\.(\d+)/.exec(tensor.name)?.[1] ?? -1);
  return [...plans].sort(
    (a, b) => layerOf(a) - layerOf(b) || Buffer.compare(Buffer.from(a.tensor.name), Buffer.from(b.tensor.name)),
  );
}

/** `general.quantization_version` and `general.file_type`: where blocks were made, behind all other keys. */
function withFileType(pairs: GgufPairs, fileType: number | undefined, isQuantized: boolean): GgufPairs {
  const changed = new Map(pairs);
  if (isQuantized) {
    changed.delete(versionKey);
    changed.delete(fileTypeKey);
    changed.set(versionKey, new GgufValue("uint32", 2));
  }
  if (fileType !== undefined && (isQuantized || changed.has(fileTypeKey)))
    changed.set(fileTypeKey, new GgufValue("uint32", fileType));
  return changed;
}

/** llama.cpp's numbers of the mixtures (include/llama.h, enum llama_ftype) that are not those of their base type. */
const mixFileTypes: Partial<Readonly<Record<GgmlMix, number>>> = {
  Q2_K_S: 21,
  Q3_K_S: 11,
  Q3_K_M: 12,
  Q3_K_L: 13,
  Q4_K_S: 14,
  Q4_K_M: 15,
  Q5_K_S: 16,
  Q5_K_M: 17,
  MXFP4_MOE: 38,
};

/** The number of the mixture or type that all blocks were asked for; where there are several, of the type that holds most of the weights. */
function fileTypeOf(recipe: unknown, plans: readonly GgufPlan[]): number | undefined {
  const wanted = wantedIn(recipe);
  const [one] = wanted;
  if (wanted.size !== 1 || one === undefined) return ggufFileType(described(plans));
  return mixFileTypes[one as GgmlMix] ?? ggufFileType([{ dtype: one, parameters: 1 }]);
}

/** The mixtures and types of a recipe's ggml steps. */
function wantedIn(recipe: unknown): Set<string | undefined> {
  const wanted = new Set<string | undefined>();
  const visit = (part: unknown): void => {
    if (Array.isArray(part)) part.forEach(visit);
    else if (typeof part === "object" && part !== null) {
      const { kind, mix, type, steps } = part as { kind?: unknown; mix?: string; type?: string; steps?: unknown };
      if (kind === "ggml") wanted.add(mix ?? type);
      visit(steps);
    }
  };
  visit(recipe);
  return wanted;
}

function described(plans: readonly GgufPlan[]): { dtype: string; parameters: number }[] {
  return plans.map(({ type, tensor }) => ({
    dtype: type.name,
    parameters: tensor.shape.reduce((product, size) => product * size, 1),
  }));
}
