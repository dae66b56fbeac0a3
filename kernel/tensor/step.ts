/** One operator of a recipe, as plain frozen JSON: `{ kind: "linear", bits: 4, group: 128, … }`. Made by a method's factory, which
 *  checks and completes the options; `kind` finds the method again. */
export interface Step {
  /** The method: "linear", "magnitude", "rans". */
  readonly kind: string;
  readonly [option: string]: unknown;
}
