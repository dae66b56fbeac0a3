/** What the names of files say: which of a folder's files is the model, which belong together, and what to call it. */
import { basename } from "node:path";
import { OptionError } from "../errors";
import { formats } from "./formats";

const usualNames = formats.flatMap((format) => format.usualNames ?? []);
const endings = formats.flatMap((format) => format.endings);
const allEndings = [...endings, ...formats.flatMap((format) => format.sharedEndings ?? [])];
const [mainFormat] = formats;
const mostListed = 40;

/** The endings that may be left out where a model is opened by name: ".safetensors", ".gguf" and ".codebook". */
export const impliedEndings: readonly string[] = formats.flatMap(({ impliedEnding }) => impliedEnding ?? []);

/** True for a name that is taken whatever else the folder holds: `model.safetensors`, or its index. */
export function isFirstChoice(name: string): boolean {
  return mainFormat.usualNames?.includes(name) === true;
}

/** The one model among the files of a folder: one of the usual names, or the one file of a known format; parts of a split model count as
 *  one. `undefined` when there is none; `OptionError` that lists them when there are several. `where` is the folder, for the error. */
export function chooseModelFile(names: readonly string[], where: string): string | undefined {
  const usual = usualNames.find((name) => names.includes(name));
  if (usual !== undefined) return usual;
  for (const ending of endings) {
    const matching = names.filter((name) => name.endsWith(ending) && !isLaterPart(name)).sort();
    if (matching.length === 1) return matching[0];
    if (matching.length > 1) throw severalFiles(where, matching, ending);
  }
  return undefined;
}

/** True for the path of a file that `open` could be asked for, and that is no mere index of others. */
export function isModelPath(path: string): boolean {
  if (path.endsWith(".index.json")) return false;
  return endings.some((ending) => path.endsWith(ending)) || usualNames.includes(basename(path));
}

/** The error for a folder that holds several models. `ending`: what they have in common. */
export function severalFiles(where: string, names: readonly string[], ending = "model"): OptionError {
  const more = names.length > mostListed ? ` and ${names.length - mostListed} more` : "";
  return new OptionError(
    `open(): ${where} holds ${names.length} ${ending} files; name one of ${names.slice(0, mostListed).join(", ")}${more}`,
  );
}

/** The names of all files that a model consists of, the first one first, where they follow from its name; `undefined` where they do not. */
export function partsByName(name: string): readonly string[] | undefined {
  return namedParts(name)?.names;
}

/** The names of the files that a first one names, which is JSON and not checked yet. */
export function partsInJson(value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  const found = formats.flatMap((format) => format.partsInJson?.(value as Readonly<Record<string, unknown>>) ?? []);
  return found.filter((name) => typeof name === "string");
}

function namedParts(name: string): { readonly at: number; readonly names: readonly string[] } | undefined {
  for (const format of formats) {
    const parts = format.partsByName?.(name);
    if (parts) return parts;
  }
  return undefined;
}

function isLaterPart(name: string): boolean {
  return (namedParts(name)?.at ?? 0) > 0;
}

/** What a model in a file of a folder is called: the file, without an ending that may be left out; an archive keeps its own, which tells it
 *  from the model in it. */
export function nameInFolder(file: string): string {
  const left = formats.filter(({ impliedEnding, reader }) => impliedEnding !== undefined && !("unwrap" in reader));
  return withoutEnding(
    file,
    left.flatMap((format) => format.endings),
  );
}

/** What a model at an address is called: the file, without the ending of any format, or one of `more`. */
export function nameAtAddress(file: string, more: readonly string[] = []): string {
  return withoutEnding(file, [...allEndings, ...more]);
}

/** True for a file that does not say on the Hub which model it is: `model.safetensors`, `pytorch_model-00001-of-00002.bin`. */
export function isCalledAfterRepository(file: string): boolean {
  const telling = formats.filter(({ hasTellingNames }) => hasTellingNames).flatMap((format) => format.endings);
  return /^(model|pytorch_model)\b/.test(file) && !telling.some((ending) => file.endsWith(ending));
}

function withoutEnding(file: string, known: readonly string[]): string {
  const [longest] = known.filter((ending) => file.endsWith(ending)).sort((a, b) => b.length - a.length);
  return longest === undefined ? file : file.slice(0, -longest.length);
}
