/** The contract between the kernel, which measures, and every view that draws: plain JSON, versioned. The extension imports these
 *  types and nothing else of the kernel. Infinite numbers have no JSON form: a field that may be infinite says what `null` means. */

/** The MIME type under which views are sent to the extension. */
export const viewMimeType = "application/vnd.codebook.view+json";
/** The version that views of this contract carry. */
export const viewVersion = 1;

/** What is sent under `viewMimeType`. */
export type View = Report | ModelView | CurvesView;

/** The model that a report is about. */
export interface ModelSummary {
  /** What the model is called. */
  readonly name: string;
  /** "safetensors", "gguf", "memory", "compressed", … */
  readonly format: string;
  /** Number of elements of all tensors. */
  readonly parameters: number;
  /** Bytes of all tensors as stored, headers apart. */
  readonly bytes: number;
  /** Hex; absent when the file was not read whole. */
  readonly sha256?: string;
  /** The address that opens the same bytes again, pinned to a commit, for a model that came from one. */
  readonly source?: string;
}

/** Equal bins over [minimum, maximum]; weights outside are counted in `below` and `above`. */
export interface Histogram {
  /** Where the first bin begins. */
  readonly minimum: number;
  /** Where the last bin ends; it belongs to it. */
  readonly maximum: number;
  /** Weights in each bin. */
  readonly counts: readonly number[];
  /** Weights under `minimum`. */
  readonly below: number;
  /** Weights over `maximum`. */
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
  /** The step's kind: "linear". */
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

/** One layer of the original model, and what each variant made of it. */
export interface LayerReport extends LayerPlace {
  /** The tensor's name. */
  readonly name: string;
  /** Dimensions, outermost first: (out, in) of a matrix. */
  readonly shape: readonly number[];
  /** Its type as stored: "F32". */
  readonly dtype: string;
  /** Number of elements. */
  readonly parameters: number;
  /** Bytes as stored. */
  readonly bytes: number;
  /** w before. */
  readonly histogram?: Histogram;
  /** One for each of the report's variants, in their order; null where that variant has no such layer. */
  readonly variants: readonly (LayerVariant | null)[];
}

/** One variant over all its layers. */
export interface VariantSummary {
  /** What the variant is called: after its steps, unless told. */
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
    /** Number of layers. */
    readonly layers: number;
    /** Elements of their original tensors. */
    readonly parameters: number;
    /** Everything that must be stored to get their w′ back. */
    readonly bytes: number;
    /** 8·bytes / parameters. */
    readonly bitsPerWeight: number;
    /** Of all their weights as one tensor, in dB; null when nothing was lost. */
    readonly sqnrDb: number | null;
    /** Share of zeros among their w′, 0–1. */
    readonly sparsity: number;
  };
  /** Seconds are not part of a report: it holds only what a second run repeats. */
  readonly seed: number;
}

/** What was measured of one model under one recipe or more: plain JSON. */
export interface Report {
  /** Version of the contract. */
  readonly version: 1;
  /** Tells it from other views. */
  readonly kind: "report";
  /** The original model. */
  readonly model: ModelSummary;
  /** In the order in which they were compared. */
  readonly variants: readonly VariantSummary[];
  /** Touched layers, in model order. */
  readonly layers: readonly LayerReport[];
}

/** A model shown on its own: its tensors, before anything was done to them. */
export interface ModelView {
  /** Version of the contract. */
  readonly version: 1;
  /** Tells it from other views. */
  readonly kind: "model";
  /** The model itself. */
  readonly model: ModelSummary;
  /** In the model's order, each with its place, and a histogram where values were read. */
  readonly tensors: readonly Omit<LayerReport, "variants">[];
}

/** An axis of a figure of curves. */
export interface CurveAxis {
  /** "bits per weight". */
  readonly label: string;
  /** "dB"; "" for a number without a unit. */
  readonly unit: string;
  /** How numbers lie along the axis. */
  readonly scale: "linear" | "log";
  /** Which end the reader wants; null where neither. */
  readonly better: "higher" | "lower" | null;
}

/** A point of a curve, in the units of its axes. */
export interface CurvePoint {
  /** Place on the x axis. */
  readonly x: number;
  /** null: infinite, such as the SQNR where nothing was lost. */
  readonly y: number | null;
  /** What was run at this point: "linear 4-bit g128". */
  readonly label?: string;
}

/** What was measured at some points, or what theory allows, as a line. */
export interface Curve {
  /** What the legend calls it. */
  readonly name: string;
  /** Drawn with marks, or as a quiet line. */
  readonly kind: "measured" | "bound";
  /** Ascending in x. */
  readonly points: readonly CurvePoint[];
}

/** Curves over common axes: error against bits, error against sparsity. */
export interface CurvesView {
  /** Version of the contract. */
  readonly version: 1;
  /** Tells it from other views. */
  readonly kind: "curves";
  /** What is studied: a model's name. */
  readonly name: string;
  /** One quiet line beside it. */
  readonly facts: string;
  /** The horizontal axis. */
  readonly x: CurveAxis;
  /** The vertical axis. */
  readonly y: CurveAxis;
  /** In the order of the legend. */
  readonly curves: readonly Curve[];
}
