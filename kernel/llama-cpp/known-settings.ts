/** What a config.json may say. A key that changes what a network computes and is dropped would give a file that computes something else, so
 *  each family lists the keys that it reads and those of which llama.cpp computes one value only; what is left must be a key that changes
 *  nothing, or the model is refused. */
import { UnsupportedError } from "../errors";
import type { Settings } from "./settings";

/** The keys that a family of networks knows. */
export interface KnownSettings {
  /** Keys whose values are written, or are told by the tensors. */
  readonly read: readonly string[];
  /** Keys of which llama.cpp computes these values only, as JSON has them; without the key a network has the first. */
  readonly only: Readonly<Record<string, readonly unknown[]>>;
}

/** Keys that change nothing of what a trained network computes: names, numbers of special tokens, what training and generation do. */
const neutral: ReadonlySet<string> = new Set(
  `model_type architectures auto_map torch_dtype dtype transformers_version _name_or_path name_or_path _commit_hash
  _attn_implementation _attn_implementation_autoset _experts_implementation attn_implementation vocab_size use_cache
  bos_token_id eos_token_id pad_token_id sep_token_id cls_token_id unk_token_id mask_token_id decoder_start_token_id
  initializer_range initializer_factor attention_dropout hidden_dropout hidden_dropout_prob attention_probs_dropout_prob
  resid_pdrop embd_pdrop attn_pdrop dropout dropout_rate residual_dropout embedding_dropout classifier_dropout
  summary_first_dropout summary_activation summary_proj_to_labels summary_type summary_use_proj gradient_checkpointing
  output_attentions output_hidden_states return_dict torchscript use_bfloat16 tf_legacy_loss chunk_size_feed_forward
  id2label label2id num_labels problem_type finetuning_task tokenizer_class prefix task_specific_params
  max_length min_length do_sample early_stopping num_beams num_beam_groups diversity_penalty temperature top_k top_p
  typical_p repetition_penalty length_penalty no_repeat_ngram_size encoder_no_repeat_ngram_size bad_words_ids
  num_return_sequences output_scores return_dict_in_generate forced_bos_token_id forced_eos_token_id
  remove_invalid_values exponential_decay_length_penalty suppress_tokens begin_suppress_tokens tie_encoder_decoder
  cross_attention_hidden_size quantization_config pretraining_tp output_router_logits router_aux_loss_coef
  router_jitter_noise reorder_and_upcast_attn model_max_length is_llama_config transformers.js_config unsloth_version
  unsloth_fixed sentence_transformers output_past directionality pooler_fc_size pooler_num_attention_heads
  pooler_num_fc_layers pooler_size_per_head pooler_type quantization _flash_attn_2_enabled attention_softmax_in_fp32
  scale_attention_softmax_in_fp32`.split(/\s+/),
);

/** Whether a key of config.json changes nothing of what a trained network computes. */
export function isNeutral(key: string): boolean {
  return neutral.has(key);
}

/** Of these every family computes one value only. */
const always: KnownSettings["only"] = { add_cross_attention: [false], pruned_heads: [{}], use_mrope: [false] };

/** Refuses a config.json with a key that is not known, or with a value that llama.cpp does not compute. A key with null counts as absent.
 *  `UnsupportedError` that names key and value. */
export function checkSettings(kind: string, { read, only }: KnownSettings, config: Settings): void {
  const known = new Set(read);
  const values = { ...always, ...only };
  for (const [key, value] of Object.entries(config)) {
    if (value === null || value === undefined) continue;
    const said = JSON.stringify(value).slice(0, 120);
    if (Object.hasOwn(values, key)) {
      const computed = values[key].map((one) => JSON.stringify(one));
      const way = computed.length === 0 ? "without it" : `with ${computed.join(" or ")}`;
      if (!computed.includes(JSON.stringify(value)))
        throw new UnsupportedError(
          `saveGguf(): ${kind} with ${JSON.stringify(key)}: ${said}; llama.cpp computes it ${way}`,
        );
    } else if (!known.has(key) && !neutral.has(key))
      throw new UnsupportedError(
        `saveGguf(): config.json of this ${kind} says ${JSON.stringify(key)}: ${said}, which may change what the network computes and which GGUF has no known place for; take the key out if it changes nothing`,
      );
  }
}
