/** The contract between the kernel, which measures, and every view that draws: plain JSON, versioned. Of the kernel the extension imports
 *  this room and nothing else. Infinite numbers have no JSON form: a field that may be infinite says what `null` means. */

/** The MIME type under which a view is sent and saved. */
export const viewMimeType = "application/vnd.codebook.view+json";

/** The newest version of the contract; every view carries the one that it was written by as `version`. Views of all earlier ones are drawn.
 *  2: reports have `relativeError`, totals without embeddings, warnings, and what was left alone. Other views are as they were, at 1. */
export const viewVersion = 2;

/** The most values of w′ that a report lists as levels. */
export const levelLimit = 256;

/** The model that a view is about. */
export interface ModelSummary {
  /** Name of the file or folder, or the one that the caller gave. */
  readonly name: string;
  /** "safetensors", "gguf", "memory", … */
  readonly format: string;
  /** Weights in all tensors. */
  readonly parameters: number;
  /** Bytes of all tensors. */
  readonly bytes: number;
  /** Hex; absent when the file was not read whole. */
  readonly sha256?: string;
  /** Which part of the file the model is, where it is one of several: "model", "ema.state_dict". */
  readonly part?: string;
  /** The address that opens the same bytes again, pinned to a commit, for a model that came from one. */
  readonly source?: string;
}

/** Equal bins over [minimum, maximum]; weights outside are counted in `below` and `above`. */
export interface Histogram {
  /** Where the first bin begins. */
  readonly minimum: number;
  /** Where the last bin ends; it belongs to it. */
  readonly maximum: number;
  /** Weights in each bin, from the lowest. */
  readonly counts: readonly number[];
  /** Weights less than `minimum`. */
  readonly below: number;
  /** Weights greater than `maximum`. */
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
  /** The kind of step: "linear", "magnitude", "huffman". */
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
  /** Σ(w′ − w)² / Σw² (t²): 0 when nothing was lost, 1e40 for w = 0 and w′ ≠ 0; absent in reports of version 1, where it follows from
   *  `sqnrDb`. */
  readonly relativeError?: number;
  /** Share of elements of w′ that are exactly zero (for codes: equal to their zero point), 0–1. */
  readonly sparsity: number;
  /** The share that pruning aimed at, 0–1, if there was such a step; what was taken out counts, what was merged does not. */
  readonly targetSparsity?: number;
  /** Order-0 empirical entropy of the codes, in bits per code; of the distinct values of w′ where there are no codes. */
  readonly entropyBits: number;
  /** Isolated error of each step, in order. The fields above are the total. */
  readonly steps: readonly StepMeasures[];
  /** What the reader has to know before trusting the numbers; absent for nothing. */
  readonly warnings?: readonly LayerWarning[];
  /** w′ over the bins of the layer's own histogram. */
  readonly histogram?: Histogram;
  /** Up to `levelLimit` values that w′ can take, ascending, where the codebook is one for the whole tensor or its levels are few. */
  readonly levels?: readonly number[];
}

/** What may be wrong with a layer:
 *  - "low SQNR": less than `lowestSqnrDb` is left of it after some step;
 *  - "zero groups": groups of weights that were not all zero became all zero;
 *  - "wider scales": float16 does not hold its scales, so that they are stored as float32;
 *  - "other type": its rows are no whole blocks of ggml's type, so that it is stored in the one that llama.cpp takes instead;
 *  - "not finite": w holds NaN or infinite values, which are left out of its histogram;
 *  - "unmatched": of two models that are compared only one has the tensor, or they have it in two shapes. */
export type WarningKind = "low SQNR" | "zero groups" | "wider scales" | "other type" | "not finite" | "unmatched";

/** The SQNR in dB under which a layer is warned of: noise of half the weights' energy. */
export const lowestSqnrDb = 3;

/** One thing that may be wrong with a layer. */
export interface LayerWarning {
  /** What it is about. */
  readonly kind: WarningKind;
  /** In words, the numbers in it: "12 of 96 groups of 32 weights became all zero". */
  readonly text: string;
}

/** A warning with its place in the report. */
export interface ReportWarning extends LayerWarning {
  /** Name of the layer; "" for the whole variant. */
  readonly layer: string;
  /** Name of the variant. */
  readonly variant: string;
}

/** A tensor of a model: what it is called, where it stands, what it holds. */
export interface TensorSummary extends LayerPlace {
  /** The tensor's name. */
  readonly name: string;
  /** Dimensions, outermost first: (out, in) of a matrix. */
  readonly shape: readonly number[];
  /** "F32", "BF16", "Q4_K", …; of a weight that the file keeps as codes with scales what they are, "GPTQ 4-bit g128". */
  readonly dtype: string;
  /** Product of the shape. */
  readonly parameters: number;
  /** Bytes as stored. */
  readonly bytes: number;
  /** The weights over equal bins, where they were read. */
  readonly histogram?: Histogram;
  /** What it is to its model ("linear", "norm", "buffer"), where that is told; in a report, of a tensor that is no weight and was named. */
  readonly role?: string;
  /** Why, as a phrase. */
  readonly roleReason?: string;
}

/** A layer of the original model, and what each variant made of it. */
export interface LayerReport extends TensorSummary {
  /** How the source stored the weight, where it had quantized it already: "GPTQ 4-bit g128". What is reported is measured against the values
   *  that its codes stand for. */
  readonly requantized?: string;
  /** One for each of the report's variants, in their order; null where that variant has no such layer. */
  readonly variants: readonly (LayerVariant | null)[];
}

/** Sums over layers that a step touched, at their own bits. */
export interface TouchedTotals {
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
  /** Mean of their `relativeError`, each counted by its parameters; absent in reports of version 1. */
  readonly relativeError?: number;
}

/** The sums of a variant over all tensors but the embeddings. */
export interface TotalsWithoutEmbeddings {
  /** Elements of the original tensors. */
  readonly parameters: number;
  /** Bytes of the tensors. */
  readonly bytes: number;
  /** 8·bytes / parameters. */
  readonly bitsPerWeight: number;
  /** Over those that a step touched. */
  readonly touched: TouchedTotals;
}

/** Which layers a recipe was bound to, as `compress()` was told; `compress(model, recipe, selection)` runs it again. */
export interface RecordedSelection {
  /** Of the option `only`, as plain JSON. */
  readonly only?: unknown;
  /** Of the option `skip`, as plain JSON. */
  readonly skip?: unknown;
  /** Of the option `allowUnmatched`, where it was true. */
  readonly allowUnmatched?: boolean;
}

/** One recipe over the whole model. */
export interface VariantSummary {
  /** The recipe in short, or the name that `compare` gave. */
  readonly name: string;
  /** The recipe as plain JSON, for the record. */
  readonly recipe: unknown;
  /** All tensors, the untouched ones at their own size. */
  readonly bytes: number;
  /** 8·bytes / parameters, over the whole model, those of the original. */
  readonly bitsPerWeight: number;
  /** Parameters that are left, where parts of the network were taken out. */
  readonly parameters?: number;
  /** Which layers the recipe was bound to; absent for all. */
  readonly selection?: RecordedSelection;
  /** Over the touched layers only, at their own bits. */
  readonly touched: TouchedTotals;
  /** The same without the embeddings, which many figures of papers leave out; absent where the model has none. */
  readonly withoutEmbeddings?: TotalsWithoutEmbeddings;
  /** The seed of whatever is drawn at random. Seconds are not part of a report: it holds only what a second run repeats. */
  readonly seed: number;
}

/** Tensors that a recipe reached and left alone for one reason, because they are no weights of layers. */
export interface LeftAloneGroup {
  /** "buffer", "router", "unknown", … */
  readonly role: string;
  /** "a table of positions". */
  readonly reason: string;
  /** Number of tensors. */
  readonly tensors: number;
  /** Elements of them all. */
  readonly parameters: number;
  /** The first three names. */
  readonly names: readonly string[];
  /** What `only` or `match` would have to be to take them; absent where no pattern of usual length names them all. */
  readonly pattern?: string;
}

/** What a recipe left alone, because it is no weight: tensors of two or more dimensions, and what belongs to an optimizer. Norms, biases and
 *  other vectors are not counted. */
export interface LeftAlone {
  /** Number of tensors. */
  readonly tensors: number;
  /** Elements of them all. */
  readonly parameters: number;
  /** By reason, in model order. */
  readonly groups: readonly LeftAloneGroup[];
}

/** What recipes made of a model: a row for each touched layer, a column for each variant. */
export interface Report {
  /** Version of the contract that it was written by: 2 now. */
  readonly version: 1 | 2;
  /** Tells it from other views. */
  readonly kind: "report";
  /** The original model. */
  readonly model: ModelSummary;
  /** In the order in which they were compared. */
  readonly variants: readonly VariantSummary[];
  /** Touched layers, in model order. */
  readonly layers: readonly LayerReport[];
  /** All warnings of its layers, and those of a whole variant; absent for none. */
  readonly warnings?: readonly ReportWarning[];
  /** What all variants left alone, because it is no weight; absent where there is nothing of the kind. */
  readonly leftAlone?: LeftAlone;
}
