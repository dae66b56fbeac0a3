// Written by scripts/seam.mjs from kernel/simd/assembly/network: change that, and run npm run build -- simd.

/** The first bytes of the memory, after the module's own data. */
export const STAGE = 65536;
/** The sizes of a product. */
export const PRODUCT = 65536;
/** The form of attention's weights. */
export const SCORES = 65568;
/** Results of `judge` (MOST_JUDGED) f64. */
export const RESULTS = 65792;
/** One row of a panel (8) f32. */
export const SPARE = 65856;
/** Where arrays may begin. */
export const ARRAYS = 69632;
/** Columns of a panel of packed weights. */
export const PANEL = 8;

/** Functions between a block's products. */
export const Activation = {
  SILU: 0,
  GELU: 1,
  GELU_TANH: 2,
  QUICK_GELU: 3,
  RELU: 4,
  SQUARED_RELU: 5,
} as const;

/** What `judge` says of a row: logarithms are natural, probabilities those of the softmax of the logits. */
export const Judged = {
  LOG_PROBABILITY: 0,
  REFERENCE: 1,
  FORWARD: 2,
  BACKWARD: 3,
  SAME_TOP: 4,
} as const;

/** Sizes of a product x·Wᵀ. */
export interface Product {
  /** Rows of x and y. */
  readonly rows: number;
  /** Rows of W, columns of y. */
  readonly columns: number;
  /** Columns of x, and of W, that are used: the first. */
  readonly inner: number;
  /** Columns of W as it was packed. */
  readonly packedInner: number;
  /** Floats from a row of x to the next. */
  readonly xStep: number;
  /** Floats from a row of y to the next. */
  readonly yStep: number;
}

/** Writes them to PRODUCT, where the module's functions read them. `memory` is a view of all of its memory. */
export function setProduct(memory: DataView, { rows, columns, inner, packedInner, xStep, yStep }: Product): void {
  memory.setInt32(PRODUCT, rows, true);
  memory.setInt32(PRODUCT + 4, columns, true);
  memory.setInt32(PRODUCT + 8, inner, true);
  memory.setInt32(PRODUCT + 12, packedInner, true);
  memory.setInt32(PRODUCT + 16, xStep, true);
  memory.setInt32(PRODUCT + 20, yStep, true);
}

/** The inverse: what stands there. */
export function getProduct(memory: DataView): Product {
  return {
    rows: memory.getInt32(PRODUCT, true),
    columns: memory.getInt32(PRODUCT + 4, true),
    inner: memory.getInt32(PRODUCT + 8, true),
    packedInner: memory.getInt32(PRODUCT + 12, true),
    xStep: memory.getInt32(PRODUCT + 16, true),
    yStep: memory.getInt32(PRODUCT + 20, true),
  };
}

/** What becomes of scores before their softmax, and which keys a query sees. */
export interface Scores {
  /** Queries. */
  readonly rows: number;
  /** Keys. */
  readonly keys: number;
  /** Floats from a row to the next. */
  readonly step: number;
  /** The place of the first query among the keys. */
  readonly place: number;
  /** A query at p sees keys p − window < j; 0 for all. */
  readonly window: number;
  /** A query at p sees no key j > p. */
  readonly causal: boolean;
  /** Scores are multiplied by it. */
  readonly scale: number;
  /** Then c·tanh(s / c), unless 0. */
  readonly cap: number;
}

/** Writes them to SCORES, where the module's functions read them. `memory` is a view of all of its memory. */
export function setScores(memory: DataView, { rows, keys, step, place, window, causal, scale, cap }: Scores): void {
  memory.setInt32(SCORES, rows, true);
  memory.setInt32(SCORES + 4, keys, true);
  memory.setInt32(SCORES + 8, step, true);
  memory.setInt32(SCORES + 12, place, true);
  memory.setInt32(SCORES + 16, window, true);
  memory.setUint8(SCORES + 20, Number(causal));
  memory.setFloat32(SCORES + 24, scale, true);
  memory.setFloat32(SCORES + 28, cap, true);
}

/** The inverse: what stands there. */
export function getScores(memory: DataView): Scores {
  return {
    rows: memory.getInt32(SCORES, true),
    keys: memory.getInt32(SCORES + 4, true),
    step: memory.getInt32(SCORES + 8, true),
    place: memory.getInt32(SCORES + 12, true),
    window: memory.getInt32(SCORES + 16, true),
    causal: memory.getUint8(SCORES + 20) !== 0,
    scale: memory.getFloat32(SCORES + 24, true),
    cap: memory.getFloat32(SCORES + 28, true),
  };
}

/** What the module exports. Arguments are addresses of its memory, counts and flags; a bool comes back as 0 or 1. */
export interface NetworkModule {
  /** log p(target) of a row of `count` logits, in LOG_PROBABILITY of RESULTS. */
  judge(logits: number, count: number, target: number): void;
  /** All of `Judged` of a row of `count` logits beside those of the reference, in RESULTS. */
  compare(logits: number, reference: number, count: number, target: number): void;
  /** Packs W (columns, inner), whose entry (n, k) lies at n·columnStep + k·innerStep floats, into panels of 8 columns (columns / 8, inner, 8);
   *  the last panel is filled with zeros. */
  pack(weights: number, packed: number, columns: number, inner: number, columnStep: number, innerStep: number): void;
  /** y (rows, columns) = x (rows, inner)·Wᵀ with packed W, of sizes and steps as PRODUCT says. */
  product(x: number, packed: number, y: number): void;
  /** y = w·x / √(mean x² + epsilon) in each row of `width` floats; y may be x. */
  rootMeanSquareNorm(x: number, w: number, y: number, rows: number, width: number, epsilon: number): void;
  /** y = w·(x − mean x) / √(var x + epsilon) + b in each row, with b behind w (2, width); y may be x. */
  layerNorm(x: number, w: number, y: number, rows: number, width: number, epsilon: number): void;
  /** Adds a row b (width) to each row of x, which begins every `step` floats. */
  addRow(x: number, b: number, rows: number, width: number, step: number): void;
  /** x += y, both `count` floats. */
  addAll(x: number, y: number, count: number): void;
  /** Turns the pairs of one head in `rows` rows, which begin every `step` floats. Row r is turned by the angles of `table` (rows, pairs, 2), cosine
   *  and sine. A pair is (i, i + pairs), or (2i, 2i + 1) where `interleaved`. */
  turn(x: number, table: number, rows: number, pairs: number, step: number, interleaved: boolean): void;
  /** The softmax of scores in their place, as SCORES says; what a query does not see becomes 0. */
  softmax(scores: number): void;
  /** x = f(x) of `count` floats. */
  activate(x: number, count: number, kind: number): void;
  /** x *= y, both `count` floats. */
  multiplyAll(x: number, y: number, count: number): void;
  /** x = c·tanh(x / c) of `count` floats. */
  capAll(x: number, count: number, cap: number): void;
  /** The place of the first float that is a NaN or infinite; `count` where there is none. */
  firstNonFinite(x: number, count: number): number;
  /** Adds x² of `rows` rows to sums (width) f64, row after row; the result does not depend on how rows are cut. */
  addSquares(x: number, sums: number, rows: number, width: number): void;
}
