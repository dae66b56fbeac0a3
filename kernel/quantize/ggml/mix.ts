/** llama.cpp's mixtures: which type each tensor of a model gets when all of it is quantized to "Q4_K_M" or a sister. Most tensors get
 *  the base type; those that hurt most get more bits: the head (or the word embeddings that double as head), values, and the
 *  down-projections of some layers. Only these rules are here; ggml/place.ts reads the facts from names and shapes.
 *  Source: llama.cpp, src/llama-quant.cpp (llama_tensor_get_type_impl, tensor_type_fallback). */
import { blockCodecs, type WrittenBlock } from "../../blocks";

/** The mixtures that `ggml({ mix })` takes, by llama.cpp's names. */
export const mixes = [
  "Q4_0",
  "Q4_1",
  "Q5_0",
  "Q5_1",
  "Q8_0",
  "Q2_K",
  "Q2_K_S",
  "Q3_K_S",
  "Q3_K_M",
  "Q3_K_L",
  "Q4_K_S",
  "Q4_K_M",
  "Q5_K_S",
  "Q5_K_M",
  "Q6_K",
  "IQ4_NL",
  "IQ4_XS",
  "TQ1_0",
  "TQ2_0",
  "MXFP4_MOE",
  "NVFP4",
] as const;
/** A mixture by llama.cpp's name: "Q4_K_M". */
export type GgmlMix = (typeof mixes)[number];

/** Types that a tensor may come to: blocks, or float16 where no block fits its rows. */
export type GgmlTarget = WrittenBlock | "F16";

/** What a tensor is to the rules of the mixtures. */
export type GgmlCategory =
  | "embedding"
  | "head"
  | "query"
  | "key"
  | "value"
  | "qkv"
  | "kv_b"
  | "attention.output"
  | "gate"
  | "up"
  | "down"
  | "other";

/** What the rules ask about the model. */
export interface MixModel {
  /** Number of blocks. */
  readonly layers: number;
  /** Tensors that are values, queries–keys–values or values of compressed attention. */
  readonly values: number;
  /** Query heads per key head; 1 unless they share keys. */
  readonly queriesPerKey: number;
  /** Experts of a mixture of experts; 0 or 1 without. */
  readonly experts: number;
  /** There is no head of its own: the word embeddings serve as one. */
  readonly tied: boolean;
  /** Importance is given. */
  readonly importance: boolean;
  /** The architecture is Falcon, for which llama.cpp has rules of its own. */
  readonly falcon?: boolean;
}

/** What the rules ask about a tensor. */
export interface MixTensor {
  /** What the tensor is. */
  readonly category: GgmlCategory;
  /** Length of the rows. */
  readonly columns: number;
  /** Number among the tensors of its category in layer order (values: among all three kinds); in mixtures of experts the layer's. */
  readonly index: number;
  /** Experts stacked in one tensor of three dimensions. */
  readonly stacked: boolean;
}

const baseTypes: Partial<Readonly<Record<GgmlMix, WrittenBlock>>> = {
  Q2_K_S: "Q2_K",
  Q3_K_S: "Q3_K",
  Q3_K_M: "Q3_K",
  Q3_K_L: "Q3_K",
  Q4_K_S: "Q4_K",
  Q4_K_M: "Q4_K",
  Q5_K_S: "Q5_K",
  Q5_K_M: "Q5_K",
  MXFP4_MOE: "MXFP4",
};

/** The type that most tensors of the mix get. */
export function baseTypeOf(mix: GgmlMix): WrittenBlock {
  return baseTypes[mix] ?? (mix as WrittenBlock);
}

/** The first and last eighth of the layers and every third between. */
function isSensitive(layer: number, layers: number): boolean {
  const eighth = Math.floor(layers / 8);
  return layer < eighth || layer >= Math.floor((7 * layers) / 8) || (layer - eighth) % 3 === 2;
}

/** The type of one tensor by the rules, before its rows are looked at. */
export function mixTypeOf(mix: GgmlMix, tensor: MixTensor, model: MixModel): WrittenBlock {
  const { category, columns, stacked } = tensor;
  const base = baseTypeOf(mix);
  if (category === "head" || (category === "embedding" && model.tied)) {
    const fits = columns % blockLength(base) === 0;
    return mix === "MXFP4_MOE" || model.falcon === true || !fits || base === "Q8_0" ? "Q8_0" : "Q6_K";
  }
  if (mix === "MXFP4_MOE") return stacked ? "MXFP4" : "Q8_0";
  switch (category) {
    case "embedding":
      return mix === "TQ1_0" || mix === "TQ2_0" ? "Q4_K" : base;
    case "value":
    case "qkv":
    case "kv_b":
      return valueType(mix, tensor, model);
    case "key":
      return model.experts === 8 ? "Q8_0" : base;
    case "down":
      return downType(mix, tensor, model);
    case "attention.output":
      return attentionOutputType(mix, model);
    default:
      return base;
  }
}

function valueType(mix: GgmlMix, { index }: MixTensor, model: MixModel): WrittenBlock {
  if (model.experts === 8) return "Q8_0";
  const type = plainValueType(mix, index, model);
  // Llama 2 and 3 of 70 billion parameters: eight query heads share a value head, so that more bits cost next to nothing.
  const shared = model.layers === 80 && model.queriesPerKey > 1;
  return shared && (type === "Q3_K" || type === "Q4_K") ? "Q5_K" : type;
}

function plainValueType(mix: GgmlMix, index: number, { queriesPerKey, values }: MixModel): WrittenBlock {
  const shares = queriesPerKey >= 4;
  switch (mix) {
    case "Q2_K":
      return shares ? "Q4_K" : "Q3_K";
    case "Q2_K_S":
      return shares ? "Q4_K" : "Q2_K";
    case "Q3_K_M":
      return index < 2 ? "Q5_K" : "Q4_K";
    case "Q3_K_L":
      return "Q5_K";
    case "IQ4_NL":
    case "IQ4_XS":
      return shares ? "Q5_K" : mix;
    case "Q4_K_M":
    case "Q5_K_M":
      return isSensitive(index, values) ? "Q6_K" : baseTypeOf(mix);
    case "Q4_K_S":
      return index < 4 ? "Q5_K" : "Q4_K";
    default:
      return baseTypeOf(mix);
  }
}

function downType(mix: GgmlMix, { index }: MixTensor, { layers, falcon, importance }: MixModel): WrittenBlock {
  const base = baseTypeOf(mix);
  const inFirstEighth = index < Math.floor(layers / 8);
  const inFirstSixteenth = index < Math.floor(layers / 16);
  const sensitive = isSensitive(index, layers);
  switch (mix) {
    case "Q2_K":
      return "Q3_K";
    case "Q2_K_S":
      return inFirstEighth ? "Q4_K" : base;
    case "Q3_K_M":
      if (inFirstSixteenth) return "Q5_K";
      return falcon !== true || sensitive ? "Q4_K" : "Q3_K";
    case "Q3_K_L":
      return falcon === true ? "Q4_K" : "Q5_K";
    case "Q4_K_M":
      if (falcon !== true) return sensitive ? "Q6_K" : base;
      return inFirstSixteenth ? "Q6_K" : sensitive ? "Q5_K" : base;
    case "IQ4_NL":
    case "IQ4_XS":
      return inFirstEighth && !importance ? "Q5_K" : base;
    case "Q5_K_M":
      return sensitive ? "Q6_K" : base;
    case "Q4_K_S":
      return falcon !== true && inFirstEighth ? "Q5_K" : base;
    case "Q4_0":
      return importance && inFirstEighth ? "Q4_1" : base;
    case "Q5_0":
      return importance && inFirstEighth ? "Q5_1" : base;
    default:
      return base;
  }
}

const moreForExperts: readonly GgmlMix[] = ["Q2_K", "Q3_K_S", "Q3_K_M", "IQ4_NL", "Q4_K_S", "Q4_K_M", "IQ4_XS"];

function attentionOutputType(mix: GgmlMix, { experts, falcon }: MixModel): WrittenBlock {
  const base = baseTypeOf(mix);
  if (falcon === true) return mix === "Q3_K_L" ? "Q4_K" : base;
  if (experts === 8) return moreForExperts.includes(mix) ? "Q5_K" : base;
  if (mix === "Q2_K") return "Q3_K";
  if (mix === "Q3_K_M") return "Q4_K";
  return mix === "Q3_K_L" ? "Q5_K" : base;
}

function blockLength(type: WrittenBlock): number {
  return blockCodecs.get(type)?.weights ?? 1;
}

const fallbacks: Partial<Readonly<Record<WrittenBlock, WrittenBlock>>> = {
  Q2_K: "Q4_0",
  Q3_K: "Q4_0",
  TQ1_0: "Q4_0",
  TQ2_0: "Q4_0",
  Q4_K: "Q5_0",
  Q5_K: "Q5_1",
  Q6_K: "Q8_0",
  IQ4_XS: "IQ4_NL",
};

/** The type for rows of `columns` weights: itself where they are a whole number of blocks, else one with blocks of 32, else float16. */
export function fittingType(type: WrittenBlock, columns: number): GgmlTarget {
  const fits = (candidate: WrittenBlock) => columns % blockLength(candidate) === 0;
  if (fits(type)) return type;
  const other = fallbacks[type];
  return other && fits(other) ? other : "F16";
}
