/** A recipe as it is written, checked, and in the form that is kept in reports. */
import { OptionError } from "../errors";
import { checkOptionNames } from "../options";
import { isStructural } from "../prune";
import { layerMatcher, recordOfPattern, type LayerMatcher, type LayerPattern } from "../tensor/match";
import { kindOfStep, labelOf, sharedSparsityOf, targetBitsOf } from "../layer/operators";
import type { RecipeStep } from "../layer/step";
import { checkedStep } from "./checked-step";

/** Steps for the layers that `match` chooses; a layer takes the first entry that fits it. */
export interface RecipeEntry {
  /** A glob such as "encoder.**.weight", a RegExp, a function of the layer, or a list of them. A glob covers the whole name: `*` stands for
   *  letters without a dot ("encoder.layer.*.output.dense.weight"), `**` for any letters, dots too ("encoder.**"), `?` for one letter,
   *  `{a,b}` for either. Each pattern must fit a tensor. */
  readonly match: LayerPattern | readonly LayerPattern[];
  /** A step, or steps in order: prune → quantize → encode. */
  readonly steps: RecipeStep | readonly RecipeStep[];
}

/** A step, steps one after the other, or a list of entries for different layers. */
export type Recipe = RecipeStep | readonly RecipeStep[] | readonly RecipeEntry[];

/** An entry of a recipe that was checked: its steps are known and in an order that makes sense. */
export interface CheckedEntry {
  /** Absent: every weight matrix. */
  readonly match?: LayerPattern | readonly LayerPattern[];
  /** Whether the entry takes that layer. */
  readonly fits: LayerMatcher;
  /** In the order in which they run. */
  readonly steps: readonly RecipeStep[];
}

/** Throws `OptionError` for anything that is no recipe, a step of unknown kind, or steps in an order that makes no sense. */
export function checkRecipe(recipe: Recipe): readonly CheckedEntry[] {
  const list: readonly unknown[] = Array.isArray(recipe) ? recipe : [recipe];
  if (list.length === 0)
    throw new OptionError("compress(): the recipe is empty; it takes a step, steps, or { match, steps } entries");
  const entries = list.filter(isEntry);
  if (entries.length === 0) return [{ fits: () => true, steps: checkSteps(list) }];
  if (entries.length < list.length)
    throw new OptionError(
      "compress(): the recipe mixes steps and { match, steps } entries; put the steps into an entry",
    );
  return entries.map((entry) => {
    checkOptionNames("compress", entry, ["match", "steps"]);
    const { match, steps } = entry;
    if (match === undefined) throw new OptionError('compress(): a recipe entry has no match; "**" matches every layer');
    return { match, fits: layerMatcher(match), steps: checkSteps(isStepList(steps) ? steps : [steps]) };
  });
}

function isStepList(steps: RecipeStep | readonly RecipeStep[]): steps is readonly RecipeStep[] {
  return Array.isArray(steps);
}

function isEntry(value: unknown): value is RecipeEntry {
  return typeof value === "object" && value !== null && !("kind" in value) && ("match" in value || "steps" in value);
}

function checkSteps(steps: readonly unknown[]): readonly RecipeStep[] {
  if (steps.length === 0) throw new OptionError("compress(): an entry has no steps; skip leaves layers out");
  const checked = steps.map(checkedStep);
  checkOrder(checked);
  return checked;
}

/** (nodes | heads | layers | merge)* → prune* → quantize* → at most one encode. */
function checkOrder(all: readonly RecipeStep[]): void {
  const steps = all.slice(countStructural(all));
  const late = steps.findIndex(isStructural);
  if (late > 0)
    throw new OptionError(
      `compress(): ${labelOf(steps[late])} comes after ${labelOf(steps[late - 1])}; what takes parts out of the network comes first, the rest works on what is left`,
    );
  const kinds = steps.map(kindOfStep);
  const firstEncode = kinds.indexOf("encode");
  if (firstEncode >= 0 && firstEncode < steps.length - 1) {
    const [encoder, next] = [labelOf(steps[firstEncode]), labelOf(steps[firstEncode + 1])];
    throw new OptionError(
      kinds[firstEncode + 1] === "encode"
        ? `compress(): ${encoder} comes before ${next}; bytes that are coded do not get smaller again, take one of them`
        : `compress(): ${encoder} comes before ${next}; what is coded cannot be changed any more: encode last`,
    );
  }
  const lateGlobal = steps.findIndex((step, at) => at > 0 && sharedSparsityOf(step) !== undefined);
  if (lateGlobal > 0)
    throw new OptionError(
      `compress(): ${labelOf(steps[lateGlobal])} is step ${countStructural(all) + lateGlobal + 1}; its threshold is over the weights of all layers, so it comes first`,
    );
  const target = steps.findIndex((step) => targetBitsOf(step) !== undefined);
  if (target >= 0 && (target !== steps.length - 2 || firstEncode !== steps.length - 1))
    throw new OptionError(
      `compress(): ${labelOf(steps[target])} counts the bits after coding; a coder such as rans() comes right after it`,
    );
  const firstQuantize = kinds.indexOf("quantize");
  const latePrune = kinds.findIndex((kind, at) => kind === "prune" && firstQuantize >= 0 && at > firstQuantize);
  if (latePrune >= 0)
    throw new OptionError(
      `compress(): ${labelOf(steps[latePrune])} comes after ${labelOf(steps[firstQuantize])}; prune first, then quantize what is left`,
    );
}

/** How many steps at the beginning take parts out of the network. */
function countStructural(steps: readonly RecipeStep[]): number {
  const first = steps.findIndex((step) => !isStructural(step));
  return first < 0 ? steps.length : first;
}

/** The recipe as plain JSON that `compress()` takes again: steps as they are; a glob as it is, a RegExp as `{ regExp, flags }`. A function has no
 *  such form: it stands there as `{ function: text }`, and running that recipe says so. */
export function recipeRecord(entries: readonly CheckedEntry[]): unknown {
  return entries.length === 1 && entries[0].match === undefined
    ? entries[0].steps.map((step) => ({ ...step }))
    : entries.map(({ match, steps }) => ({
        match: patternsRecord(match ?? "**"),
        steps: steps.map((step) => ({ ...step })),
      }));
}

/** Patterns as plain JSON that `only`, `skip` and `match` take again. */
export function patternsRecord(patterns: LayerPattern | readonly LayerPattern[]): unknown {
  return isPatternList(patterns) ? patterns.map(recordOfPattern) : recordOfPattern(patterns);
}

/** Whether there are several patterns. */
export function isPatternList(
  patterns: LayerPattern | readonly LayerPattern[] | undefined,
): patterns is readonly LayerPattern[] {
  return Array.isArray(patterns);
}

/** A name for the variant where none was given: "magnitude 50 % · linear 4-bit g128". */
export function recipeName(entries: readonly CheckedEntry[]): string {
  return entries.map(({ steps }) => steps.map(labelOf).join(" · ")).join(" | ");
}
