/** What the editor offers inside a text: names of models in `open("…")`, of tensors in `model.tensor("…")` and where a recipe chooses layers. */
import { readdirSync, type Dirent } from "node:fs";
import { join, resolve } from "node:path";
import { formats } from "../catalog/formats";
import type { TextPlace } from "../session/language/text-names";
import type { Model } from "../tensor/model";

/** Options that take names of layers, or patterns of them. */
const choosing = new Set(["match", "only", "skip"]);

const isModel = (value: unknown): value is Pick<Model, "tensors"> =>
  typeof value === "object" && value !== null && Array.isArray((value as { tensors?: unknown }).tensors);

const tensorNames = (models: readonly unknown[]): string[] => [
  ...new Set(models.filter(isModel).flatMap(({ tensors }) => tensors.map(({ name }) => name))),
];

function list(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).filter(({ name }) => !name.startsWith("."));
  } catch {
    return [];
  }
}

/** The models of the shelves by their names, and the files and folders beside the notebook, or where the typed path leads. */
function modelNames(typed: string, folder: string, shelves: readonly string[]): string[] {
  const endings = formats.flatMap((format) => format.endings);
  const isOffered = (entry: Dirent) => entry.isDirectory() || endings.some((ending) => entry.name.endsWith(ending));
  const path = typed.slice(0, typed.lastIndexOf("/") + 1);
  const beside = list(resolve(folder, path))
    .filter((entry) => isOffered(entry) && entry.name !== "node_modules")
    .map((entry) => path + entry.name + (entry.isDirectory() ? "/" : ""));
  const named = shelves.flatMap((shelf) => list(join(shelf)).filter(isOffered)).map(({ name }) => name);
  return [...new Set([...(path === "" ? named : []), ...beside])];
}

/** What may stand at `place`; undefined where this knows nothing. `shelves` are the folders whose models are opened by name. */
export function namesToType(place: TextPlace, shelves: readonly string[]): readonly string[] | undefined {
  if (place.of === "open") return modelNames(place.typed, place.folder, shelves);
  if (place.of === "tensor") return tensorNames(place.receiver === undefined ? place.values() : [place.receiver]);
  return choosing.has(place.of) ? tensorNames(place.values()) : undefined;
}
