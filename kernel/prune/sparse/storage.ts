/** Where the kept weights stand, in bits. Dense storage of n weights at v bits each takes n·v. A sparse form takes kept·v and an
 *  index; d = kept / n is the density:
 *  - "bitmask":   1 bit per weight. Cheaper than dense when d < 1 − 1/v (v = 32: below 96.9 %; v = 4: below 75 %).
 *  - "positions": CSR; a column of ⌈log2 columns⌉ bits per kept weight, a row start of ⌈log2(n + 1)⌉ bits per row and one more.
 *                 Cheaper than the bitmask when d < 1 / ⌈log2 columns⌉ (1,024 columns: below 10 %), row starts apart.
 *  - "n:m":       in each group of m weights n are stored, each with ⌈log2 m⌉ bits for its place (2:4: 2 bits, the form that
 *                 sparse tensor cores read). A last group of fewer than m weights is stored as if padded with zeros.
 *  - "nodes":     1 bit per row;  "blocks": 1 bit per block.
 *  - "factors":   no index; the weights stored are those of two thin matrices (low-rank.ts).
 *  `breakEvenDensity` gives the density under which a form beats dense storage; tensor.ts writes the first three as bytes. */
import { bitsFor } from "../../measure/bit-arithmetic";
import { parametersOf, type Shape } from "../../tensor/tensor";

/** How the places of the kept weights are told. */
export type IndexScheme = "bitmask" | "positions" | "n:m" | "nodes" | "blocks" | "factors";

/** What it costs to tell where the kept weights stand. */
export interface IndexStorage {
  /** The scheme that was cheapest. */
  readonly scheme: IndexScheme;
  /** Bits of the index alone. */
  readonly indexBits: number;
  /** Weights stored beside it: the kept ones, and for "n:m" the zeros that fill its groups. */
  readonly storedWeights: number;
}

/** Bits of the whole: index and stored weights of `weightBits` each, or dense where that is less. */
export function sparseBits(storage: IndexStorage, weights: number, weightBits: number): number {
  return Math.min(weights * weightBits, storage.indexBits + storage.storedWeights * weightBits);
}

/** The density (kept / all) under which a sparse form takes fewer bits than dense storage at `weightBits` a weight, 0–1:
 *  "bitmask" 1 − 1/v; "positions" (v − s·(rows + 1)/weights) / (v + c) for c = ⌈log2 columns⌉ bits a column and s bits a row start;
 *  "n:m" v / (v + ⌈log2 m⌉), to be compared with n/m. */
export function breakEvenDensity(
  weightBits: number,
  form: { scheme: "bitmask" } | { scheme: "positions"; shape: Shape } | { scheme: "n:m"; m: number } = {
    scheme: "bitmask",
  },
): number {
  if (form.scheme === "bitmask") return Math.max(0, 1 - 1 / weightBits);
  if (form.scheme === "n:m") return weightBits / (weightBits + bitsFor(form.m));
  const { rows, columns } = matrixOf(form.shape);
  const weights = rows * columns;
  if (weights === 0) return 0;
  const starts = (bitsFor(weights + 1) * (rows + 1)) / weights;
  return Math.max(0, (weightBits - starts) / (weightBits + bitsFor(columns)));
}

/** Rows and columns of the matrix that a tensor is, as methods see it (tensor/layout.ts): shape[0] rows, the rest flattened; a vector is one
 *  row. */
export function matrixOf(shape: Shape): { rows: number; columns: number } {
  const rows = shape.length < 2 ? 1 : shape[0];
  return { rows, columns: rows === 0 ? 0 : parametersOf(shape) / rows };
}

/** Bitmask or positions, whichever is less; the bitmask on a tie. */
export function unstructuredStorage(shape: Shape, kept: number): IndexStorage {
  const { rows, columns } = matrixOf(shape);
  const weights = rows * columns;
  const positions = kept * bitsFor(columns) + (rows + 1) * bitsFor(weights + 1);
  if (positions < weights) return { scheme: "positions", indexBits: positions, storedWeights: kept };
  return { scheme: "bitmask", indexBits: weights, storedWeights: kept };
}

/** The cheapest of the given forms for weights of 32 bits; the first on a tie. */
export function cheapest(first: IndexStorage, ...others: IndexStorage[]): IndexStorage {
  const cost = (storage: IndexStorage) => storage.indexBits + storage.storedWeights * 32;
  return others.reduce((best, other) => (cost(other) < cost(best) ? other : best), first);
}
