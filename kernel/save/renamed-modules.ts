/** Modules whose names in a file are not those of the network that transformers makes of it: it renames them as it loads. A `quantization_config`
 *  names modules of the network, so both names must be known. Source: conversion_mapping.py of transformers 5.24. */

type Rule = readonly [stored: RegExp, inMemory: string];

/** A vision transformer. */
const vision: readonly Rule[] = [
  [/encoder\.layer\./, "layers."],
  [/attention\.query$/, "q_proj"],
  [/attention\.key$/, "k_proj"],
  [/attention\.value$/, "v_proj"],
  [/attention\.output\.dense$/, "attention.o_proj"],
  [/intermediate\.dense$/, "mlp.fc1"],
  [/output\.dense$/, "mlp.fc2"],
];

const dino: readonly Rule[] = [
  [/attention\.attention\.query$/, "attention.q_proj"],
  [/attention\.attention\.key$/, "attention.k_proj"],
  [/attention\.attention\.value$/, "attention.v_proj"],
  [/attention\.output\.dense$/, "attention.o_proj"],
];

const swin: readonly Rule[] = [
  [/attention\.self\.query$/, "attention.q_proj"],
  [/attention\.self\.key$/, "attention.k_proj"],
  [/attention\.self\.value$/, "attention.v_proj"],
  [/attention\.output\.dense$/, "attention.o_proj"],
  [/intermediate\.dense$/, "mlp.fc1"],
  [/output\.dense$/, "mlp.fc2"],
];

const experts: readonly Rule[] = [[/\.block_sparse_moe\./, ".mlp."]];

/** What happens to the names of networks of a `model_type`, rule after rule. */
const rules: ReadonlyMap<string, readonly Rule[]> = new Map([
  ...["audio-spectrogram-transformer", "deit", "ijepa", "vit", "vit_msn", "vivit"].map(
    (type) => [type, vision] as const,
  ),
  ...["dinov2", "dinov2_with_registers"].map((type) => [type, dino] as const),
  ...["minimax", "minimax_m2", "mixtral", "phimoe"].map((type) => [type, experts] as const),
  ["gpt_neox", [[/^embed_out$/, "lm_head"]]],
  ["swin", swin],
]);

/** Types whose modules are renamed, split or joined in ways that no rule above follows. */
const otherTypes: ReadonlySet<string> = new Set(
  `altclip aria audioflamingo3 aya_vision bailing_hybrid beit cohere_asr conditional_detr cosmos3_edge cosmos3_omni d_fine deepseek_ocr2
   deepseek_v4 deformable_detr detr dory dots3_note dots3_note_audio_encoder dots3_note_vision_encoder emu3 ernie4_5_vl_moe exaone fuyu gemma3
   gemma4_unified glm5_next glm5_next_text glmasr got_ocr2 gradium_phonon_tts granite_speech granite_speech_plus granitemoe granitemoehybrid
   granitemoeshared gte hrm_text hunyuan_vl hy_v4 hy_v4_vl hy_v4_vl_text hyperclovax_vision_v2 inkling2 inkling2_loop inkling2_loop_text
   inkling2_text inkling_mm_model internvl jev jina_embeddings_v3 kimi_k25 kimi_linear lara_mini lfm3 lfm3_vl_vision llava llava_next
   llava_next_video llava_onevision lw_detr maskformer mimi mimi_decoder mimi_encoder minimax_m3_vl mistral3 mistral_large4
   mistral_large4_text mllama molmo2 molmo2_text musicflamingo nemo_speechlm nemotron_h nemotron_h_omni nomic_bert olmo_hybrid paddleocr_vl
   paligemma pi0 pixio pp_chart2table pp_doclayout_v2 pp_doclayout_v3 pp_doclayout_v4 qianfan_ocr qwen2_5_omni_thinker qwen2_5_vl
   qwen2_audio qwen2_vl qwen3_omni_moe_thinker radio rf_detr rt_detr rt_detr_v2 sam3_tracker sam3_tracker_video sapiens2 sarvam_moe
   segformer step3p5_vision step3p7 t5gemma2_encoder timesfm2_5 tipsv2 tipsv2_dpt tipsv2_text_model tipsv2_vision_model ultrabert
   ultravbert unlimited_ocr vibevoice_asr video_llava vipllava vit_mae voxtral voxtral_realtime`.split(/\s+/),
);

/** The name that a module of a file has in the network that transformers makes; its own where nothing renames it. */
export function nameInMemory(type: string | undefined, module: string): string {
  const own = type === undefined ? undefined : rules.get(type);
  return own?.reduce((name, [stored, inMemory]) => name.replace(stored, inMemory), module) ?? module;
}

/** Whether transformers gives the modules of such a network names that are not known here. */
export function isRenamedOtherwise(type: string | undefined): boolean {
  return type !== undefined && otherTypes.has(type);
}
