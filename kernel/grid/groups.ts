/** How a tensor falls into groups that share a scale. A weight (out, in) or a kernel (out, in, height, width), as methods see weights
 *  (tensor/layout.ts), has shape[0] rows and the rest flattened; a vector or a scalar is one row. Groups lie along the row and never cross
 *  rows; when the group does not divide the row, the last group of each row is shorter. */
import { OptionError } from "../errors";
import { checkChoice, checkNumber } from "../options";
import { parametersOf, type Shape } from "../tensor/tensor";

/** What shares a scale: the whole tensor (of a stack each matrix), a row, or a group of weights along the row. */
export type Granularity = "tensor" | "channel" | "group";

/** Weights of a group unless told. */
export const defaultGroup = 128;

/** How a tensor falls into groups. */
export interface Grouping {
  /** Rows: shape[0], or 1 for vectors, scalars and where the tensor is one group. */
  readonly rows: number;
  /** Weights of a row. */
  readonly rowLength: number;
  /** Weights of a full group. */
  readonly groupLength: number;
  /** Groups of a row, the shorter last one included. */
  readonly groupsPerRow: number;
}

/** Rows and row length of a shape; throws `OptionError` when the shape does not hold `count` values. */
export function rowsOf(method: string, shape: Shape, count: number): { rows: number; rowLength: number } {
  if (parametersOf(shape) !== count)
    throw new OptionError(`${method}(): shape (${shape.join(", ")}) holds ${parametersOf(shape)} values, not ${count}`);
  const rows = shape.length < 2 ? 1 : shape[0];
  return { rows, rowLength: rows === 0 ? 0 : count / rows };
}

/** The groups of a tensor under a step; throws `OptionError` when the shape does not hold `count` values. */
export function groupsOf(
  method: string,
  shape: Shape,
  count: number,
  step: { per: Granularity; group?: number | undefined },
): Grouping {
  const { rows, rowLength } = rowsOf(method, shape, count);
  if (step.per === "tensor") return { rows: 1, rowLength: count, groupLength: count, groupsPerRow: 1 };
  const groupLength = step.per === "channel" ? rowLength : (step.group ?? defaultGroup);
  return { rows, rowLength, groupLength, groupsPerRow: rowLength === 0 ? 0 : Math.ceil(rowLength / groupLength) };
}

/** Calls `visit` for each group in storage order, with its number and its first and past-the-end index. */
export function forEachGroup(grouping: Grouping, visit: (group: number, start: number, end: number) => void): void {
  const { rows, rowLength, groupLength, groupsPerRow } = grouping;
  for (let row = 0, group = 0; row < rows; row++) {
    const rowEnd = (row + 1) * rowLength;
    for (let g = 0; g < groupsPerRow; g++, group++) {
      const start = row * rowLength + g * groupLength;
      visit(group, start, Math.min(start + groupLength, rowEnd));
    }
  }
}

/** Shape of a table with one entry per group: (1), (rows, 1) or (rows, groups per row). */
export function tableShape(grouping: Grouping, per: Granularity): Shape {
  return per === "tensor" ? [1] : [grouping.rows, grouping.groupsPerRow];
}

/** Checks `per` and `group` together: `group` implies per group; the default is groups of 128. */
export function checkGranularity(
  method: string,
  options: { per?: Granularity; group?: number | undefined },
): { per: Granularity; group?: number } {
  const per = checkChoice(method, "per", options.per ?? "group", ["tensor", "channel", "group"]);
  if (per === "group") {
    const group = options.group ?? defaultGroup;
    return { per, group: checkNumber(method, "group", group, { minimum: 1, maximum: 2 ** 31 - 1, integer: true }) };
  }
  if (options.group !== undefined)
    throw new OptionError(`${method}(): group is ${options.group} and per is "${per}"; a group needs per: "group"`);
  return { per };
}

/** A frozen copy without the options that are undefined, `kind` first. */
export function freezeStep<S extends object>(step: S): Readonly<Given<S>> {
  const given = Object.entries(step).filter(([, value]) => value !== undefined);
  return Object.freeze(Object.fromEntries(given) as Given<S>);
}

/** S without `undefined`: a key whose value may be undefined may be absent instead. */
type Given<S> = { [K in keyof S as undefined extends S[K] ? never : K]: S[K] } & {
  [K in keyof S as undefined extends S[K] ? K : never]?: Exclude<S[K], undefined>;
};
