/** Attention that looks back a number of positions only, in all layers or in some. */
import { OptionError, UnsupportedError } from "../errors";
import type { GgufMetadataInput } from "../formats/gguf/values";
import { blocksOf, countOf, numberOf, type Settings } from "./settings";

const sliding = "sliding_attention";
const full = "full_attention";

/** The kinds of attention that config.json lists, one a layer; `undefined` where it lists none. `UnsupportedError` for a third kind,
 *  `OptionError` for a list of another length. */
function kindsOf(config: Settings): readonly string[] | undefined {
  const list: unknown = config.layer_types;
  if (list === undefined || list === null) return undefined;
  const kinds = Array.isArray(list) ? (list as unknown[]) : [list];
  const odd = kinds.find((kind) => kind !== sliding && kind !== full);
  if (odd !== undefined)
    throw new UnsupportedError(`saveGguf(): layers of the kind ${JSON.stringify(odd)} are not written`);
  if (kinds.length !== blocksOf(config))
    throw new OptionError(
      `saveGguf(): config.json lists ${kinds.length} kinds of attention (layer_types) for ${blocksOf(config)} layers`,
    );
  return kinds as string[];
}

/** Refuses a sliding window shorter than the context, where llama.cpp attends to all positions. `byFlag`: the network has it only where
 *  config.json sets use_sliding_window. */
export function checkWhole(config: Settings, byFlag: boolean): void {
  const kinds = kindsOf(config);
  const isOn = byFlag ? config.use_sliding_window === true : config.use_sliding_window !== false;
  const { sliding_window: window } = config;
  if (!isOn || typeof window !== "number" || (kinds && !kinds.includes(sliding))) return;
  if (window < numberOf(config, "max_position_embeddings"))
    throw new UnsupportedError(
      `saveGguf(): ${String(config.model_type)} with a sliding window of ${window} positions is not written; llama.cpp attends to all positions (the same for texts of up to ${window}: "sliding_window": null in config.json says that this is meant)`,
    );
}

/** GGUF's keys of a window that some layers have, without the architecture's name. `usual`: whether layer i has it where config.json lists no
 *  kinds. */
export function windowKeys(config: Settings, usual: (layer: number) => boolean): GgufMetadataInput {
  const slides =
    kindsOf(config)?.map((kind) => kind === sliding) ?? Array.from({ length: blocksOf(config) }, (_, i) => usual(i));
  return {
    "attention.sliding_window": countOf(config, "sliding_window"),
    "attention.sliding_window_pattern": slides,
  };
}
