/** Numbers of a config.json that GGUF states too, each checked before it is written. */
import { OptionError } from "../errors";
import { GgufValue, type GgufMetadataInput } from "../formats/gguf/values";

/** The content of a config.json. */
export type Settings = Readonly<Record<string, unknown>>;

/** The first of these keys of config.json that has a number. `OptionError` where none has, and for one that is negative, infinite or NaN. */
export function numberOf(config: Settings, ...keys: readonly string[]): number {
  const key = keys.find((one) => typeof config[one] === "number");
  const found = key === undefined ? undefined : config[key];
  if (typeof found !== "number") throw new OptionError(`saveGguf(): config.json has no ${keys[0]}, which GGUF states`);
  if (found >= 0 && Number.isFinite(found)) return found;
  throw new OptionError(`saveGguf(): in config.json ${key} is ${found}; it is a finite number, at least 0`);
}

/** A factor, of which llama.cpp takes 0 for "none": above 0, `otherwise` where config.json says nothing. `OptionError` for another. */
export function factorOf(config: Settings, key: string, otherwise: number): number {
  const found = config[key] ?? otherwise;
  if (typeof found === "number" && found > 0 && Number.isFinite(found)) return found;
  throw new OptionError(`saveGguf(): in config.json ${key} is ${JSON.stringify(found)}; it is a number above 0`);
}

/** Sizes in GGUF are 32 bits, and llama.cpp's own signed ones. */
const maxCount = 2 ** 31 - 1;

/** `numberOf`, where it is a number of things: whole, and 1 to `most`. `OptionError` for another. */
export function countOf(config: Settings, keys: string | readonly string[], most = maxCount): number {
  const [first, ...others] = typeof keys === "string" ? [keys] : keys;
  const found = numberOf(config, first, ...others);
  if (Number.isInteger(found) && found >= 1 && found <= most) return found;
  throw new OptionError(`saveGguf(): in config.json ${first} is ${found}; it is a whole number, 1 to ${most}`);
}

/** Blocks of a network, and attention heads of one: no known network has a fiftieth of them. */
const maxBlocks = 65_536;
const maxHeads = 65_536;

/** Blocks of a network, 1 to 65,536. */
export function blocksOf(config: Settings, ...keys: readonly string[]): number {
  return countOf(config, keys.length === 0 ? "num_hidden_layers" : keys, maxBlocks);
}

/** Key and value heads: as many as query heads unless config.json says otherwise. */
export function sharedHeadsOf(config: Settings): number {
  return typeof config.num_key_value_heads === "number"
    ? countOf(config, "num_key_value_heads", maxHeads)
    : headsOf(config);
}

/** Query heads of each attention. */
export function headsOf(config: Settings, ...keys: readonly string[]): number {
  return countOf(config, [...keys, "num_attention_heads"], maxHeads);
}

/** Entries of a head: no known network has a hundredth of them. */
const maxHeadSize = 65_536;

/** Entries of an attention head. */
export function headSizeOf(config: Settings): number {
  return typeof config.head_dim === "number"
    ? countOf(config, "head_dim", maxHeadSize)
    : countOf(config, "hidden_size", maxHeads * maxHeadSize) / headsOf(config);
}

/** A number that GGUF holds as float32, also where it is whole. */
export function float(value: number): GgufValue {
  return new GgufValue("float32", value);
}

/** Keys with `prefix` before each. */
export function prefixed(prefix: string, keys: GgufMetadataInput): GgufMetadataInput {
  return Object.fromEntries(Object.entries(keys).map(([key, value]) => [prefix + key, value]));
}
