/** The width of a network: how many values travel from block to block. */
import { configKeys, ggufKeys, architectureOf } from "../dimensions";
import type { Subject } from "./subject";

const positive = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isInteger(value) && value > 0 ? value : undefined;

/** The width by the settings, else by the columns of the first table of embeddings of tokens; `undefined` when nothing tells. */
export function widthOf(
  config: Readonly<Record<string, unknown>> | undefined,
  metadata: Readonly<Record<string, unknown>>,
  subjects: readonly Subject[],
): number | undefined {
  const architecture = architectureOf(metadata);
  if (architecture !== undefined) return positive(metadata[`${architecture}.${ggufKeys.hidden}`]);
  return statedIn(config) ?? statedIn(config?.text_config) ?? tokenWidth(subjects);
}

function statedIn(config: unknown): number | undefined {
  if (typeof config !== "object" || config === null) return undefined;
  const settings = config as Readonly<Record<string, unknown>>;
  return configKeys.hidden.map((key) => positive(settings[key])).find((size) => size !== undefined);
}

function tokenWidth(subjects: readonly Subject[]): number | undefined {
  const tokens = subjects.find(
    ({ path, shape }) => shape.length === 2 && /(embed_tokens|wte|word_embeddings|tok_embeddings)\.weight$/.test(path),
  );
  return tokens?.shape[1];
}
