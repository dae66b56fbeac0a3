/** Names inside a text that is typed: of models for `open("…")`, of tensors for `model.tensor("…")`. The language knows neither; the library says
 *  what fits where (`offerNames`). */
import type TS from "typescript";

/** The place of a text that is being typed. */
export interface TextPlace {
  /** The function that is called, or the option that is given: "open", "tensor", "match". */
  readonly of: string;
  /** The value before the point, where there is one that an earlier cell made. */
  readonly receiver: unknown;
  /** The values of all names of earlier cells. */
  readonly values: () => readonly unknown[];
  /** What of the text is typed. */
  readonly typed: string;
  /** The notebook's folder. */
  readonly folder: string;
}

/** Says what may stand at a place; undefined where it knows nothing. */
export type TextNames = (place: TextPlace) => readonly string[] | undefined;

/** Cells have the kernel's own copy of the library, so that one list serves both. */
const providers: TextNames[] = [];

/** Adds a source of names; the first that knows a place answers for it. */
export function offerNames(names: TextNames): void {
  providers.push(names);
}

interface Question {
  readonly source: string;
  readonly cursor: number;
  readonly cwd: string;
  readonly valueOf: (name: string) => unknown;
  readonly names: () => readonly string[];
}

/** The names that fit into `literal`, which the cursor is in. */
export function namesInText(ts: typeof TS, literal: TS.StringLiteralLike, question: Question): readonly string[] {
  // A text in a list stands where the list does.
  const outer = ts.isArrayLiteralExpression(literal.parent) ? literal.parent : literal;
  const { parent } = outer;
  let of: string | undefined;
  let before: TS.Expression | undefined;
  if (ts.isPropertyAssignment(parent) && parent.initializer === outer) of = parent.name.getText();
  else if (ts.isCallExpression(parent)) {
    const callee = parent.expression;
    if (ts.isIdentifier(callee)) of = callee.text;
    else if (ts.isPropertyAccessExpression(callee)) {
      of = callee.name.text;
      before = callee.expression;
    }
  }
  if (of === undefined) return [];
  const place: TextPlace = {
    of,
    receiver: before && valueOf(ts, before, question),
    values: () => question.names().map((name) => question.valueOf(name)),
    typed: question.source.slice(literal.getStart() + 1, question.cursor),
    folder: question.cwd,
  };
  for (const names of providers) {
    const found = names(place);
    if (found !== undefined) return found;
  }
  return [];
}

/** The value of `name` or `name.property`; no getter of the user's runs. */
function valueOf(ts: typeof TS, node: TS.Expression, question: Question): unknown {
  if (ts.isIdentifier(node)) return question.valueOf(node.text);
  if (!ts.isPropertyAccessExpression(node)) return undefined;
  const value = valueOf(ts, node.expression, question);
  if (value === null || typeof value !== "object") return undefined;
  return (Object.getOwnPropertyDescriptor(value, node.name.text) as { value?: unknown } | undefined)?.value;
}
