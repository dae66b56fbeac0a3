/** One operator of a recipe, as plain frozen JSON: `{ kind: "linear", bits: 4, group: 128, … }`. Made by a method's factory, which
 *  checks and completes the options; `kind` finds the method again. Rooms that hand steps on know this much of them; the union of all
 *  steps, with their options, is `RecipeStep` (layer/step.ts). */
export interface Step {
  /** The method: "linear", "magnitude", "rans". */
  readonly kind: string;
}

/** The step of a method, or the union of the steps of several: `StepOf<Quantizer<LinearStep>>` is `LinearStep`. */
export type StepOf<Method> = Method extends { label(step: infer S extends Step): string } ? S : never;

/** The methods by their `kind`. A method takes its own steps only, and who looks it up by `step.kind` gives it no others: that is why one
 *  registry can hold methods of different steps. TypeScript allows it because the members that take a step are written as methods, `label(step: S)`,
 *  whose parameters it compares both ways. */
export function methodsByKind<Method extends { readonly kind: string }>(
  methods: readonly Method[],
): ReadonlyMap<string, Method> {
  return new Map(methods.map((method) => [method.kind, method]));
}
