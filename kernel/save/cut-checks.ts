/** What engines can open of networks that parts were taken out of. They build a network from its config.json alone, so that a size which has no key
 *  there, or a block that is what it is by its number, cannot be told them. */
import { OptionError } from "../errors";
import { configTextOf } from "../formats/config";
import { parseJsonObject, type JsonObject } from "../formats/json-file";
import { architectureOf, configKey, ggufKeys } from "../network/dimensions";
import { keepsPeriod } from "../network/block-kinds";
import { blockName } from "../tensor/layer-names";
import { isMadeSmaller, type SavedModel } from "./saved-model";

const plainFile = `save("small.safetensors") writes the weights alone`;

/** Families of which nobody publishes networks with other widths inside their blocks than the family's. */
const fixedWidths =
  /^(opt|falcon|bart|mbart|plbart|pegasus|marian|blenderbot|whisper|speech_to_text|clip.*|siglip.*|chinese_clip|dinov2.*|dinov3.*)$/;

/** Keys that a cut may add to a config.json, each known to the families that get it. */
const addedKeys: ReadonlySet<string> = new Set(["n_inner", "head_dim", "layer_types", "no_rope_layers"]);

/** Refuses a cut network that transformers would build otherwise than it is. `config`: as it would be written. `OptionError` says why. */
export function checkCut(model: Pick<SavedModel, "recipe" | "config">, config: JsonObject): void {
  const kinds = kindsIn(model.recipe);
  const family = String(config.model_type);
  const isNarrower = ["nodes", "merge", "heads"].some((kind) => kinds.has(kind));
  if (isNarrower && fixedWidths.test(family))
    throw new OptionError(
      `save(): nobody publishes ${family} networks with fewer neurons or heads, and no engine is known to open one; ${plainFile}`,
    );
  if (kinds.has("layers") && config.scale_attn_by_inverse_layer_idx === true)
    throw new OptionError(
      `save(): ${family} divides the attention of each block by its number here, which is another without some; ${plainFile}`,
    );
  const text = model.config && configTextOf(model.config);
  if (text === undefined) return;
  const original = parseJsonObject(Buffer.from(text), "config.json");
  const added = Object.keys(config).find((key) => !(key in original) && !addedKeys.has(key));
  if (added !== undefined)
    throw new OptionError(
      `save(): config.json of ${family} has no key for the smaller size, ${added}, that transformers would read; ${plainFile}`,
    );
}

/** The kinds of steps in a recipe. */
function kindsIn(recipe: unknown): Set<string> {
  const kinds = new Set<string>();
  const visit = (part: unknown): void => {
    if (Array.isArray(part)) part.forEach(visit);
    else if (typeof part === "object" && part !== null) {
      if ("kind" in part && typeof part.kind === "string") kinds.add(part.kind);
      if ("steps" in part) visit(part.steps);
    }
  };
  visit(recipe);
  return kinds;
}

/** Numbers of the blocks that were taken out. */
function droppedBlocks({ report }: Pick<SavedModel, "report">): ReadonlySet<number> {
  const gone = report.layers.filter(({ variants: [own] }) => own?.shape?.[0] === 0);
  return new Set(gone.map(({ name }) => blockName(name)?.index ?? -1));
}

/** Refuses a network without some of its blocks where llama.cpp tells by a block's number whether it slides its attention. `architecture`: as
 *  llama.cpp calls it. */
export function checkGgufBlocks(model: SavedModel, architecture: string | undefined): void {
  if (architecture === undefined || !isMadeSmaller(model)) return;
  const dropped = droppedBlocks(model);
  const key = model.config && configKey(model.config, "blocks");
  const left = key === undefined ? model.metadata[`${architecture}.${ggufKeys.blocks}`] : model.config?.[key];
  if (dropped.size > 0 && !keepsPeriod(architecture, Number(left) + dropped.size, dropped))
    throw new OptionError(
      `save(): llama.cpp gives the blocks of ${architecture} their kind of attention by number, and without ${[...dropped].join(", ")} others would get it; take out whole periods of blocks, or ${plainFile}`,
    );
}

/** The architecture of llama.cpp that a model is, or becomes; `undefined` where it is not known. */
export function ggufArchitectureOf({ metadata, config }: Pick<SavedModel, "metadata" | "config">): string | undefined {
  const names: Readonly<Record<string, string>> = {
    gemma3_text: "gemma3",
    gpt_oss: "gpt-oss",
    modernbert: "modern-bert",
  };
  const family = typeof config?.model_type === "string" ? config.model_type : undefined;
  return architectureOf(metadata) ?? (family && (names[family] ?? family));
}
