/** A model from a Hugging Face folder as GGUF has it: llama.cpp's names of tensors, its keys for what config.json states, rows in the order
 *  that its attention wants, and the tokenizer (tokenizer.ts). Which families, and what of each: architectures.ts. */
import { join } from "node:path";
import { OptionError, UnsupportedError } from "../errors";
import { readJsonFile } from "../formats/config";
import type { GgufMetadataInput } from "../formats/gguf/values";
import type { SavedTensor } from "../formats/safetensors-writer";
import { nameWith } from "./added-tokens";
import type { Architecture } from "./architecture";
import { architectures } from "./architectures";
import { renamed } from "./changes";
import { stackOf } from "./experts";
import { MovedRows } from "./moved-tensor";
import { checkSettings } from "./known-settings";
import { rotaryTensors } from "./rotary";
import { headSizeOf, type Settings } from "./settings";
import { writtenTokenizer } from "./tokenizer";

/** What is needed of a model that was opened from a folder. */
export interface FolderModel {
  readonly tensors: readonly SavedTensor[];
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  readonly name?: string | undefined;
  readonly config?: Settings | undefined;
  readonly folder?: string | undefined;
}

/** A tensor as GGUF has it, and what it was made of. */
export interface ConvertedTensor {
  readonly tensor: SavedTensor;
  /** The tensors of the folder that it holds: one, a stack of experts, or none for a table that llama.cpp adds. */
  readonly originals: readonly SavedTensor[];
}

/** True for a model that has the config.json of a folder, and no metadata of a GGUF file. */
export function isFromFolder({ metadata, config, folder }: FolderModel): boolean {
  return (
    metadata?.["general.architecture"] === undefined && typeof config?.model_type === "string" && folder !== undefined
  );
}

/** Tensors that engines want as float32 though they are no vectors: embeddings of positions and token types, which are added, not looked up;
 *  norms of heads; gates of experts, whose choice hangs on small differences; biases of experts and of relative positions. */
const floats = /^(position_embd|token_types)\.weight$|\.(attn_[qk]_norm|ffn_gate_inp|attn_rel_b)\.weight$|_exps\.bias$/;

/** True for tensors that engines want as float32: vectors, and those of `floats`. */
export function needsFloats({ name, shape }: SavedTensor): boolean {
  return shape.length < 2 || floats.test(name);
}

/** Tensors and metadata of such a model as GGUF has them; the tensors of `needsFloats` are to be written as float32.
 *  `UnsupportedError` for another architecture, positions, activation or tokenizer, or a key of config.json that is not known, `OptionError` for
 *  sizes that are missing. */
export async function ggufFromFolder(
  model: FolderModel,
): Promise<{ tensors: readonly ConvertedTensor[]; metadata: GgufMetadataInput; notes: readonly string[] }> {
  const config = model.config ?? {};
  const kind = String(config.model_type);
  const architecture = Object.hasOwn(architectures, kind) ? architectures[kind] : undefined;
  if (!architecture)
    throw new UnsupportedError(
      `saveGguf(): a network of model_type "${kind}" is not written as GGUF for llama.cpp; ${Object.keys(architectures).join(", ")} are. { architecture: ${JSON.stringify(kind)} } writes it under its own names, for other readers of GGUF`,
    );
  checkActivation(kind, architecture, config);
  architecture.check?.(config);
  checkSettings(kind, architecture.settings, config);
  const rotary = architecture.rotary?.(config);
  const stored = architecture.chosen?.(model.tensors) ?? model.tensors;
  const tensors = await withHead(convertAll(stored, architecture, config), architecture, config);
  const turned = rotary && Math.floor(headSizeOf(config) * rotary.share);
  const tables = rotary && turned !== undefined ? rotaryTensors(rotary, turned) : [];
  const embedding = tensors.find(({ tensor }) => tensor.name === "token_embd.weight")?.tensor;
  if (!embedding) throw new OptionError(`saveGguf(): the model has no token embeddings`);
  const folder = model.folder ?? ".";
  const { pairs, notes, nameWord } = await writtenTokenizer(folder, config, embedding.shape[0]);
  const metadata: GgufMetadataInput = {
    "general.architecture": architecture.name,
    "general.type": "model",
    "general.name": nameWith(model.name ?? kind, nameWord),
    ...architecture.sizes(config, model.tensors),
    ...(architecture.name === "bert" ? await pooling(folder) : {}),
    ...(pairs["tokenizer.ggml.model"] === "none" && { [`${architecture.name}.vocab_size`]: embedding.shape[0] }),
    ...pairs,
    ...(architecture.name === "bert" ? typeCount(tensors, pairs) : {}),
  };
  return {
    tensors: [...tensors, ...tables.map((tensor) => ({ tensor, originals: [] }))],
    metadata,
    notes: [...notes, ...(architecture.notes?.(config) ?? []), ...(rotary?.notes ?? [])],
  };
}

/** The tensors of such a model as GGUF has them, without what the tokenizer and the logits ask; `undefined` for a network that is not written as
 *  GGUF, or has a tensor that is not. */
export function ggufTensors(model: FolderModel): readonly ConvertedTensor[] | undefined {
  const config = model.config ?? {};
  const kind = String(config.model_type);
  if (!Object.hasOwn(architectures, kind)) return undefined;
  const architecture = architectures[kind];
  try {
    return convertAll(architecture.chosen?.(model.tensors) ?? model.tensors, architecture, config);
  } catch (reason) {
    if (reason instanceof UnsupportedError || reason instanceof OptionError) return undefined;
    throw reason;
  }
}

/** Refuses an activation that llama.cpp does not compute in such a network. */
function checkActivation(kind: string, { activationKeys, activations }: Architecture, config: Settings): void {
  const key = activationKeys.find((one) => config[one] !== undefined && config[one] !== null);
  const activation = key === undefined ? activations[0] : config[key];
  if (typeof activation !== "string" || !activations.includes(activation))
    throw new UnsupportedError(
      `saveGguf(): ${kind} with the activation ${JSON.stringify(activation)}; llama.cpp computes it with ${activations[0]}`,
    );
}

/** The tensors in the order of the folder; the parts of a stack stand together, where the first of them stood. */
function convertAll(tensors: readonly SavedTensor[], architecture: Architecture, config: Settings): ConvertedTensor[] {
  const stacks = new Map<string, Map<number, SavedTensor>>();
  const found = tensors.map((original): (() => readonly ConvertedTensor[]) => {
    const part = architecture.partOf?.(original.name.replace(architecture.prefix, ""));
    if (!part) {
      const own = converted(original, architecture, config).map((tensor) => ({ tensor, originals: [original] }));
      return () => own;
    }
    const known = stacks.get(part.stack);
    if (known) {
      known.set(part.number, original);
      return () => [];
    }
    const parts = new Map([[part.number, original]]);
    stacks.set(part.stack, parts);
    return () => {
      const count = architecture.partCount?.(config, part.stack) ?? parts.size;
      return [{ tensor: stackOf(part.stack, parts, count), originals: [...parts.values()] }];
    };
  });
  return found.flatMap((give) => give());
}

/** A tensor under llama.cpp's name and in its order, or its parts; none where GGUF leaves it out. */
function converted(tensor: SavedTensor, architecture: Architecture, config: Settings): readonly SavedTensor[] {
  const own = tensor.name.replace(architecture.prefix, "");
  if (architecture.ignored.test(own)) return [];
  const row = architecture.names.find(([pattern]) => pattern.test(own));
  if (!row)
    throw new UnsupportedError(
      `saveGguf(): GGUF has no place for the tensor ${JSON.stringify(tensor.name)} in a ${architecture.name} network`,
    );
  const [pattern, name, change = renamed] = row;
  return [change(tensor, own.replace(pattern, name), config)].flat();
}

/** The tensors with the matrix of the logits as llama.cpp wants it: none where it is the embedding's, unless llama.cpp wants one of its own. A
 *  matrix that is stored and differs from the embedding counts even where config.json calls the two tied, as in transformers.
 *  `UnsupportedError` where the network has one of its own and llama.cpp takes the embedding's, `OptionError` where it is missing. */
async function withHead(
  tensors: readonly ConvertedTensor[],
  { name, head, isTied }: Architecture,
  config: Settings,
): Promise<readonly ConvertedTensor[]> {
  if (head === "none") return tensors;
  const own = "output.weight";
  const named = (wanted: string) => tensors.find(({ tensor }) => tensor.name === wanted)?.tensor;
  const [stored, embedding] = [named(own), named("token_embd.weight")];
  const saysTied = isTied === "unless stored" || (config.tie_word_embeddings ?? isTied) === true;
  const isEqual =
    stored && embedding && (saysTied || head === "tied") ? await haveSameValues(stored, embedding) : false;
  if (stored && !isEqual) {
    if (head !== "tied") return tensors;
    throw new UnsupportedError(
      `saveGguf(): ${name} with logits by a matrix that is not the embedding; llama.cpp multiplies with the embedding`,
    );
  }
  if (!stored && !saysTied)
    throw new OptionError(
      `saveGguf(): the model has no matrix of the logits (lm_head), and config.json says that it is not the embedding ("tie_word_embeddings": false)`,
    );
  const others = tensors.filter(({ tensor }) => tensor !== stored);
  if (head !== "own") return others;
  return others.flatMap((one) =>
    one.tensor === embedding ? [one, { ...one, tensor: new MovedRows(one.tensor, own, undefined) }] : [one],
  );
}

async function haveSameValues(one: SavedTensor, other: SavedTensor): Promise<boolean> {
  if (String(one.shape) !== String(other.shape)) return false;
  const [a, b] = [await one.read(), await other.read()];
  return a.every((value, i) => value === b[i]);
}

/** How llama.cpp makes one vector of those of the tokens, as 1_Pooling/config.json of sentence-transformers says: 1 by their mean, 2 by the
 *  first. */
async function pooling(folder: string): Promise<GgufMetadataInput> {
  const settings = await readJsonFile(join(folder, "1_Pooling", "config.json"));
  if (settings?.pooling_mode_mean_tokens === true) return { "bert.pooling_type": 1 };
  return settings?.pooling_mode_cls_token === true ? { "bert.pooling_type": 2 } : {};
}

/** The number of token types, without which llama.cpp opens no BERT, where the tokenizer's keys do not state it. */
function typeCount(tensors: readonly ConvertedTensor[], tokenizer: GgufMetadataInput): GgufMetadataInput {
  const key = "tokenizer.ggml.token_type_count";
  const types = tensors.find(({ tensor }) => tensor.name === "token_types.weight")?.tensor;
  return key in tokenizer ? {} : { [key]: types?.shape[0] ?? 1 };
}
