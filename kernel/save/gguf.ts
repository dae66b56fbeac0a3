import { visibleText } from "../report/visible-text";
import { checkedKeys, type ChosenKeys } from "../formats/gguf/chosen-keys";
import { ggufTypesOf } from "../formats/gguf/metadata";
import { canBeWritten, ggufPairs, GgufValue, type GgufMetadataInput, type GgufPairs } from "../formats/gguf/values";
import {
  architectureKey,
  completePairs,
  fileTypeKey,
  fileTypeOf,
  ggufFileType,
  ggufLayout,
  ggufPlan,
  versionKey,
  writeGguf,
  type GgufPlan,
  type SaveGgufOptions,
} from "../formats/gguf/writer";
import type { SavedFloatType, SavedTensor } from "../formats/safetensors-writer";
import { refuseOwnFiles } from "../formats/source-files";
import type { Hashed } from "../formats/write-pieces";
import { ggufFromFolder, isFromFolder, needsFloats, type FolderModel } from "../llama-cpp/from-folder";
import { isTurnable } from "../llama-cpp/moved-tensor";
import { currentHost } from "../host";
import { checkOptionNames } from "../options";
import type { GgmlMix } from "../quantize";
import { sharedPool } from "../threads/pool";
import { layoutOf, toMethodOrder } from "../tensor/layout";
import type { Step } from "../tensor/step";
import { parametersOf, type Shape } from "../tensor/tensor";
import { CompressedTensor } from "../layer/layer-tensor";
import { blockForm, ggufRowOf } from "./gguf-blocks";
import { checkGgufBlocks, ggufArchitectureOf } from "./cut-checks";
import { checkGgufSizes } from "./plain-folder";
import { isTurned, PlainValues } from "./plain-values";
import type { PlannedLayer, PlannedSave } from "./save-plan";
import { provenanceText } from "./provenance";
import { fileName, isMadeSmaller, type FileOptions, type SavedModel } from "./saved-model";
import { tasks } from "./tasks";

/** Writes tensors and metadata as one GGUF file, atomically, and returns its size in bytes. Tensors keep their order, metadata their
 *  order and types: a GGUF model that was opened and is saved unchanged gives the same file again. Without `general.architecture`, which
 *  `architecture` names, the file is written and the cell says that no engine opens it; `general.quantization_version` is added where a
 *  tensor was quantized here, and `general.file_type` follows when types change. One tensor is in memory at a time. A model that was opened
 *  from a Hugging Face folder (of one of the families of llama-cpp/architectures.ts) gets llama.cpp's names, sizes and tokenizer
 *  (llama-cpp/from-folder.ts).
 *
 *      await saveGguf(await open("model.gguf"), "half.gguf", { dtype: "F16" });
 *      await saveGguf(await open("weights.npz"), "small.gguf", { architecture: "llama", metadata: { "llama.block_count": 2 } });
 *
 *  `OptionError` for a type that GGUF cannot hold, a name over 63 bytes or used twice, more than 4 dimensions, a row that is no whole
 *  number of blocks, or metadata of the wrong type; `WriteError` when the disk does not take it: then whatever was at `path` before is
 *  still there. */
export async function saveGguf(
  model: FolderModel & Hashed,
  path: string,
  options: SaveGgufOptions = {},
): Promise<number> {
  const names = ["architecture", "dtype", "metadata", "alignment", "signal", "resume", "replace", "fileSystem"];
  checkOptionNames("saveGguf", options, names);
  await refuseOwnFiles("saveGguf", model, path, options.replace ?? false);
  const isTurned = isFromFolder(model) && !namesArchitecture(options);
  const turned = isTurned ? await ggufFromFolder(model) : undefined;
  const tensors = turned ? turned.tensors.map(({ tensor }) => tensor) : model.tensors;
  const metadata = turned?.metadata ?? writableMetadata(model.metadata ?? {});
  const { changes, notes } = checkedKeys("saveGguf", metadata, options);
  const plans = tensors.map((tensor) => ggufPlan(tensor, isTurned && needsFloats(tensor) ? "F32" : options.dtype));
  const pairs = completePairs(metadata, { ...options, metadata: changes }, plans);
  const fileType = isTurned && !pairs.has(fileTypeKey) ? fileTypeOf(plans) : undefined;
  const bytes = await writeGguf(
    model,
    plans,
    fileType === undefined ? pairs : new Map([...pairs, [fileTypeKey, new GgufValue("uint32", fileType)]]),
    path,
    options,
  );
  const told = [...(turned?.notes ?? []), ...notes].map(
    (note) => `saveGguf(): ${visibleText(path)}: ${visibleText(note)}`,
  );
  if (told.length > 0) currentHost().display?.({ data: { "text/plain": told.join("\n") } });
  return bytes;
}

/** Whether the architecture is told, so that a model of a folder is written as it is. */
function namesArchitecture({ architecture, metadata }: ChosenKeys): boolean {
  return architecture !== undefined || metadata?.[architectureKey] !== undefined;
}

/** Metadata without what GGUF cannot hold, such as objects: of a model that came from another format. Those of a GGUF file stay packed. */
function writableMetadata(metadata: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (ggufTypesOf(metadata)) return metadata;
  return Object.fromEntries(Object.entries(metadata).filter(([key, value]) => canBeWritten(key, value)));
}

/** Plans a compressed model as GGUF: tensors that `ggml` quantized as their blocks, those of other methods as float32 values, those that
 *  the recipe left alone as they are; with `dtype` all values as floats of that type.
 *
 *  A model that came from a Hugging Face folder is written with llama.cpp's names, sizes and tokenizer (llama-cpp/from-folder.ts).
 *
 *  Of a GGUF model whose weights `ggml` quantized the file is the one that llama.cpp's quantizer writes, to the byte: its order of
 *  tensors (by layer, then by name), the version of quantization and the type of the file as the last keys. */
export async function planGguf(model: SavedModel, options: FileOptions): Promise<PlannedSave> {
  const { dtype, signal, resume, provenance } = options;
  // Of a network that was made smaller: a model that came with lists may be saved with them.
  if (isMadeSmaller(model)) checkGgufSizes(model.metadata);
  checkGgufBlocks(model, ggufArchitectureOf(model));
  const own = { resume, provenance, ...(signal && { signal }) };
  const chosen = model.tensors.map((tensor): [SavedTensor, SavedFloatType | undefined] => {
    if (dtype !== undefined) return [tensor, dtype];
    return tensor instanceof CompressedTensor ? writtenForm(tensor) : [tensor, undefined];
  });
  const hasBlocks = chosen.some(([tensor]) => tensor instanceof BlockTensor || isTurnable(tensor));
  if (isFromFolder(model) && !namesArchitecture(options)) {
    const choices = new Map(chosen);
    const { tensors, metadata, notes } = await ggufFromFolder({
      name: model.name,
      config: model.config,
      folder: model.folder,
      tensors: chosen.map(([tensor]) => tensor),
    });
    const turned = tensors.map(({ tensor, originals }) => {
      const chosenType = originals.map((original) => choices.get(original)).find((type) => type !== undefined);
      return ggufPlan(tensor, needsFloats(tensor) ? "F32" : chosenType);
    });
    const fileType = hasBlocks ? fileTypeOfRecipe(model.recipe, turned) : ggufFileType(described(turned));
    const keys = checkedKeys("save", metadata, options);
    const written = ggufPairs(metadata, { [fileTypeKey]: fileType, ...keys.changes });
    const changed = new Set(tensors.filter(({ originals }) => originals.some(isChanged)).map(({ tensor }) => tensor));
    const inOrder = hasBlocks ? inLayerOrder(turned) : turned;
    const pairs = withFileType(written, fileType, hasBlocks, options.metadata);
    return plannedGguf(model, inOrder, pairs, changed, { ...own, notes: [...notes, ...keys.notes] });
  }
  const plans = chosen.map((one) => ggufPlan(...one));
  const metadata = writableMetadata(model.metadata);
  const { changes, notes } = checkedKeys("save", metadata, options);
  const pairs = ggufPairs(metadata, changes);
  const changed = new Set(chosen.map(([tensor]) => tensor).filter((_, at) => isChanged(model.tensors[at])));
  // The number of the file's type says what most weights are: it stays where most of them stay.
  const isMostlyKept = pairs.has(fileTypeKey) && 2 * changedWeights(plans, changed) < changedWeights(plans);
  const fileType = hasBlocks ? fileTypeOfRecipe(model.recipe, plans) : ggufFileType(described(plans));
  const isConverted = plans.some(({ convertTo }) => convertTo !== undefined);
  const kept = hasBlocks || isConverted;
  const written = kept
    ? withFileType(pairs, isMostlyKept ? Number(pairs.get(fileTypeKey)?.value) : fileType, hasBlocks, options.metadata)
    : pairs;
  return plannedGguf(model, hasBlocks ? inLayerOrder(plans) : plans, written, changed, { ...own, notes });
}

/** Weights of the plans: of those that change, by a step or to another type, where `changed` is given. */
function changedWeights(plans: readonly GgufPlan[], changed?: ReadonlySet<SavedTensor>): number {
  return plans.reduce(
    (sum, { tensor, convertTo }) =>
      !changed || changed.has(tensor) || convertTo !== undefined ? sum + parametersOf(tensor.shape) : sum,
    0,
  );
}

const isChanged = (tensor: SavedTensor): boolean => tensor instanceof CompressedTensor || tensor instanceof BlockTensor;

/** The plan of a file; `changed`: the tensors that hold what a step changed. */
function plannedGguf(
  model: SavedModel,
  plans: readonly GgufPlan[],
  given: GgufPairs,
  changed: ReadonlySet<SavedTensor>,
  {
    provenance,
    notes,
    ...options
  }: Pick<SaveGgufOptions, "signal" | "resume"> &
    Pick<FileOptions, "provenance"> & { readonly notes: readonly string[] },
): PlannedSave {
  const pairs = provenance ? withProvenance(given, model) : given;
  const layers = plans.map(({ tensor, type, sizeBytes, convertTo }): PlannedLayer => {
    const { name, shape } = tensor;
    const file = { name, dtype: type.name, shape, sizeBytes };
    const isPacked = changed.has(tensor) && type.blockElements > 1;
    const isPlain = changed.has(tensor) || convertTo !== undefined;
    const held = isPacked ? "packed" : isPlain ? "plain" : "as it was";
    return { name, shape, held, as: type.name, tensors: [file], bytes: sizeBytes };
  });
  return {
    plan: {
      form: "GGUF file",
      engine: pairs.has(architectureKey) ? "llama.cpp" : "readers of GGUF",
      layers,
      bytes: ggufLayout(plans, pairs).bytes,
      ...(notes.length > 0 && { notes }),
    },
    write: async (path) => ({
      bytes: await writeGguf(model, plans, pairs, path, options),
      files: [fileName(path)],
    }),
  };
}

/** What the file was made by, behind all other keys: `codebook.version`, `codebook.recipe` and so on, as texts. */
function withProvenance(pairs: GgufPairs, model: SavedModel): GgufPairs {
  const told = Object.entries(provenanceText(model));
  return new Map([...pairs, ...told.map(([key, text]) => [key, new GgufValue("string", text)] as const)]);
}

function writtenForm(tensor: CompressedTensor): [SavedTensor, SavedFloatType | undefined] {
  const { outline, shape, axes } = tensor;
  const blocks = blockForm(outline);
  if (!blocks) return [tensor, "F32"];
  if (!isTurned(outline)) return [new BlockTensor(tensor, blocks, shape), undefined];
  // Blocks lie along the inputs, which GGUF has last: they are those of the matrix that llama.cpp's network has there.
  const isMatrix = shape.length === 2 && layoutOf(shape, axes).matrices === 1;
  return [
    new PlainValues(tensor, isMatrix ? new BlockTensor(tensor, blocks, [shape[1], shape[0]]) : undefined),
    undefined,
  ];
}

/** A tensor whose bytes are its blocks, which are put together on a worker thread. */
class BlockTensor implements SavedTensor {
  readonly name: string;
  readonly dtype: string;
  readonly sizeBytes: number;

  /** `shape` is that of the matrix, or of the stack of them, whose rows the blocks make up. */
  constructor(
    private readonly tensor: CompressedTensor,
    { type, sizeBytes }: { readonly type: string; readonly sizeBytes: number },
    readonly shape: Shape,
  ) {
    this.name = tensor.name;
    this.dtype = type;
    this.sizeBytes = sizeBytes;
  }

  async read(options?: { signal?: AbortSignal }): Promise<Float32Array> {
    const { shape, axes } = this.tensor.outline;
    return toMethodOrder(await this.tensor.read(options), shape, axes);
  }

  async readBytes({ signal }: { signal?: AbortSignal } = {}): Promise<Uint8Array> {
    const run = { label: this.name, ...(signal ? { signal } : {}) };
    const bytes = await sharedPool().run(tasks, "packBlocks", this.tensor.location, run);
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

/** `general.quantization_version` and `general.file_type`: where blocks were made, behind all other keys. Keys that `given` names stay. */
function withFileType(
  pairs: GgufPairs,
  fileType: number | undefined,
  isQuantized: boolean,
  given: GgufMetadataInput = {},
): GgufPairs {
  if (fileTypeKey in given || versionKey in given) return pairs;
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
function fileTypeOfRecipe(recipe: unknown, plans: readonly GgufPlan[]): number | undefined {
  const wanted = wantedIn(recipe);
  const [one] = wanted;
  if (wanted.size !== 1 || one === undefined) return ggufFileType(described(plans));
  return mixFileTypes[one as GgmlMix] ?? ggufFileType([{ dtype: one, parameters: 1 }]);
}

/** The mixtures and types that the steps of a recipe ask for. */
function wantedIn(recipe: unknown): Set<string | undefined> {
  const wanted = new Set<string | undefined>();
  const visit = (part: unknown): void => {
    if (Array.isArray(part)) part.forEach(visit);
    else if (typeof part === "object" && part !== null) {
      const row = "kind" in part && typeof part.kind === "string" ? ggufRowOf(part as Step) : undefined;
      if (row) wanted.add(row.wantedBy(part as Step));
      if ("steps" in part) visit(part.steps);
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
