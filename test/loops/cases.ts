/** What a row of the table of loops is made of, and the inputs on which a difference in rounding, in the sign of zero, in ties or in the
 *  order of a sum would show. */
import type { Loops } from "../../kernel/loops/loops";
import { adversarialWeights, gaussianWeights } from "../blocks/weights";

type Array = Float32Array | Uint8Array | Int8Array | Uint16Array | Int16Array | Int32Array;

/** Brings an array to where the loops are to find it: nowhere else, or into the kernels' memory. */
export type Put = <Own extends Array>(array: Own) => Own;

/** One input of a loop: what to ask of the loops, plain and fast, with arrays that `put` may move. */
export type Case = readonly [label: string, ask: (loops: Loops, put: Put) => unknown];

/** The cases of every loop of the interface: a loop without a row does not compile. */
export type Rows<Group extends keyof Loops> = { readonly [Name in keyof Loops[Group]]: () => Iterable<Case> };

/** Finite values of some kind. */
export const kinds: Readonly<Record<string, (count: number) => Float32Array>> = {
  gaussian: (count) => gaussianWeights(count, 3),
  adversarial: (count) => adversarialWeights(count, 4),
  "beyond 2^126": (count) => gaussianWeights(count, 5).map((w, i) => (i === count >> 1 ? 2 ** 127 : w)),
  large: (count) => gaussianWeights(count, 5).map((w) => w * 3e37),
  tiny: (count) => gaussianWeights(count, 6).map((w) => w * 1e-43),
  "zeros of both signs": (count) => new Float32Array(count).map((_, i) => (i % 2 === 0 ? 0 : -0)),
  constant: (count) => new Float32Array(count).fill(-0.3),
  ties: (count) => gaussianWeights(count, 7).map((w) => Math.round(w * 300) / 2),
  "one outlier": (count) => gaussianWeights(count, 8).map((w, i) => (i === count >> 1 ? 1e6 : w)),
  "nearly all zeros": (count) => gaussianWeights(count, 9).map((w, i) => (i % 5000 === 7 ? w : i % 3 === 0 ? -0 : 0)),
  ascending: (count) => new Float32Array(count).map((_, i) => i - count / 3),
};

/** Rows and columns: of nothing, of one, that no group divides, with rows longer than a piece of the kernels. */
export const shapes: readonly (readonly [rows: number, columns: number])[] = [
  [0, 32],
  [1, 1],
  [3, 7],
  [40, 512],
  [83, 145],
  [2, 16_485],
];

export interface Matrix {
  readonly label: string;
  readonly shape: readonly [rows: number, columns: number];
  readonly weights: Float32Array;
}

/** Every kind in every shape, and one large matrix. */
export function* matrices(): Generator<Matrix> {
  for (const shape of shapes)
    for (const [kind, draw] of Object.entries(kinds))
      yield { label: `${kind} (${shape.join(", ")})`, shape, weights: draw(shape[0] * shape[1]) };
  yield { label: "gaussian (830, 545)", shape: [830, 545], weights: kinds.gaussian(830 * 545) };
}

/** Numbers of elements: of nothing, around a vector, around a piece. */
export const counts = [0, 1, 2, 3, 5, 70, 16_384, 16_387, 50_001];

/** Every kind in every number. */
export function* vectors(): Generator<{ readonly label: string; readonly values: Float32Array }> {
  for (const count of counts)
    for (const [kind, draw] of Object.entries(kinds)) yield { label: `${kind} × ${count}`, values: draw(count) };
}

/** Gaussian values with one that is not finite. */
export function* notFinite(): Generator<{ readonly label: string; readonly values: Float32Array }> {
  for (const bad of [NaN, Infinity, -Infinity])
    for (const [count, at] of [
      [1, 0],
      [9, 8],
      [20_000, 16_383],
      [20_000, 19_999],
    ]) {
      const values = gaussianWeights(count, 1);
      values[at] = bad;
      yield { label: `${bad} at ${at} of ${count}`, values };
    }
}
