import { readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Model } from "../tensor/model";

/** The settings that lie beside a model's weights: `config.json` of a Hugging Face folder, or the topology in a TensorFlow.js
 *  `model.json`. They say what shapes alone do not: the number of attention heads, the activation, the order of layers. */

/** A config.json has some kilobytes; one with a list for each of 100,000 labels has a few megabytes. */
export const maxConfigBytes = 64 * 1024 * 1024;

/** The JSON object in a file; `undefined` where there is no such file, or it holds anything else: weights open without their settings,
 *  and what needs them says so. */
export async function readJsonObject(path: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile() || found.size > maxConfigBytes) return undefined;
  try {
    const value: unknown = JSON.parse(await readFile(path, "utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Gives a model that was opened from `file` its `config` and `folder`. GGUF files have theirs in the metadata. */
export async function withSettings<T extends Model>(model: T, file: string): Promise<T> {
  const folder = dirname(file);
  let config: Readonly<Record<string, unknown>> | undefined;
  if (model.format === "tfjs") {
    const entries = Object.entries((await readJsonObject(file)) ?? {});
    config = Object.fromEntries(entries.filter(([key]) => key !== "weightsManifest"));
  } else if (model.format !== "gguf") config = await readJsonObject(join(folder, "config.json"));
  if (config === undefined) return model;
  return Object.defineProperties(model, {
    config: { value: Object.freeze(config), enumerable: true },
    folder: { value: folder, enumerable: true },
  });
}
