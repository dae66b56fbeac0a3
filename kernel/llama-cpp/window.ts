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

/** Positions up to which a network with a sliding window computes what llama.cpp does, which attends to all positions: the window, where it is
 *  shorter than the context; `undefined` where no text is cut. `byFlag`: the network has a window only where config.json sets
 *  use_sliding_window. */
export function wholeWindow(config: Settings, byFlag: boolean): number | undefined {
  const kinds = kindsOf(config);
  const isOn = byFlag ? config.use_sliding_window === true : config.use_sliding_window !== false;
  if (!isOn || typeof config.sliding_window !== "number" || (kinds && !kinds.includes(sliding))) return undefined;
  const window = countOf(config, "sliding_window");
  return window < numberOf(config, "max_position_embeddings") ? window : undefined;
}

/** What is told of a file whose context is such a window. */
export function windowNote(config: Settings, window: number): string {
  return `the context that the file states is ${window} positions, the sliding window of this ${String(config.model_type)}, and not ${numberOf(config, "max_position_embeddings")}: llama.cpp attends to all positions there, so that longer texts are computed otherwise than by the network`;
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
