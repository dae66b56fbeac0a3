/** The contract between the kernel, which measures, and every view that draws: plain JSON, versioned. The extension imports these
 *  types and nothing else of the kernel. Infinite numbers have no JSON form: a field that may be infinite says what `null` means. */

export const viewMimeType = "application/vnd.codebook.view+json";
export const viewVersion = 1;

/** What is sent under `viewMimeType`. */
export type View = Report | ModelView | CurvesView;

export interface ModelSummary {
  readonly name: string;
  readonly format: string;
  readonly parameters: number;
  readonly bytes: number;
  /** Hex; absent when the file was not read whole. */
  readonly sha256?: string;
  /** The address that opens the same bytes again, pinned to a commit, for a model that came from one. */
  readonly source?: string;
}

/** Equal bins over [minimum, maximum]; weights outside are counted in `below` and `above`. */
export interface Histogram {
  readonly minimum: number;
  readonly maximum: number;
  readonly counts: readonly number[];
  readonly below: number;
  readonly above: number;
}

/** Where a tensor stands in its network, read from its name; see `tensor/layer-names.ts`. */
export interface LayerPlace {
  /** "embed", "block 0", …, "head"; "" when the name tells nothing. */
  readonly block: string;
  /** Number of the block, or null outside the blocks. */
  readonly blockIndex: number | null;
  /** Short name inside the block: "query", "attention.output", "down". Rows of the model map. */
  readonly kind: string;
}

/** How far w′ is from w. All over every element of the tensor. */
export interface ErrorMeasures {
  /** Σ(w′ − w)² / n. */
  readonly meanSquaredError: number;
  /** √meanSquaredError. */
  readonly rootMeanSquareError: number;
  /** 10·log10(Σw² / Σ(w′ − w)²) in dB; null when nothing was lost (it would be +∞). −∞ cannot occur: for w = 0 and w′ ≠ 0 it is −400. */
  readonly sqnrDb: number | null;
  /** w·w′ / (‖w‖·‖w′‖); 1 for two zero tensors, 0 when only one is zero. */
  readonly cosine: number;
  /** max |w′ − w|. */
  readonly maxAbsError: number;
}

/** What one step did, on its own: the error between its input and its output. */
export interface StepMeasures extends ErrorMeasures {
  readonly kind: string;
  /** A short text: "linear 4-bit g128". */
  readonly label: string;
}

/** One layer under one recipe. w and w′ have the shape of the layer in the original model, also where parts of the network were taken
 *  out and a smaller tensor is stored (`shape`): w′ is then the tensor of the original shape with which the network computes the same as
 *  with the small one. Rows and columns that are gone are zero in it, a dropped block is zero as a whole, and of merged neurons each has
 *  the weights of what stands for it. So errors, sparsity and bits are all per weight of the original. */
export interface LayerVariant extends ErrorMeasures {
  /** What was done, short: "magnitude 50 % · linear 4-bit g128 · huffman"; "kept" when nothing was. */
  readonly scheme: string;
  /** Of the tensor that is stored, where parts were taken out; it begins with 0 for a tensor that is gone. */
  readonly shape?: readonly number[];
  /** Everything that must be stored to get w′ back: codes, scales, offsets, masks, tables, headers. */
  readonly bytes: number;
  /** 8·bytes / parameters, those of the original. */
  readonly bitsPerWeight: number;
  /** Share of elements of w′ that are exactly zero (for codes: equal to their zero point), 0–1. */
  readonly sparsity: number;
  /** The share that pruning aimed at, 0–1, if there was such a step; what was taken out counts, what was merged does not. */
  readonly targetSparsity?: number;
  /** Order-0 empirical entropy of the codes, in bits per code; of the distinct values of w′ where there are no codes. */
  readonly entropyBits: number;
  /** Isolated error of each step, in order. The fields above are the total. */
  readonly steps: readonly StepMeasures[];
  /** w′ over the bins of the layer's own histogram. */
  readonly histogram?: Histogram;
  /** Up to 256 values that w′ can take, ascending, where the codebook is one for the whole tensor or its levels are few. */
  readonly levels?: readonly number[];
}

export interface LayerReport extends LayerPlace {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly parameters: number;
  readonly bytes: number;
  /** w before. */
  readonly histogram?: Histogram;
  /** One for each of the report's variants, in their order; null where that variant has no such layer. */
  readonly variants: readonly (LayerVariant | null)[];
}

export interface VariantSummary {
  readonly name: string;
  /** The recipe as plain JSON, for the record. */
  readonly recipe: unknown;
  /** All tensors, the untouched ones at their own size. */
  readonly bytes: number;
  /** 8·bytes / parameters, over the whole model, those of the original. */
  readonly bitsPerWeight: number;
  /** Parameters that are left, where parts of the network were taken out. */
  readonly parameters?: number;
  /** Over the touched layers only, at their own bits. */
  readonly touched: {
    readonly layers: number;
    readonly parameters: number;
    readonly bytes: number;
    readonly bitsPerWeight: number;
    readonly sqnrDb: number | null;
    readonly sparsity: number;
  };
  /** Seconds are not part of a report: it holds only what a second run repeats. */
  readonly seed: number;
}

export interface Report {
  readonly version: 1;
  readonly kind: "report";
  readonly model: ModelSummary;
  readonly variants: readonly VariantSummary[];
  /** Touched layers, in model order. */
  readonly layers: readonly LayerReport[];
}

/** A model shown on its own: its tensors, before anything was done to them. */
export interface ModelView {
  readonly version: 1;
  readonly kind: "model";
  readonly model: ModelSummary;
  readonly tensors: readonly (LayerPlace & {
    readonly name: string;
    readonly shape: readonly number[];
    readonly dtype: string;
    readonly parameters: number;
    readonly bytes: number;
    readonly histogram?: Histogram;
  })[];
}

/** An axis of a figure of curves. */
export interface CurveAxis {
  /** "bits per weight". */
  readonly label: string;
  /** "dB"; "" for a number without a unit. */
  readonly unit: string;
  readonly scale: "linear" | "log";
  /** Which end the reader wants; null where neither. */
  readonly better: "higher" | "lower" | null;
}

export interface CurvePoint {
  readonly x: number;
  /** null: infinite, such as the SQNR where nothing was lost. */
  readonly y: number | null;
  /** What was run at this point: "linear 4-bit g128". */
  readonly label?: string;
}

/** What was measured at some points, or what theory allows, as a line. */
export interface Curve {
  readonly name: string;
  readonly kind: "measured" | "bound";
  /** Ascending in x. */
  readonly points: readonly CurvePoint[];
}

/** Curves over common axes: error against bits, error against sparsity. */
export interface CurvesView {
  readonly version: 1;
  readonly kind: "curves";
  /** What is studied: a model's name. */
  readonly name: string;
  /** One quiet line beside it. */
  readonly facts: string;
  readonly x: CurveAxis;
  readonly y: CurveAxis;
  readonly curves: readonly Curve[];
}
