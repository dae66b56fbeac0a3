/** What a tensor is by its name alone, by the habits of torch, transformers, timm, Keras, flax, speech and vision networks. */
import { placeOf } from "../../tensor/layer-names";
import { firstRule, type RoleRule } from "./rule";
import type { Subject } from "./subject";

/** True of a mask: at least three dimensions, of which the last two are alike. */
const isSquareTable = ({ shape }: Subject): boolean =>
  shape.length > 2 && shape[shape.length - 1] === shape[shape.length - 2];

/** Moments of optimizers: torch's states, slots of TensorFlow and Keras, states of optax. */
const optimizerRules: readonly RoleRule[] = [
  {
    role: "optimizer state",
    because: "a moment that an optimizer keeps",
    path: /(^|\.)(exp_avg|exp_avg_sq|exp_inf|max_exp_avg_sq|exp_avg_diff|exp_avg_slow|momentum_buffer|square_avg|acc_delta|grad_avg|fp32_from_fp16_groups|ax|mu_product)(\.|$)/,
  },
  {
    role: "optimizer state",
    because: "a part of an optimizer",
    path: /(^|\.)(optim|optimizer|optimizers|optimizer_?states?|optimizer_state_dict|optim_?states?|opt_?states?|base_optimizer_states?|slots?)\./,
  },
  {
    role: "optimizer state",
    because: "a slot of an optimizer",
    path: /(^|\.)(training\.)?(adam|adamw|adamax|nadam|adagrad|adadelta|rmsprop|sgd|lion|adafactor|ftrl|lamb)(_\d+)?\.(.*\.)?(m|v|vhat|momentums?|velocity|velocities|accumulator|rms|mg|mom)(\.|$)/,
  },
  {
    role: "optimizer state",
    because: "a slot of an optimizer",
    parameter:
      /^(adam|adamw|adam_optimizer|momentum|rmsprop|adagrad|ftrl|adamweightdecayoptimizer|lamboptimizer|adam_[mv]|(momentum|velocity|accumulator|slot_variable)(_\d+)?)(_\d+)?$/,
    path: /(kernel|weight|weights|bias|beta|gamma|embeddings?|_table)[._](adam|momentum|rmsprop|adagrad|ftrl|lamb|velocity|accumulator)/,
  },
];

/** Tables, statistics and tokens: what rank ≥ 2 does not make a weight. */
const bufferRules: readonly RoleRule[] = [
  {
    role: "buffer",
    because: "scales or zero points of stored codes",
    parameter:
      /^((\w*_)?(weight|input|output|kernel|proj|w\d+|up|down|gate|k|v|q|act|activation|prob)_(global_)?(scales?|scale_inv|scale_2|scale_\d|zero_points?|zeros)|scales|qzeros|scb|weight_format|(\w+_)?scale_inv|(nested_)?(absmax|quant_map)|g_idx|weight_g_idx|weight_shape|smoothing_factor|pre_quant_scale|amax|_amax)$/,
  },
  {
    role: "buffer",
    because: "scales of stored codes",
    path: /\.(weight|kernel)\.(absmax|nested_absmax|quant_map|nested_quant_map|quant_state\.[\w.]+)$/,
  },
  {
    role: "buffer",
    because: "a table of rotary positions or of frequencies",
    parameter:
      /^((\w+_)?inv_?freqs?|rope_?(freqs|cache|factors\w*)|rope|rotary\w*|(cos|sin)(_?cached|_?cache|_table|_emb)?|freqs(_cis|_cos|_sin)?|freqs?_?cis|frequenc(y|ies)|freq_bands?|sinusoid\w*|position_enc|pe|emb_(cos|sin)|timescales?|div_term)$/,
  },
  {
    role: "buffer",
    because: "a table of rotary positions or of frequencies",
    path: /^rope_(freqs|factors_\w+)(\.weight)?$/,
  },
  {
    role: "buffer",
    because: "a mask",
    parameter: /^(\w*_)?(attn_|causal_|attention_|window_)?masks?$|^(tril|triu|masked_bias|masked_?fill\w*|causal)$/,
    fits: ({ parameter }) => !/token|embed/i.test(parameter),
  },
  {
    role: "buffer",
    because: "a causal mask that is kept as a bias",
    parameter: /^bias$/,
    least: 3,
    fits: isSquareTable,
  },
  {
    role: "buffer",
    because: "a table of relative positions",
    parameter:
      /^(\w*relative_(coords|position|positions|pos)(_\w+)?|\w*coords(_\w+)?|coordinates|rel_?pos(_[hwt]|_index|_table|itions?)?|\w*position_(bias|index|indices)(_\w+)?|attention_bias(es|_idxs)?|emb_rel_[kv]|pos_idx_to_embed|slopes?|slope_rate|alibi\w*|(query|key|diagonal)_decay|gru_rel_pos_const)$/,
  },
  {
    role: "buffer",
    because: "a table of positions",
    parameter:
      /^(\w*_)?(absolute_)?pos(ition(al)?)?s?_?(emb|embed|embeds|embedding|embeddings|enc|encoding|encodings|ids|table|tables|embed_\w+|embedding_\w+|embeddings_\w+|emb_\w+)$|^\w*(temporal|spatial|time|absolute|level|seg|segment|class_pos)_?(pos_?)?(emb|embed|embeds|embedding|embeddings|encoding|encodings)$/,
  },
  {
    role: "buffer",
    because: "learned tokens",
    parameter:
      /^(\w*_)?(token|tokens|cls|query_tokens|latents?(_\w+)?|latent_query|probe|no_mem\w*|no_obj\w*|no_memory\w*|register\w*|registers|soft_?prompts?|prompts?|prompt_embeddings?|queries|(cls|class|mask|dist|distillation|query|group|object)_?(emb|embed|embedding|embeddings|query|queries|token|tokens)|null_(kv|key|value|cond\w*|emb\w*)|text_prompt|segment_token_\w+|type_token_\w+|hidden_query)$/,
  },
  {
    role: "buffer",
    because: "a scale that is learned or stated",
    parameter:
      /^(\w*logit_scale|\w*log_scale|\w*temperature|temp|tau|log_sigma|snake_\w+|(res_?|residual_|skip_|attn_|ffn_|block_|output_|input_|hidden_)?(scale|multiplier|scalar)|scale_shift_table|log_?(alpha|beta)|alpha|translate|slope)$/,
    least: 2,
  },
  {
    role: "buffer",
    because: "a vector of a state-space or recurrent layer",
    parameter:
      /^(\w+\.)?(a_log|a_logs?|ds?|dt_bias|a_param|lambda_param|initial_state|h0|c0|init_state|x_[rwkvag]|r_k|[wav]0|k_[ka])$/,
    fits: ({ parameter, shape }) => !/^ds?$/i.test(parameter) || shape.length < 3,
  },
  {
    role: "buffer",
    because: "a mix of time steps",
    parameter: /^(\w*_)?(time_(mix|maa|decay|first|faaaa|shift)\w*)$/,
  },
  {
    role: "buffer",
    because: "a vector of a state-space or recurrent layer",
    path: /(^|\.)(ssm_(a|d)|time_mix_(first|decay\w*|lerp\w*|[wavg][012]|[kr]_[kar]|ln)|channel_mix_lerp\w*)(\.weight)?$/,
  },
  {
    role: "buffer",
    because: "statistics",
    parameter:
      /^((running|moving|ema|population|norm|pixel|image|batch|data|feature|input|output|target|mel|spec|latents?)_(mean|var|variance|std|stddev|stats|avg)|num_batches_tracked|mean|std|stddev|variance|fisher|count|ema_\w+|cluster_(size|sum|usage\w*)|embed_(avg|sum|ema)|codebook_(usage|ema\w*)|usage|avg_\w+|min_val|max_val|activation_post_process\w*|fake_quant\w*|act_range|x_(min|max))$/,
  },
  {
    role: "buffer",
    because: "a codebook of vector quantization",
    parameter: /^(embed|embedding|embeddings|codebooks?|codevectors|code_?book\w*|codes?|centroids|prototypes)$/,
    path: /(quantiz|codebook|(^|[._])vq|rvq|codevectors|centroids|prototypes)/,
  },
  {
    role: "buffer",
    because: "a vector of spectral normalization",
    parameter: /^(weight_u|weight_bar_[uv]|weight\.0\._[uv]|_?u|weight_sigma)$/,
    most: 1,
  },
  { role: "buffer", because: "a vector of spectral normalization", parameter: /^weight_v$/, most: 1 },
  {
    // Its function is in no file: a mask, a symmetric or an orthogonal matrix. Those of a weight norm are original0 and original1.
    role: "unknown",
    because: "torch computes the weight from it, by a parametrization that the file does not tell",
    parameter: /^\w*weight\w*\.(original|\d+\.base)$/,
    least: 2,
  },
  {
    // Of pruned weights the mask was applied before, and the name is plain by now.
    role: "unknown",
    because: "torch divides it by its spectral norm, which the file does not tell",
    parameter: /^weight\w*_orig$/,
    least: 2,
  },
  {
    role: "buffer",
    because: "a fixed filter",
    parameter:
      /^(\w*_)?(mel_?(filters?|basis|fb|banks?|matrix)|fbanks?|filter_?banks?|mel_scale|fb|melspec\w*|banks?|window|windows|hann(_window)?|hamming(_window)?|(forward|inverse|dft|stft|fourier|dct|cqt|wavelet)_?(basis|mat|matrix|kernels?|bases)?(_buffer|_real|_imag)?|window_sum|lowpass_filter|resample_filter|blur_filter|gaussian_kernel|sobel\w*|laplac\w*|haar\w*|filter|filters|up_filter|down_filter|low_hz_|band_hz_|dct_mat)$/,
  },
  {
    role: "buffer",
    because: "a fixed filter",
    path: /(^|[._])(blur\w*|upfirdn\w*|resampl\w*|low_?pass\w*|gauss\w*|antialias\w*|aa_filter)\.(\w+\.)*(kernel|filter|filt)$/,
  },
  {
    role: "buffer",
    because: "slopes of an activation",
    layer: /prelu/,
    parameter: /^(weight|alpha|a)$/,
    fits: ({ extent }) => extent < 2,
  },
  { role: "buffer", because: "a fixed filter", path: /(^|[._])(stft|istft|dft|cqt)_?conv\w*\.weight$/ },
  {
    role: "buffer",
    because: "a fixed filter",
    path: /(^|\.)dfl\.conv\.weight$|(^|\.)(mel_?spec\w*|spectrogram|melspectrogram|mel_?scale|stft|istft)\.(.*\.)?(fb|window|kernel|basis|weight)$/,
  },
  {
    role: "buffer",
    because: "anchors or a grid",
    parameter:
      /^(\w*_)?(anchors?|anchor_(grid|points|boxes)|strides?|grids?|priors?|prior_boxes|default_boxes|bins|bin_(centers|edges)|boundaries|meshgrid|reference_points)$/,
  },
  {
    role: "buffer",
    because: "a constant that a network begins with, or noise",
    parameter: /^(const|noise_const|\w*gaussian_matrix|aabb|scene_aabb|queue|queue_[a-z]|replay_\w+)$/,
  },
  {
    role: "buffer",
    because: "a vector for each head of a graph attention",
    parameter: /^(att|attn)_(src|dst|edge|[lre])$/,
    least: 2,
  },
  {
    role: "buffer",
    because: "a table of transitions between labels",
    parameter: /^(transitions|transition_(matrix|params|scores)|trans_matrix)$/,
    path: /crf|transition/,
  },
  {
    role: "buffer",
    because: "a vector of a state-space or recurrent layer",
    parameter: /^((inv_)?a_(real|imag)|log_a_(real|imag)|log_dt)$/i,
  },
  {
    role: "buffer",
    because: "the shift or the scale of a flow",
    path: /(^|\.)flows\.\d+\.(m|logs)$/,
  },
  { role: "buffer", because: "the spread of a policy", parameter: /^(log_std|logstd|log_stds?)$/ },
  { role: "buffer", because: "a score by which weights are pruned", parameter: /^(weight_)?mask_scores?$/ },
  { role: "buffer", because: "scales and shifts that are learned", parameter: /^(scale_shift_table|.*_scale_shift)$/ },
  { role: "buffer", because: "a table that torch keeps beside a mask", parameter: /^(weight|bias)_mask$/ },
];

const surelyNorm =
  /(layer|batch|group|rms|instance)_?norm|(^|_)(norm|ln|bn|gn|grn|rms|act_?norm)s?_?\d*[a-z]?$|norms?\d*$|^(layer_?|batch_?|group_?)?normalization(_\d+)?$|normalization(_\d+)?$/;
const beginsAsNorm = /^(norm|ln|bn|gn|grn)_/;
const holdsLayer = /(proj|linear|dense|fc|conv|mlp|embed|modulation|adaln|ada_ln|lora)/;

/** Whether a layer of that name is a norm. Where the tensor is a matrix, "norm_proj" is a projection. */
function isNormLayer({ layerWord, shape }: Subject): boolean {
  return (
    surelyNorm.test(layerWord) || (beginsAsNorm.test(layerWord) && (shape.length < 2 || !holdsLayer.test(layerWord)))
  );
}

const normRules: readonly RoleRule[] = [
  {
    role: "norm",
    because: "the lengths of a weight normalization",
    parameter: /^(weight_g|weight\.original0|\w+_weight_g)$/,
  },
  { role: "norm", because: "the scale that an adapter learns", parameter: /^(ia3_l|lora_magnitude_vector)$/ },
  {
    role: "norm",
    because: "the scale of a layer",
    parameter: /^(\w*_)?(layer_?scale\w*|lambda_?\d*|ls_?\d*|gamma_?\d*|beta_?\d*)$/,
  },
  {
    role: "norm",
    because: "the scale of a layer",
    layer: /^(\w*_)?(layer_?scale\w*|ls_?\d*)$/,
    parameter: /^(weight|gamma|lambda\d*|scale)$/,
  },
  {
    role: "norm",
    because: "the gain of a norm",
    parameter: /^(weight|gain|g|scale|gamma|a_2|kernel|weight_orig)$/,
    fits: isNormLayer,
  },
  { role: "norm", because: "the shift of a norm", parameter: /^(bias|beta|b_2|offset)$/, fits: isNormLayer },
  {
    role: "norm",
    because: "the gain of a norm",
    parameter: /^(\w*_)?(layer_?norm|norm|ln|rms_?norm)(_?(weight|gain|scale|gamma))?$/,
  },
];

const biasRules: readonly RoleRule[] = [
  {
    role: "bias",
    because: "a bias by name",
    parameter: /^(\w*_)?bias(es)?(_[a-z]{1,2}(_l\d+(_reverse)?)?|_\d+|_l\d+)?(\.original\d?)?$/,
    fits: ({ parameter }) => !/relative_attention_bias/.test(parameter),
  },
  {
    role: "bias",
    because: "a bias by name",
    parameter: /^(\w*_)?(pos_)?bias_[uvkqr]$|^(r_[wrs]_bias|(\w+_)?b_[hio]h|b\d?|\w+_b|b_\w+|recurrent_bias|vars\/1)$/,
    most: 1,
  },
  {
    role: "bias",
    because: "a bias for each head",
    parameter: /^b_[qkv]$/,
    least: 2,
    most: 2,
    fits: ({ parameter }) => /^b_[QKV]$/.test(parameter),
  },
  { role: "bias", because: "a bias by name", parameter: /^(\w*_)?(b\d)$/, fits: ({ extent }) => extent < 2 },
];

const routerRules: readonly RoleRule[] = [
  {
    role: "router",
    because: "it chooses among experts",
    path: /(^|[._])(\w*router\w*)\.(\w+\.)*(weight|kernel|w|wg)$|(^|\.)router$|(^|[._])gate\.wg\.weight$|ffn_gate_inp(_shexp)?(\.weight)?$|(^|\.)shared_experts?_gate\.(weight|kernel)$|(^|\.)gating(_network)?\.(weight|kernel)$|(^|\.)router_weights?$/,
  },
];

const embeddingLayer =
  /^(\w*_)?(embed|embeds|embedding|embeddings|emb|embs|embedder|wte|wpe|shared|token_embd|lookup|lookup_table|emb_\w+|embed_\w+|embeds?_layers?|embeddings?_(table|\d+)|codebook|(relative_)?attention_bias|relative_position_bias|word_embeddings?\w*|position_embd|(token_)?types?_embd|token_types?)$|^wte\d*$|^\w*_tokens?$/;
const notEmbedding =
  /patch|proj|linear|dense|conv|time_embed|timestep_embedder|layernorm|embed_out|embedding_size|shared_expert|shared_mlp|class_embed/;

const embeddingRules: readonly RoleRule[] = [
  {
    role: "embedding",
    because: "a table of embeddings",
    parameter: /^(weight|embeddings?|kernel|weights?|table|vars\/0)$/,
    layer: embeddingLayer,
    least: 2,
    most: 2,
    fits: ({ layerWord }) => !notEmbedding.test(layerWord),
  },
  {
    role: "embedding",
    because: "a table of embeddings",
    parameter:
      /^(\w*_)?(embeddings?|emb|embed|wte|wpe|embedding_table|word_embeddings?|embedding_lookup|lookup_table|emb_table|w_e)(_weights?|_matrix)?$/,
    least: 2,
    most: 2,
    fits: ({ parameter }) => !notEmbedding.test(parameter.toLowerCase()),
  },
];

/** The role that a name alone tells, in the order optimizer states, tables, norms, biases, routers, embeddings; `undefined` for what may be a
 *  weight of another kind. */
export function ruleByName(subject: Subject): RoleRule | undefined {
  return (
    firstRule(optimizerRules, subject) ??
    firstRule(bufferRules, subject) ??
    firstRule(normRules, subject) ??
    firstRule(biasRules, subject) ??
    firstRule(routerRules, subject) ??
    firstRule(embeddingRules, subject)
  );
}

/** True where the name stands for the layer that gives the network's answer. */
export function isHead({ name, layerWord, parameter }: Subject): boolean {
  if (/^(lm_head|embed_out|unembed|vocab_projector|qa_outputs|classification_head|codebooks_head)$/.test(layerWord))
    return true;
  if (parameter === "lm_head") return true;
  const { block, kind } = placeOf(name);
  return block === "head" && /(^|\.)head$/.test(kind);
}
