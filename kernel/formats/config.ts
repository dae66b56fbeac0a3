import type { ByteSource } from "../bytes/source";
import type { Model } from "../tensor/model";
import { parseJsonObject, readJsonObject, type JsonObject } from "./json-file";
import { maxIndexBytes } from "./limits";
import { isMissing, siblingFile, type Siblings } from "./siblings";

/** The settings that lie beside a model's weights: `config.json` of a Hugging Face folder, or the topology in a TensorFlow.js
 *  `model.json`. They say what shapes alone do not: the number of attention heads, the activation, the order of layers. */

/** A config.json has some kilobytes; one with a list for each of 100,000 labels has a few megabytes, and a tokenizer.json some tens. */
export const maxConfigBytes = 64 * 1024 * 1024;

/** The settings of a model that was opened from `source`: in the `config.json` beside it, or in the file itself, as TensorFlow.js has them;
 *  "metadata" says that they are read already. `undefined` where there is no such file: weights open without their settings, and what needs
 *  them says so. A file that is there and cannot be read is an error, as the weights may mean something else without it: `SourceError`, or
 *  `FormatError` where it holds anything but a JSON object. */
export async function readConfig(
  where: "beside" | "file" | "metadata",
  source: ByteSource,
  siblings: Siblings,
  signal: AbortSignal | undefined,
): Promise<JsonObject | undefined> {
  if (where === "metadata") return undefined;
  if (where === "beside") return optionalObject(() => siblings("config.json", 0), signal, true);
  // A bare manifest of weights is a list, and tells nothing else.
  const begin = Buffer.from(await source.read(0, Math.min(64, source.byteLength), signal)).toString("latin1");
  if (/^\s*\[/.test(begin)) return undefined;
  const entries = Object.entries(await readJsonObject(source, maxIndexBytes, signal));
  return Object.fromEntries(entries.filter(([key]) => key !== "weightsManifest"));
}

/** The JSON object in a file that lies beside a model's first one; `undefined` where there is no such file. Errors are those of `readJsonFile`. */
export function readBeside(
  name: string,
  siblings: Siblings,
  signal: AbortSignal | undefined,
): Promise<JsonObject | undefined> {
  return optionalObject(() => siblings(name, 0), signal);
}

/** The JSON object in a file; `undefined` where there is no such file. `SourceError` for a file that cannot be read, `FormatError` for one that
 *  holds anything else. */
export function readJsonFile(path: string): Promise<JsonObject | undefined> {
  return optionalObject(() => siblingFile(path), undefined);
}

/** The texts of config.json files by what they say. */
const texts = new WeakMap<JsonObject, string>();

/** The text that a model's settings were read from, in which numbers stand as their writer wrote them; `undefined` for settings that were made here. */
export function configTextOf(config: JsonObject): string | undefined {
  return texts.get(config);
}

/** Says of settings which text they came from, though they say something else in places; returns them. */
export function withConfigText<Settings extends JsonObject | undefined>(
  config: Settings,
  text: string | undefined,
): Settings {
  if (config && text !== undefined && !texts.has(config)) texts.set(config, text);
  return config;
}

async function optionalObject(
  find: () => Promise<ByteSource | undefined>,
  signal: AbortSignal | undefined,
  keepsText = false,
): Promise<JsonObject | undefined> {
  const source = await find().catch((reason: unknown) => {
    if (isMissing(reason)) return undefined;
    throw reason;
  });
  if (!source) return undefined;
  const { name, byteLength } = source;
  if (!keepsText || byteLength > maxConfigBytes) return readJsonObject(source, maxConfigBytes, signal);
  const bytes = await source.read(0, byteLength, signal);
  return withConfigText(parseJsonObject(bytes, name), Buffer.from(bytes).toString("utf8"));
}

/** Gives a model its `config`, and the `folder` that it comes from. */
export function withSettings<T extends Model>(model: T, config: JsonObject | undefined, folder: string | undefined): T {
  if (config === undefined) return model;
  return Object.defineProperties(model, {
    config: { value: Object.freeze(config), enumerable: true },
    ...(folder === undefined ? {} : { folder: { value: folder, enumerable: true } }),
  });
}
