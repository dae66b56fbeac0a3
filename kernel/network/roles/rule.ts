/** Rules that tell a role by a name: rows of words, of which the first that fits counts. */
import type { TensorRole } from "../../tensor/role";
import type { Subject } from "./subject";

/** One rule. All that it asks must hold. */
export interface RoleRule {
  /** What such a tensor is. */
  readonly role: TensorRole;
  /** Why, as a phrase after "because": "a table of positions". */
  readonly because: string;
  /** Fits the tensor's own word, in lower case. */
  readonly parameter?: RegExp;
  /** Fits the last word of its layer. */
  readonly layer?: RegExp;
  /** Fits the whole path, in lower case, with dots between words. */
  readonly path?: RegExp;
  /** The fewest dimensions. */
  readonly least?: number;
  /** The most dimensions. */
  readonly most?: number;
  /** Whether the shape may be such. */
  readonly fits?: (subject: Subject) => boolean;
}

/** The first of the rules that a tensor fits, if any. */
export function firstRule<R extends RoleRule>(rules: readonly R[], subject: Subject): R | undefined {
  const own = subject.parameter.toLowerCase();
  const rank = subject.shape.length;
  return rules.find(
    ({ parameter, layer, path, least = 0, most = Infinity, fits }) =>
      rank >= least &&
      rank <= most &&
      (parameter === undefined || parameter.test(own)) &&
      (layer === undefined || layer.test(subject.layerWord)) &&
      (path === undefined || path.test(subject.path)) &&
      (fits === undefined || fits(subject)),
  );
}
