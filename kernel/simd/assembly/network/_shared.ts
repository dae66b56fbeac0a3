/** What callers of the module share with it: where its parameters lie, and numbers of forms. */

/** The first bytes of the memory, after the module's own data. */
export const STAGE: usize = 0x10000;
/** The sizes of a product. */
export const PRODUCT: usize = STAGE;
/** The form of attention's weights. */
export const SCORES: usize = PRODUCT + 32;
/** Results of `judge` (MOST_JUDGED) f64. */
export const RESULTS: usize = STAGE + 256;
/** One row of a panel (8) f32. */
export const SPARE: usize = RESULTS + 64;
/** Where arrays may begin. */
export const ARRAYS: usize = STAGE + 4096;

/** Columns of a panel of packed weights. */
export const PANEL: i32 = 8;

/** Sizes of a product x·Wᵀ. */
@unmanaged
export class Product {
  /** Rows of x and y. */
  rows: i32;
  /** Rows of W, columns of y. */
  columns: i32;
  /** Columns of x, and of W, that are used: the first. */
  inner: i32;
  /** Columns of W as it was packed. */
  packedInner: i32;
  /** Floats from a row of x to the next. */
  xStep: i32;
  /** Floats from a row of y to the next. */
  yStep: i32;
}

/** What becomes of scores before their softmax, and which keys a query sees. */
@unmanaged
export class Scores {
  /** Queries. */
  rows: i32;
  /** Keys. */
  keys: i32;
  /** Floats from a row to the next. */
  step: i32;
  /** The place of the first query among the keys. */
  place: i32;
  /** A query at p sees keys p − window < j; 0 for all. */
  window: i32;
  /** A query at p sees no key j > p. */
  causal: bool;
  /** Scores are multiplied by it. */
  scale: f32;
  /** Then c·tanh(s / c), unless 0. */
  cap: f32;
}

/** Functions between a block's products. */
export enum Activation {
  SILU,
  GELU,
  GELU_TANH,
  QUICK_GELU,
  RELU,
  SQUARED_RELU,
}

/** What `judge` says of a row: logarithms are natural, probabilities those of the softmax of the logits. */
export enum Judged {
  /** log p(target) of the row judged. */
  LOG_PROBABILITY,
  /** The same of the reference. */
  REFERENCE,
  /** KL(reference ‖ judged). */
  FORWARD,
  /** KL(judged ‖ reference). */
  BACKWARD,
  /** 1 where both have their greatest logit, the first of equals, in the same place. */
  SAME_TOP,
}
