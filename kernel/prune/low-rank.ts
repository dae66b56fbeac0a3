/** Low-rank factorization: W ≈ U·V, the truncated singular value decomposition, the best approximation of its rank in the sum of
 *  squares (Eckart and Young 1936).
 *
 *  weights (m, n) f32 → left (m, r), right (r, n), stored as float16 or float32:
 *  left = U·√Σ, right = √Σ·Vᵀ for the r largest singular values, so that both factors have the same range. In exact arithmetic
 *  ‖W − left·right‖² = Σ_{i>r} σᵢ², the energy of the tail; rounding the factors to float16 (relative error 2⁻¹¹ each) adds about
 *  2⁻²¹ of the energy that is kept. w′ is the product of the rounded factors, summed in float64 over the rank in order, as float32.
 *
 *  The rank is given as a number; as the least r whose Σ_{i≤r} σᵢ² reaches a share of the energy; or as the largest whose factors fit
 *  in a number of bytes. Where r·(m + n) ≥ m·n nothing is gained and W stays as it is. A kernel is the matrix (out, in·height·width). */
import { float16FromBits, float16ToFloat32Bits } from "../bytes/half-float";
import { OptionError } from "../errors";
import { checkFinite } from "../measure/finite";
import { checkChoice, checkNumber, checkOptionNames } from "../options";
import { loops } from "../loops/loops";
import { matrixView, transposed, type MatrixView } from "../loops/matrix";
import type { Shape } from "../tensor/tensor";
import type { Step } from "../tensor/step";
import { percent, type Factors, type Pruned, type Pruner } from "./pruner";
import { matrixOf, unstructuredStorage } from "./sparse/storage";
import { spectrumOf, type Spectrum } from "./decomposition/svd";

/** Options of `lowRank()`: rank, energy or bytes. */
export interface LowRankOptions {
  /** Number of singular values that stay, at least 1. One of rank, energy and bytes. */
  rank?: number;
  /** Share of Σσ² that stays at least, over 0 and up to 1. */
  energy?: number;
  /** Bytes that the two factors of each layer take at most, at least 1. */
  bytes?: number;
  /** Type of the factors; default "F16". A layer whose factors float16 does not hold has them as float32, and their bytes count. */
  dtype?: "F16" | "F32";
}

/** The step that `lowRank()` gives, checked and frozen. */
export interface LowRankStep extends Step {
  /** Names the method. */
  readonly kind: "lowRank";
  /** Number of singular values that stay, at least 1. */
  readonly rank?: number;
  /** Share of Σσ² that stays at least, over 0 and up to 1. */
  readonly energy?: number;
  /** Bytes that the two factors of each layer take at most. */
  readonly bytes?: number;
  /** Type of the factors. */
  readonly dtype: "F16" | "F32";
}

/** The step "a product of two thin matrices": `lowRank({ rank: 64 })`, `lowRank({ energy: 0.9 })`, `lowRank({ bytes: 100_000 })`.
 *  Throws `OptionError` for an unknown option, and unless exactly one of the three is given. */
export function lowRank(options: LowRankOptions): LowRankStep {
  checkOptionNames("lowRank", options, ["rank", "energy", "bytes", "dtype"]);
  const { rank, energy, bytes } = options;
  if ([rank, energy, bytes].filter((one) => one !== undefined).length !== 1)
    throw new OptionError("lowRank(): it takes one of rank (a number), energy (a share) and bytes (of both factors)");
  const dtype = checkChoice("lowRank", "dtype", options.dtype ?? "F16", ["F16", "F32"]);
  const whole = (option: string, value: unknown) =>
    checkNumber("lowRank", option, value, { minimum: 1, maximum: 2 ** 53 - 1, integer: true });
  if (rank !== undefined) return Object.freeze({ kind: "lowRank", rank: whole("rank", rank), dtype });
  if (bytes !== undefined) return Object.freeze({ kind: "lowRank", bytes: whole("bytes", bytes), dtype });
  const share = checkNumber("lowRank", "energy", energy, { minimum: Number.MIN_VALUE, maximum: 1 });
  return Object.freeze({ kind: "lowRank", energy: share, dtype });
}

/** The number of singular values that a step keeps; `undefined` where the factors would not be smaller than W. */
function keptRank(step: LowRankStep, rows: number, columns: number, name: string, values: () => Float64Array) {
  const valueBytes = step.dtype === "F16" ? 2 : 4;
  let rank = step.rank ?? 0;
  if (step.bytes !== undefined) {
    rank = Math.floor(step.bytes / (valueBytes * (rows + columns)));
    if (rank === 0)
      throw new OptionError(
        `lowRank(): ${name}: ${step.bytes} bytes hold no rank: one takes ${valueBytes * (rows + columns)} bytes at (${rows}, ${columns})`,
      );
  }
  if (step.energy !== undefined) rank = rankOfEnergy(values(), step.energy);
  return rank * (rows + columns) < rows * columns ? rank : undefined;
}

/** The least r with Σ_{i≤r} σᵢ² ≥ share·Σσ²; 0 for the zero matrix. */
export function rankOfEnergy(singular: Float64Array, share: number): number {
  const total = singular.reduce((sum, value) => sum + value * value, 0);
  let rank = 0;
  for (let sum = 0; rank < singular.length && sum < share * total; rank++) sum += singular[rank] ** 2;
  return rank;
}

function prune(weights: Float32Array, shape: Shape, step: LowRankStep, name = "weights"): Pruned {
  checkFinite(weights, "lowRank", name);
  if (shape.length < 2) throw new OptionError(`lowRank(): ${name} has shape (${shape.join(", ")}); it takes a matrix`);
  const { rows, columns } = matrixOf(shape);
  const mask = new Uint8Array(weights.length).fill(1);
  const shared = { step, shape, mask, kept: weights.length };
  let spectrum: Spectrum | undefined;
  const decompose = () => (spectrum ??= spectrumOf(weights, rows, columns));
  const rank = keptRank(step, rows, columns, name, () => decompose().values);
  if (rank === undefined) return { ...shared, values: weights, storage: unstructuredStorage(shape, weights.length) };
  const factors = factorsOf(weights, { rows, columns, rank }, decompose(), step.dtype);
  const stored = rank * (rows + columns);
  const storage = { scheme: "factors", indexBits: 0, storedWeights: stored } as const;
  return { ...shared, values: multiply(factors), factors, storage };
}

/** Projects W on the first `rank` vectors of its shorter side, and shares √σ out between the factors. */
function factorsOf(
  weights: Float32Array,
  { rows, columns, rank }: Pick<Factors, "rows" | "columns" | "rank">,
  { values, vectors }: Spectrum,
  dtype: "F16" | "F32",
): Factors {
  let left = new Float32Array(rows * rank);
  let right = new Float32Array(rank * columns);
  const k = Math.min(rows, columns);
  const roots = Float64Array.from({ length: rank }, (_, i) => Math.sqrt(values[i]));
  // σ = 0 gives factors of zero.
  const inverse = roots.map((root) => (root === 0 ? 0 : 1 / root));
  const matrix = matrixView(weights, rows, columns);
  const chosen = matrixView(vectors.subarray(0, rank * k), rank, k);
  if (rows >= columns) {
    for (let i = 0; i < rank; i++) for (let j = 0; j < k; j++) right[i * k + j] = roots[i] * vectors[i * k + j];
    left = loops.matrix.product(matrix, transposed(matrixView(scaleRows(chosen, inverse), rank, k)), left);
  } else {
    for (let i = 0; i < rank; i++)
      for (let row = 0; row < k; row++) left[row * rank + i] = roots[i] * vectors[i * k + row];
    right = loops.matrix.product(matrixView(scaleRows(chosen, inverse), rank, k), matrix, right);
  }
  // Factors that float16 does not hold stay float32.
  const isHalf = dtype === "F16" && [left, right].every(fitsHalf);
  if (isHalf) for (const factor of [left, right]) roundToHalf(factor);
  return { left, right, rows, columns, rank, bitsPerValue: isHalf ? 16 : 32 };
}

/** The rows of a row-major matrix, each times its factor. */
function scaleRows({ values, columns }: MatrixView, factors: Float64Array): Float64Array {
  return Float64Array.from(values, (value, i) => value * factors[Math.floor(i / columns)]);
}

/** Whether the largest magnitude lies between 2^-17, below which few digits are left, and 65504; or all are zero. */
function fitsHalf(values: Float32Array): boolean {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]));
  return largest === 0 || (largest >= 2 ** -17 && largest < 65520);
}

function roundToHalf(values: Float32Array): void {
  const bits = new Uint32Array(values.buffer);
  for (let i = 0; i < values.length; i++) bits[i] = float16ToFloat32Bits[float16FromBits(bits[i])];
}

/** left·right (rows, columns): each entry summed in float64 over the rank, in order, then rounded to float32. */
export function multiply({ left, right, rows, columns, rank }: Factors): Float32Array {
  return loops.matrix.product(
    matrixView(left, rows, rank),
    matrixView(right, rank, columns),
    new Float32Array(rows * columns),
  );
}

/** The pruner of `lowRank()` steps. */
export const lowRankPruner: Pruner<LowRankStep> = {
  kind: "lowRank",
  prune,
  // The products of rows or columns, k² of them in float64, their reduced form and its vectors.
  memory: (_, shape) => {
    const { rows, columns } = matrixOf(shape);
    return 3 * 8 * Math.min(rows, columns) ** 2;
  },
  target: () => 0,
  label: ({ rank, energy = 0, bytes, dtype }) => {
    const amount =
      rank !== undefined ? `${rank}` : bytes !== undefined ? `≤ ${bytes} bytes` : `energy ${percent(energy)}`;
    return `low rank ${amount}${dtype === "F16" ? "" : ` ${dtype}`}`;
  },
};
