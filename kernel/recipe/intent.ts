/** Whether a recipe does what it says: each pattern, each entry and each name in it touches something. */
import { OptionError } from "../errors";
import { layerMatcher, textOfPattern, type LayerPattern } from "../tensor/match";
import type { Model } from "../tensor/model";
import { nearestNames, nearestPattern } from "../tensor/nearest-pattern";
import type { Tensor } from "../tensor/tensor";
import { suggestName } from "../tensor/tensor-set";
import { isPatternList, type CheckedEntry } from "./recipe";

/** One pattern or several, as options take them. */
type Patterns = LayerPattern | readonly LayerPattern[];

/** What a recipe finds in a model. */
export interface Found {
  /** The model that is compressed. */
  readonly model: Model;
  /** The tensors that a recipe may take: weight matrices, and those that it names. */
  readonly takeable: readonly Tensor[];
  /** The entries of the recipe. */
  readonly entries: readonly CheckedEntry[];
  /** The option `only`; absent: all. */
  readonly only?: Patterns | undefined;
  /** The option `skip`; absent: none. */
  readonly skip?: Patterns | undefined;
  /** The number of the entry that a tensor goes to. */
  readonly entryOf: (tensor: Tensor) => number | undefined;
}

/** Throws `OptionError` for the first pattern of `only`, `skip` or `match` that fits nothing, for an entry that gets no tensor (with the entries
 *  that took its tensors), and for importance of tensors that there are not. */
export function checkIntent(found: Found): void {
  const { model, takeable, entries, only, skip } = found;
  for (const pattern of listOf(only)) checkPattern("only", pattern, model, takeable);
  for (const pattern of listOf(skip)) checkPattern("skip", pattern, model, model.tensors);
  entries.forEach((entry, at) => {
    for (const pattern of listOf(entry.match)) checkPattern("match", pattern, model, takeable);
    checkEntry(entry, at, found);
    checkNames(entry, at, found);
  });
}

function listOf(patterns: Patterns | undefined): readonly LayerPattern[] {
  return patterns === undefined ? [] : isPatternList(patterns) ? patterns : [patterns];
}

/** What turns the checks off, for the end of an error. */
const remedy = "{ allowUnmatched: true } lets it pass";

function checkPattern(option: string, pattern: LayerPattern, model: Model, among: readonly Tensor[]): void {
  const fits = layerMatcher(pattern);
  if (among.some(fits)) return;
  const others = model.tensors.filter(fits);
  const count = `the ${model.tensors.length} tensors of ${model.name}`;
  const why =
    others.length > 0
      ? `it fits ${others.length === 1 ? `"${others[0].name}"` : `${others.length} that are no weights, such as "${others[0].name}"`}; a tensor that is no weight is taken by its very name`
      : hintOf(pattern, among.length > 0 ? among : model.tensors);
  throw new OptionError(`compress(): ${option}: ${textOfPattern(pattern)} touches none of ${count}; ${why}; ${remedy}`);
}

/** "did you mean …?", or the names that are nearest. */
function hintOf(pattern: LayerPattern, tensors: readonly Tensor[]): string {
  const near = nearestPattern(pattern, tensors);
  if (near !== undefined) return `did you mean "${near}", which fits ${firstOf(tensors.filter(layerMatcher(near)))}?`;
  return `${nearestOf(textOfPattern(pattern), tensors)}; in a glob * stands for letters without a dot, ** for any letters`;
}

/** "the nearest names are …", in quotes. */
function nearestOf(text: string, tensors: readonly Tensor[]): string {
  const names = nearestNames(text, tensors).map((name) => `"${name}"`);
  return names.length === 0 ? "there are no tensors" : `the nearest names are ${names.join(", ")}`;
}

/** The first names, in quotes. */
function firstOf(tensors: readonly Tensor[]): string {
  const shown = tensors.slice(0, 3).map(({ name }) => `"${name}"`);
  return tensors.length > shown.length ? `${shown.join(", ")}, … (${tensors.length})` : shown.join(", ");
}

/** An entry must get a tensor. */
function checkEntry(entry: CheckedEntry, at: number, { takeable, entries, entryOf, only, skip }: Found): void {
  if (entry.match === undefined || takeable.some((tensor) => entryOf(tensor) === at)) return;
  const fitting = takeable.filter(entry.fits);
  const earlier = [...new Set(fitting.flatMap((tensor) => entryOf(tensor) ?? []))].sort((a, b) => a - b);
  const named = `entry ${at + 1} of the recipe, ${listOf(entry.match).map(textOfPattern).join(", ")},`;
  if (earlier.length > 0) {
    const takers = earlier.map(
      (one) => `entry ${one + 1}, ${listOf(entries[one].match).map(textOfPattern).join(", ")}`,
    );
    throw new OptionError(
      `compress(): ${named} is shadowed: ${fitting.length === 1 ? "its tensor is" : `its ${fitting.length} tensors are`} taken by ${takers.join(" and ")}; a layer takes the first entry that fits, so put the narrower one first; ${remedy}`,
    );
  }
  const bounds = [only === undefined ? [] : ["only"], skip === undefined ? [] : ["skip"]].flat().join(" and ");
  throw new OptionError(
    `compress(): ${named} touches nothing: ${bounds} leave${bounds.includes(" ") ? "" : "s"} out ${firstOf(fitting)}; ${remedy}`,
  );
}

/** Importance by tensor names must be of tensors that there are, and of one of the entry's at least. */
function checkNames(entry: CheckedEntry, at: number, { model, takeable, entryOf }: Found): void {
  for (const step of entry.steps) {
    const lists = "importance" in step ? step.importance : undefined;
    if (lists === undefined || Array.isArray(lists)) continue;
    const names = Object.keys(lists);
    const known = new Map(model.tensors.map((tensor) => [tensor.name, tensor]));
    const odd = names.find((name) => !known.has(name));
    if (odd !== undefined) {
      const near = suggestName(odd, [...known.keys()]);
      throw new OptionError(
        `compress(): ${step.kind}: importance of "${odd}" touches none of the ${known.size} tensors of ${model.name}; ` +
          `${near ? `did you mean "${near}"?` : nearestOf(odd, model.tensors)}; ${remedy}`,
      );
    }
    if (!takeable.some((tensor) => entryOf(tensor) === at && Object.hasOwn(lists, tensor.name)))
      throw new OptionError(
        `compress(): ${step.kind}: importance is of ${
          names.length === 0
            ? "no tensor"
            : names
                .slice(0, 3)
                .map((name) => `"${name}"`)
                .join(", ")
        }, and of none that the step touches; ${remedy}`,
      );
  }
}

/** The tensor that is meant most likely where none is a weight: of numbers, of more dimensions, larger. */
function likeliest(tensors: readonly Tensor[]): Tensor {
  const place = ({ role, shape, parameters }: Tensor): readonly number[] => [
    role === "integer" || role === "optimizer state" ? 0 : 1,
    role === "bias" ? 0 : role === "norm" ? 1 : 2,
    Math.min(2, shape.length),
    parameters,
  ];
  return tensors.reduce((best, tensor) => {
    const [one, other] = [place(tensor), place(best)];
    const at = one.findIndex((value, i) => value !== other[i]);
    return at >= 0 && one[at] > other[at] ? tensor : best;
  });
}

/** The error of a recipe that touches nothing, with the pattern that would. */
export function nothingTouched(model: Model, takeable: readonly Tensor[]): OptionError {
  const help =
    takeable.length > 0
      ? `match: "**" takes its ${takeable.length} weights, such as ${firstOf(takeable)}, where only and skip leave them`
      : model.tensors.length === 0
        ? "it has no tensors"
        : `none is a weight; others are taken by their very names: { only: "${likeliest(model.tensors).name}" }`;
  return new OptionError(
    `compress(): the recipe touches none of the ${model.tensors.length} tensors of ${model.name}; ${help}`,
  );
}
