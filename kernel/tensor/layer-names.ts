/** What a tensor's name says about where it stands in a network. There is no standard for names, only habits: those of PyTorch's
 *  BERT, RoBERTa, DistilBERT, ViT, GPT-2, GPT-NeoX, OPT, Llama, Mistral, Qwen, Gemma, Phi, Mixtral and T5; of GGUF (`blk.0.attn_q`);
 *  of torchvision's and timm's convolutional nets; of Keras and tfjs (`dense_1/kernel`). A name outside them keeps its own words.
 *
 *    encoder.layer.3.attention.self.query.weight  →  block 3, query
 *    blk.3.attn_q.weight                          →  block 3, query
 *    decoder.block.2.layer.1.EncDecAttention.q    →  decoder 2, cross.query
 *    layer2.0.conv1.weight                        →  stage 2.0, conv1
 *    dense_1/kernel                               →  (no block), dense_1                                                        */
import type { LayerPlace } from "../report/types";

/** The last word of a name that says which parameter of the layer it is, and what it adds to the layer's kind. */
const parameterWords: Readonly<Record<string, string>> = {
  weight: "",
  kernel: "",
  embeddings: "",
  embedding: "",
  weight_g: "magnitude",
  weight_v: "direction",
  depthwise_kernel: "depthwise",
  pointwise_kernel: "pointwise",
  recurrent_kernel: "recurrent",
  bias: "bias",
  gamma: "",
  beta: "bias",
  running_mean: "mean",
  running_var: "variance",
  moving_mean: "mean",
  moving_variance: "variance",
  num_batches_tracked: "count",
};

/** First words of names that wrap the model and say nothing of the block. */
const wrappers =
  /^(model|module|bert|roberta|xlm_roberta|distilbert|albert|electra|deberta|mpnet|vit|deit|dinov2|beit|transformer|backbone|base_model|language_model|text_model|vision_model|gpt_neox|_orig_mod|auto_model|0)$/;

/** Words that hold numbered blocks. */
const containers = /^(layer|layers|h|block|blocks|blk|resblocks|encoder_layers)$/;

/** Patterns of the path inside a block, in lower case with dots between its words, and the kinds that they mean; the first that fits counts. */
const blockKinds: readonly (readonly [RegExp, string])[] = [
  [/(^|[._])(q|query|queries)[_.]?(norm|ln|layernorm|layer_norm)$/, "query.norm"],
  [/(^|[._])(k|key|keys)[_.]?(norm|ln|layernorm|layer_norm)$/, "key.norm"],
  [/(^|[._])(qkv|wqkv|c_attn|query_key_value|qkv_proj|in_proj|in_proj_weight|in_proj_bias|attn_qkv)$/, "qkv"],
  [/(^|[._])q_a_proj$|attn_q_a$/, "query.a"],
  [/(^|[._])q_b_proj$|attn_q_b$/, "query.b"],
  [/kv_a_proj_with_mqa$|attn_kv_a_mqa$/, "key.value.a"],
  [/kv_b_proj$|attn_kv_b$/, "key.value.b"],
  [/(^|[._])(q|query|wq|q_proj|q_lin|to_q|attn_q)$/, "query"],
  [/(^|[._])(k|key|wk|k_proj|k_lin|to_k|attn_k)$/, "key"],
  [/(^|[._])(v|value|wv|v_proj|v_lin|to_v|attn_v)$/, "value"],
  [/attention\.output\.layernorm$/, "attention.norm"],
  [
    /^(input_layernorm|attention_norm|attn_norm|ln_1|norm1|layernorm_before|sa_layer_norm|self_attn_layer_norm|ln_attn)$/,
    "attention.norm",
  ],
  [/^(ffn_norm|ln_2|norm2|layernorm_after|final_layer_norm|ln_mlp)$/, "mlp.norm"],
  [/^post_attention_layernorm$|^post_attention_norm$/, "post_attention.norm"],
  [/^pre_feedforward_layernorm$/, "pre_mlp.norm"],
  [/^post_feedforward_layernorm$|^post_ffw_norm$/, "post_mlp.norm"],
  [/^output\.layernorm$|^output_layer_norm$/, "output.norm"],
  [
    /(att\w*|crossattention|attn)\.(output\.dense|o|o_proj|out_proj|out_lin|c_proj|proj|dense|wo|to_out(\.0)?)$/,
    "attention.output",
  ],
  [/^(attn_output|attn_out)$/, "attention.output"],
  [/^intermediate\.dense$/, "intermediate"],
  [/^output\.dense$/, "output"],
  [/(block_sparse_moe|mlp|moe|feed_forward)\.(gate|router)$|^ffn_gate_inp(_shexp)?$/, "router"],
  [/(^|\.)shared_expert_gate$/, "shared.router"],
  [/(^|[._])(gate_up_proj)$/, "gate.up"],
  [/(^|[._])(gate_proj|wi_0|w1|ffn_gate|ffn_gate_exps|ffn_gate_shexp)$/, "gate"],
  [/(^|[._])(up_proj|wi_1|wi|w3|c_fc|fc1|fc_in|lin1|dense_h_to_4h|ffn_up|ffn_up_exps|ffn_up_shexp|mlp\.0)$/, "up"],
  [
    /(^|[._])(down_proj|w2|fc2|fc_out|lin2|dense_4h_to_h|ffn_down|ffn_down_exps|ffn_down_shexp|mlp\.c_proj|densereludense\.wo|mlp\.wo|mlp\.3)$/,
    "down",
  ],
  [/relative_attention_bias$|attn_rel_b$/, "relative_position"],
];

/** Patterns of the path outside the blocks, with the block and the kind that they mean. */
const endKinds: readonly (readonly [RegExp, string, string])[] = [
  [/(^|[._])(token_type_embeddings|token_types|segment_embeddings)$/, "embed", "token_type"],
  [
    /(^|[._])(position_embeddings?|position_embd|pos_embed|wpe|embed_positions|positional_embedding|pos_embedding)$/,
    "embed",
    "position",
  ],
  [
    /(^|[._])(word_embeddings?|wte|embed_tokens|tok_embeddings|token_embd|token_embeddings?|embed_in|shared|tok_embed)$/,
    "embed",
    "word",
  ],
  [/^embeddings?$/, "embed", "word"],
  [/(^|[._])patch_embed(ding|dings|d)?(\.proj(ection)?)?$|(^|\.)conv_proj$/, "embed", "patch"],
  [/(^|[._])(cls_token|class_token|class_embedding)$/, "embed", "class_token"],
  [/(^|[._])dist(illation)?_token$/, "embed", "distillation_token"],
  [/(^|[._])position_ids$/, "embed", "position_ids"],
  [
    /(embeddings\.layernorm|word_embeddings_layernorm|token_embd_norm|embeddings\.norm|layernorm_embedding|ln_pre|embed_norm)$/,
    "embed",
    "norm",
  ],
  [/(^|\.)pooler(\.dense)?$/, "pool", "pooler"],
  [/^(lm_head|embed_out|output|head|heads\.head|head\.fc|classifier|score|fc|logits|qa_outputs)$/, "head", "head"],
  [/(^|\.)(norm|ln_f|final_layernorm|final_layer_norm|output_norm|ln_post|fc_norm|norm_f|layernorm)$/, "head", "norm"],
  [/^(cls\.predictions\.transform\.dense|lm_head\.dense|vocab_transform|pre_classifier)$/, "head", "transform"],
  [/^(cls\.predictions\.transform\.layernorm|lm_head\.layer_norm|vocab_layer_norm)$/, "head", "norm"],
  [/^(cls\.predictions\.decoder|lm_head\.decoder|vocab_projector)$/, "head", "head"],
  [/^cls\.predictions$/, "head", "head"],
  [/^(conv1|conv_stem|stem\.\w+|bn1|stem\.\w+\.\w+)$/, "stem", ""],
];

interface Position {
  readonly block: string;
  readonly blockIndex: number | null;
  /** Words of the path inside the block. */
  readonly rest: readonly string[];
  /** The index of the word that ends in the block's number; absent where a stage and a block make the number. */
  readonly numberAt?: number;
}

const isNumber = (word: string | undefined): word is string => word !== undefined && /^\d{1,6}$/.test(word);

/** A block inside a stage is numbered 100·stage + block, so that the numbers rise through the net. */
const stage = (major: string, minor: string, rest: readonly string[]): Position => ({
  block: `stage ${major}.${minor}`,
  blockIndex: 100 * Number(major) + Number(minor),
  rest,
});

function findBlock(words: readonly string[]): Position | undefined {
  for (const [at, word] of words.entries()) {
    const [next, afterNext, third] = words.slice(at + 1, at + 4);
    const fused =
      /^(layer|stage)(\d+)$/.exec(word) ?? /^(block|layer|encoder_layer|encoderlayer)_(\d+)$/.exec(word) ?? undefined;
    if (fused && isNumber(next) && !fused[1].startsWith("encoder")) return stage(fused[2], next, words.slice(at + 2));
    if (fused) return numbered(words, at, fused[2], at);
    if (word === "stages" && isNumber(next)) {
      if (containers.test(afterNext ?? "") && isNumber(third)) return stage(next, third, words.slice(at + 4));
      if (isNumber(afterNext)) return stage(next, afterNext, words.slice(at + 3));
      return { block: `stage ${next}`, blockIndex: 100 * Number(next), rest: words.slice(at + 2) };
    }
    if (containers.test(word) && isNumber(next)) {
      if (word !== "block" && containers.test(afterNext ?? "") && isNumber(third))
        return stage(next, third, words.slice(at + 4));
      if (word === "blocks" && isNumber(afterNext)) return stage(next, afterNext, words.slice(at + 3));
      return numbered(words, at, next, at + 1);
    }
  }
  return undefined;
}

/** The position in block "block 3", or "encoder 3" and "decoder 3" in networks that have both. */
function numbered(words: readonly string[], at: number, index: string, numberAt: number): Position {
  const before = words[at - 1] ?? "";
  const container = words[at];
  let side = "block";
  if (/^dec(oder)?$/.test(before) && container !== "h") side = "decoder";
  if (/^enc(oder)?$/.test(before) && /^(block|layers|blk)$/.test(container)) side = "encoder";
  return { block: `${side} ${Number(index)}`, blockIndex: Number(index), rest: words.slice(numberAt + 1), numberAt };
}

/** Keras has flat names: `block3_conv2`, `conv2_block1_1_conv`, `block_13_expand`. */
function findFlatBlock(word: string): Position | undefined {
  const resnet = /^conv(\d+)_block(\d+)_(.+)$/.exec(word);
  if (resnet) return stage(resnet[1], resnet[2], [resnet[3]]);
  const block = /^block_?(\d+)_(.+)$/.exec(word);
  if (block) return { block: `block ${Number(block[1])}`, blockIndex: Number(block[1]), rest: [block[2]] };
  return undefined;
}

/** Splits off the last word where it names a parameter; `suffix` is what it adds to the kind ("bias" for a bias). */
function splitParameter(words: readonly string[]): { path: readonly string[]; suffix: string } {
  const last = words[words.length - 1] ?? "";
  const fused = /^(.*)_(weight|bias)$/.exec(last);
  if (words.length > 1 && Object.hasOwn(parameterWords, last))
    return { path: words.slice(0, -1), suffix: parameterWords[last] };
  if (fused && /^in_proj_/.test(last))
    return { path: [...words.slice(0, -1), "in_proj"], suffix: fused[2] === "bias" ? "bias" : "" };
  return { path: words, suffix: "" };
}

const join = (...parts: readonly string[]): string => parts.filter((part) => part !== "").join(".");

/** The kind of a path inside a block. Numbered experts and cross attention keep their word in front. */
function kindInBlock(rest: readonly string[]): string {
  const words = rest.map((word) => word.toLowerCase());
  const expertAt = words.findIndex((word, at) => word === "experts" && isNumber(words[at + 1]));
  const shared = words.some((word) => /^shared_experts?$/.test(word)) || /_shexp$/.test(words[words.length - 1] ?? "");
  const stacked = /_exps$/.test(words[words.length - 1] ?? "");
  const cross = words.some((word) => /^(encdecattention|crossattention|encoder_attn|cross_attn\w*)$/.test(word));
  const front = cross
    ? "cross"
    : expertAt >= 0
      ? `expert ${words[expertAt + 1]}`
      : shared
        ? "shared"
        : stacked
          ? "experts"
          : "";
  // T5 numbers the parts of a block: layer.0 is attention, layer.1 the feed-forward part.
  const plain = words[0] === "layer" && isNumber(words[1]) ? words.slice(2) : words;
  if (plain.length === 1 && plain[0] === "layer_norm" && plain.length < words.length) return `norm ${words[1]}`;
  const path = plain.join(".");
  for (const [pattern, kind] of blockKinds) if (pattern.test(path)) return join(front, kind);
  return rest.length === 0 ? "" : rest.join(".");
}

/** Where a tensor stands, read from its name. Never fails: for a name that follows no known habit, `block` is "" and `kind` the
 *  name itself without its last ".weight" or "/kernel". */
export function placeOf(name: string): LayerPlace {
  const words = name.split(/[./]/).filter((word) => word !== "");
  const { path, suffix } = splitParameter(words.map((word) => word.replace(/:0$/, "")));
  const position = findBlock(path) ?? findFlatBlock(path[0] ?? "");
  if (position) {
    const { block, blockIndex, rest } = position;
    return { block, blockIndex, kind: join(kindInBlock(rest), suffix) || "weight" };
  }
  let start = 0;
  while (start < path.length - 1 && wrappers.test(path[start])) start++;
  const inner = path.slice(start);
  const key = inner.join(".").toLowerCase();
  for (const [pattern, block, kind] of endKinds) {
    if (!pattern.test(key)) continue;
    const side = /^(encoder|decoder)\./.exec(key);
    return {
      block,
      blockIndex: null,
      kind: join(side && block !== "pool" ? side[1] : "", kind || inner.join("."), suffix),
    };
  }
  return { block: "", blockIndex: null, kind: join(inner.join("."), suffix) || name };
}

/** A name around the number of its block: `prefix + index + suffix` is the name. */
export interface BlockName {
  /** "encoder.layer.": names of one stack of blocks have it in common. */
  readonly prefix: string;
  /** The block's number, from 0. */
  readonly index: number;
  /** ".output.dense.weight". */
  readonly suffix: string;
}

/** Cuts the name of a tensor at the number of its block; `undefined` outside the blocks, and for blocks inside stages. */
export function blockName(name: string): BlockName | undefined {
  const words = [...name.matchAll(/[^./]+/g)];
  const { numberAt } = findBlock(words.map(([word]) => word.replace(/:0$/, ""))) ?? {};
  if (numberAt === undefined) return undefined;
  const { 0: word, index: start = 0 } = words[numberAt];
  const digits = /\d+$/.exec(word)?.[0] ?? "";
  const end = start + word.length;
  return { prefix: name.slice(0, end - digits.length), index: Number(digits), suffix: name.slice(end) };
}
