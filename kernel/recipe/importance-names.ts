/** Importance by llama.cpp's names, for a model that was opened from a folder: a file of importance calls the weights as the GGUF file of the same
 *  network does. */
import { isFromFolder, ggufTensors, type ConvertedTensor } from "../llama-cpp/from-folder";
import type { Model } from "../tensor/model";
import type { Tensor } from "../tensor/tensor";
import type { CheckedEntry } from "./recipe";

type Lists = Readonly<Record<string, readonly number[]>>;

/** The entries with the folder's names in the place of llama.cpp's. Rows may stand in another order there, columns do not; the list of a stack of
 *  experts is cut into those of each, and goes as a whole where no text reached one of them, as llama.cpp's loader has it. A name stays where it is
 *  of the folder already, of nothing, or of a matrix whose columns are others there; it is an error then, as any that touches nothing. */
export function withFolderNames(model: Model, entries: readonly CheckedEntry[]): readonly CheckedEntry[] {
  if (!isFromFolder(model) || !entries.some(({ steps }) => steps.some((step) => listsOf(step) !== undefined)))
    return entries;
  const own = new Map(model.tensors.map((tensor) => [tensor.name, tensor]));
  let known: ReadonlyMap<string, ConvertedTensor> | undefined;
  const converted = (): ReadonlyMap<string, ConvertedTensor> =>
    (known ??= new Map((ggufTensors(model) ?? []).map((each) => [each.tensor.name, each])));
  return entries.map((entry) => ({
    ...entry,
    steps: entry.steps.map((step) => {
      const lists = listsOf(step);
      if (lists === undefined || Object.keys(lists).every((name) => own.has(name))) return step;
      return Object.freeze({ ...step, importance: renamedLists(lists, own, converted()) });
    }),
  }));
}

function listsOf(step: CheckedEntry["steps"][number]): Lists | undefined {
  if (!("importance" in step) || step.importance === undefined || isList(step.importance)) return undefined;
  return step.importance;
}

function isList(importance: Lists | readonly number[]): importance is readonly number[] {
  return Array.isArray(importance);
}

function renamedLists(
  lists: Lists,
  own: ReadonlyMap<string, Tensor>,
  converted: ReadonlyMap<string, ConvertedTensor>,
): Lists {
  const renamed: Record<string, readonly number[]> = Object.create(null);
  for (const [name, list] of Object.entries(lists)) {
    const parts = own.has(name) ? undefined : partsOf(list, converted.get(name), own);
    // Parts of one fused matrix take the same inputs; where their lists differ all the same, none is preferred.
    const fits = parts?.every(([part, values]) => !(part in renamed) || isSame(renamed[part], values)) === true;
    for (const [part, values] of fits && parts ? parts : [[name, list] as const]) renamed[part] = values;
  }
  return Object.freeze(renamed);
}

/** The list of each tensor that a converted one was made of; undefined where it has other columns. */
function partsOf(
  list: readonly number[],
  converted: ConvertedTensor | undefined,
  own: ReadonlyMap<string, Tensor>,
): readonly (readonly [string, readonly number[]])[] | undefined {
  if (!converted || converted.originals.length === 0) return undefined;
  const { tensor, originals } = converted;
  const columns = tensor.shape[tensor.shape.length - 1];
  const keeps = originals.every(({ name, shape }) => {
    const last = shape.length - 1;
    return last > 0 && shape[last] === columns && own.get(name)?.axes?.input.includes(last) === true;
  });
  if (!keeps) return undefined;
  if (originals.length === 1) return [[originals[0].name, list]];
  if (list.length === columns) return originals.map(({ name }) => [name, list] as const);
  if (list.length !== columns * originals.length) return undefined;
  const cut = originals.map(({ name }, at) => [name, list.slice(at * columns, (at + 1) * columns)] as const);
  return cut.some(([, values]) => values.every((value) => value === 0)) ? [] : cut;
}

function isSame(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((value, at) => value === other[at]);
}
