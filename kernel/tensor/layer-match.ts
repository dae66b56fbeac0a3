/** Layers named by pattern, as recipes and options name them: a glob, a regular expression, a function, or a list of those. */
import { OptionError } from "../errors";
import type { Tensor } from "./tensor";

/** In a glob, `*` stands for any characters inside one part of a name (parts end at "." or "/"), `**` for any characters, `?` for one.
 *  A regular expression is searched for anywhere in the name. */
export type LayerMatch = string | RegExp | ((layer: Tensor) => boolean) | readonly LayerMatch[];

/** A test of whether a layer is meant. Throws `OptionError` when `match` is none of the forms. */
export function layerMatcher(method: string, option: string, match: LayerMatch): (layer: Tensor) => boolean {
  if (typeof match === "string") {
    const pattern = globPattern(match);
    return (layer) => pattern.test(layer.name);
  }
  if (match instanceof RegExp) {
    // Without g and y: those make a pattern remember where it stopped.
    const pattern = new RegExp(match.source, match.flags.replace(/[gy]/g, ""));
    return (layer) => pattern.test(layer.name);
  }
  if (typeof match === "function") return (layer) => match(layer) === true;
  if (Array.isArray(match)) {
    const tests = (match as readonly LayerMatch[]).map((inner) => layerMatcher(method, option, inner));
    return (layer) => tests.some((test) => test(layer));
  }
  throw new OptionError(
    `${method}(): ${option} is ${String(match)}; it takes a glob, a RegExp, a function, or a list of those`,
  );
}

/** The glob as a pattern over whole names. */
export function globPattern(glob: string): RegExp {
  const source = glob.replace(/\*\*|\*|\?|[\\^$.|+()[\]{}/]/g, (token) => {
    if (token === "**") return ".*";
    if (token === "*") return "[^./]*";
    return token === "?" ? "[^./]" : `\\${token}`;
  });
  return new RegExp(`^${source}$`, "su");
}
