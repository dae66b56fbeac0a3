/** How many of several things go: the options that methods on nodes, heads and layers have in common. */
import { OptionError } from "../../errors";
import { checkChoice, checkNumber } from "../../options";
import { percent } from "../pruner";

/** A share to remove, or a number that stays. */
export interface Amount {
  readonly sparsity?: number;
  readonly keep?: number;
}

const whole = { minimum: 1, maximum: 2 ** 31 - 1, integer: true };

/** Exactly one of sparsity and keep; `what` says what keep counts. */
export function checkAmount(
  method: string,
  { sparsity, keep }: { sparsity?: unknown; keep?: unknown },
  what: string,
): Amount {
  if ((sparsity === undefined) === (keep === undefined))
    throw new OptionError(`${method}(): it takes either sparsity (a share) or keep (${what})`);
  return keep === undefined
    ? { sparsity: checkNumber(method, "sparsity", sparsity, { minimum: 0, maximum: 1 }) }
    : { keep: checkNumber(method, "keep", keep, whole) };
}

/** The number of `size` that stay: size − round(sparsity·size), or `keep`; raised to a multiple of `align`, never above `size`. */
export function keptOf(size: number, { sparsity = 0, keep }: Amount, align = 1): number {
  const wanted = keep ?? size - Math.round(sparsity * size);
  return Math.min(size, Math.ceil(wanted / align) * align);
}

export function checkAlign(method: string, align: unknown): number {
  return checkNumber(method, "align", align ?? 1, whole);
}

/** `{}` for "layer", the default. A number to keep is of each layer. */
export function checkScope(method: string, { scope, keep }: { scope?: unknown; keep?: unknown }): { scope?: "global" } {
  const chosen = checkChoice(method, "scope", scope ?? "layer", ["layer", "global"]);
  if (chosen === "layer") return {};
  if (keep !== undefined)
    throw new OptionError(
      `${method}(): keep is a number for each layer; scope: "global" takes sparsity, a share of all`,
    );
  return { scope: "global" };
}

export function checkChain(method: string, chain: unknown): { chain?: readonly string[] } {
  if (chain === undefined) return {};
  if (!Array.isArray(chain) || chain.length < 2 || !chain.every((name) => typeof name === "string"))
    throw new OptionError(`${method}(): chain is no list of two or more layer names: ["conv1", "fc1", "fc2"]`);
  return { chain: Object.freeze([...(chain as string[])]) };
}

/** "25 %", "keep 64". */
export function amountLabel({ sparsity = 0, keep }: Amount): string {
  return keep === undefined ? percent(sparsity) : `keep ${keep}`;
}
