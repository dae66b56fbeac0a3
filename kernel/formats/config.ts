import { fileSource, type ByteSource } from "../bytes/source";
import { CancelledError } from "../errors";
import type { Model } from "../tensor/model";
import type { Siblings } from "./siblings";

/** The settings that lie beside a model's weights: `config.json` of a Hugging Face folder, or the topology in a TensorFlow.js
 *  `model.json`. They say what shapes alone do not: the number of attention heads, the activation, the order of layers. */

/** A config.json has some kilobytes; one with a list for each of 100,000 labels has a few megabytes. */
export const maxConfigBytes = 64 * 1024 * 1024;

type Settings = Readonly<Record<string, unknown>>;

/** The settings of a model that was opened from `source`: in the `config.json` beside it, or in the file itself, as TensorFlow.js has them;
 *  "metadata" says that they are read already. `undefined` where there are none, or the file holds anything else than a JSON object:
 *  weights open without their settings, and what needs them says so. */
export async function readConfig(
  where: "beside" | "file" | "metadata",
  source: ByteSource,
  siblings: Siblings,
  signal: AbortSignal | undefined,
): Promise<Settings | undefined> {
  if (where === "metadata") return undefined;
  if (where === "beside") return readJsonObject(() => siblings("config.json", 0), signal);
  const own = await readJsonObject(() => Promise.resolve(source), signal);
  return own && Object.fromEntries(Object.entries(own).filter(([key]) => key !== "weightsManifest"));
}

/** The JSON object in a file that lies beside a model's first one; `undefined` where there is no such file, or it holds anything else. */
export function readBeside(
  name: string,
  siblings: Siblings,
  signal: AbortSignal | undefined,
): Promise<Settings | undefined> {
  return readJsonObject(() => siblings(name, 0), signal);
}

/** The JSON object in a file; `undefined` where there is no such file, or it holds anything else. */
export function readJsonFile(path: string): Promise<Settings | undefined> {
  return readJsonObject(() => fileSource(path), undefined);
}

async function readJsonObject(
  find: () => Promise<ByteSource>,
  signal: AbortSignal | undefined,
): Promise<Settings | undefined> {
  try {
    const source = await find();
    if (source.byteLength > maxConfigBytes) return undefined;
    const value: unknown = JSON.parse(Buffer.from(await source.read(0, source.byteLength, signal)).toString("utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Settings) : undefined;
  } catch (reason) {
    if (reason instanceof CancelledError) throw reason;
    return undefined;
  }
}

/** Gives a model its `config`, and the `folder` that it comes from. */
export function withSettings<T extends Model>(model: T, config: Settings | undefined, folder: string | undefined): T {
  if (config === undefined) return model;
  return Object.defineProperties(model, {
    config: { value: Object.freeze(config), enumerable: true },
    ...(folder === undefined ? {} : { folder: { value: folder, enumerable: true } }),
  });
}
