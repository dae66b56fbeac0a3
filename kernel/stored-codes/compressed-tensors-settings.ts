/** What `quantization_config` of compressed-tensors says of a module's weight. */
import type { Settings } from "./file-tensors";

/** The arguments of a group of modules that tell how its weights are decoded. */
export interface WeightArgs {
  /** Bits of a code. */
  readonly bits: number;
  /** Whether there are no zero points. */
  readonly isSymmetric: boolean;
  /** Inputs that share a scale; absent where the strategy has no groups. */
  readonly group: number | undefined;
  /** "tensor", "channel", "group", "block", "tensor_group"; absent where the settings do not say. */
  readonly strategy?: string | undefined;
  /** Rows and columns that share a scale; absent unless the strategy is "block". */
  readonly block: readonly [number, number] | undefined;
}

interface Group {
  readonly targets: readonly string[];
  readonly args: WeightArgs;
}

/** The groups of `config_groups` whose weights are quantized; those that stand as a name only say nothing here. */
export function groupsOf(quantization: Settings | undefined): readonly Group[] {
  const groups = quantization?.config_groups;
  if (!isObject(groups)) return [];
  return Object.values(groups).flatMap((group) => {
    if (!isObject(group) || !isObject(group.weights) || !Array.isArray(group.targets)) return [];
    const { num_bits: bits, symmetric, group_size: size, block_structure: block, strategy } = group.weights;
    if (typeof bits !== "number") return [];
    const targets = group.targets.filter((target): target is string => typeof target === "string");
    const args = {
      bits,
      isSymmetric: symmetric !== false,
      group: typeof size === "number" && size > 0 ? size : undefined,
      strategy: typeof strategy === "string" ? strategy : undefined,
      block: isPair(block) ? block : undefined,
    };
    return [{ targets, args }];
  });
}

function isObject(value: unknown): value is Settings {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isPair(value: unknown): value is [number, number] {
  return Array.isArray(value) && value.length === 2 && value.every((size) => Number.isSafeInteger(size) && size > 0);
}

/** The arguments that fit what is stored of a module: those that name it, else those whose pattern does, else those of its class; several where
 *  the settings leave it open. */
export function argsFor(
  module: string,
  groups: readonly Group[],
  fits: (args: WeightArgs) => boolean,
): readonly WeightArgs[] {
  const fitting = groups.filter(({ args }) => fits(args));
  const distinct = (chosen: readonly Group[]): WeightArgs[] => [
    ...new Map(chosen.map(({ args }) => [JSON.stringify(args), args])).values(),
  ];
  const all = distinct(fitting);
  if (all.length < 2) return all;
  const matchers: ((target: string) => boolean)[] = [
    (target) => target === module,
    (target) => matchesPattern(target, module),
    (target) => !target.includes(".") && !target.startsWith("re:"),
  ];
  for (const matches of matchers) {
    const named = distinct(fitting.filter(({ targets }) => targets.some(matches)));
    if (named.length > 0) return named;
  }
  return all;
}

/** A pattern of that length, and without repeated repetition, ends soon on a name. */
const longestPattern = 500;

/** Targets that begin with "re:" are Python patterns for the beginning of a name. */
function matchesPattern(target: string, module: string): boolean {
  if (!target.startsWith("re:") || target.length > longestPattern || /[+*}]\)*[+*{]/.test(target)) return false;
  try {
    return new RegExp(`^(?:${target.slice(3).replaceAll("(?P<", "(?<")})`).test(module);
  } catch {
    return false;
  }
}
