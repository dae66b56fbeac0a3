"""Further networks for folders.py, whose widths groups of 64 divide, so that each form packs: a default recipe leaves nothing out for its size.

`more`: as `families` of models.py. `even`: the settings of a family of models.py with such widths.
"""

ids = dict(bos_token_id=1, eos_token_id=2, pad_token_id=0)
text = dict(vocab_size=67, hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=128, max_position_embeddings=64)
encoder = dict(text, type_vocab_size=2, pad_token_id=0)
decoder = dict(text, num_key_value_heads=2, **ids)
wide = dict(decoder, head_dim=16)
experts = dict(decoder, num_experts=4, num_local_experts=4, num_experts_per_tok=2, moe_intermediate_size=64)
image = dict(image_size=16, patch_size=4, num_channels=3)
vision = dict(hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=128, **image)
sequences = dict(vocab_size=67, d_model=64, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4, decoder_attention_heads=4, encoder_ffn_dim=128, decoder_ffn_dim=128, max_position_embeddings=64, decoder_start_token_id=2, **ids)
t5_like = dict(vocab_size=67, d_model=64, d_kv=16, d_ff=128, num_layers=2, num_heads=4, **ids)
speech = dict(vocab_size=67, hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=128, conv_dim=[64, 64], conv_stride=[5, 2], conv_kernel=[10, 3], num_conv_pos_embeddings=8, num_conv_pos_embedding_groups=4)
latent = dict(decoder, num_key_value_heads=4, q_lora_rank=64, kv_lora_rank=64, qk_rope_head_dim=8, qk_nope_head_dim=16, v_head_dim=16, moe_intermediate_size=64, n_routed_experts=4, num_experts_per_tok=2, n_shared_experts=1, first_k_dense_replace=1, n_group=2, topk_group=1)

# The family's name here → the model type, what is set, whether a causal language model is made of it.
more = {
    **{each: (each, wide, True) for each in "arcee apertus cohere2 cwm exaone4 glm helium hunyuan_v1_dense ministral ministral3 nemotron olmo olmo3 persimmon seed_oss vaultgemma ernie4_5 jais2 diffllama".split()},
    **{each: (each, experts, True) for each in "granitemoe olmoe phimoe minimax_m2 flex_olmo afmoe jetmoe glm4_moe ernie4_5_moe granitemoeshared".split()},
    "youtu": ("youtu", {key: value for key, value in latent.items() if "expert" not in key}, True),
    "qwen3_next": ("qwen3_next", dict(experts, layer_types=["linear_attention", "full_attention"], shared_expert_intermediate_size=64, linear_num_value_heads=4, linear_num_key_heads=2, linear_key_head_dim=16, linear_value_head_dim=16), True),
    "hunyuan_v1_moe": ("hunyuan_v1_moe", dict(experts, head_dim=16, moe_topk=2), True),
    "dots1": ("dots1", dict(experts, n_routed_experts=4, n_shared_experts=1, first_k_dense_replace=1, n_group=2, topk_group=1), True),
    "deepseek_v32": ("deepseek_v32", dict(latent, index_n_heads=2, index_head_dim=16, index_topk=4), True),
    "glm4_moe_lite": ("glm4_moe_lite", latent, True),
    "gemma3n": ("gemma3n_text", dict(wide, sliding_window=8, hidden_size_per_layer_input=16, vocab_size_per_layer_input=67, num_kv_shared_layers=0, activation_sparsity_pattern=[0.0, 0.0], laurel_rank=16, layer_types=["sliding_attention", "full_attention"]), True),
    "gemma4": ("gemma4_text", dict(wide, sliding_window=8, vocab_size_per_layer_input=67, hidden_size_per_layer_input=16), True),
    "llama4": ("llama4_text", dict(experts, intermediate_size_mlp=128, head_dim=16), True),
    "gpt_bigcode": ("gpt_bigcode", dict(vocab_size=67, n_embd=64, n_layer=2, n_head=4, n_inner=128, n_positions=64, **ids), True),
    "openai-gpt": ("openai-gpt", dict(vocab_size=67, n_embd=64, n_layer=2, n_head=4, n_positions=64), True),
    "ctrl": ("ctrl", dict(vocab_size=67, n_embd=64, dff=128, n_layer=2, n_head=4, n_positions=64), True),
    "codegen": ("codegen", dict(vocab_size=67, n_embd=64, n_layer=2, n_head=4, n_positions=64, rotary_dim=8, **ids), True),
    "mpt": ("mpt", dict(vocab_size=67, d_model=64, n_heads=4, n_layers=2, max_seq_len=64, **ids), True),
    "rwkv": ("rwkv", dict(vocab_size=67, hidden_size=64, num_hidden_layers=2, attention_hidden_size=64, intermediate_size=128, context_length=64, **ids), True),
    "falcon_mamba": ("falcon_mamba", dict(vocab_size=67, hidden_size=64, num_hidden_layers=2, state_size=16, time_step_rank=64, **ids), True),
    "recurrent_gemma": ("recurrent_gemma", dict(wide, lru_width=64, attention_window_size=16, num_hidden_layers=3), True),
    "jamba": ("jamba", dict(experts, mamba_d_state=16, mamba_dt_rank=64, attn_layer_period=2, attn_layer_offset=1, expert_layer_period=2, expert_layer_offset=1, use_mamba_kernels=False), True),
    "bamba": ("bamba", dict(decoder, mamba_n_heads=8, mamba_d_head=16, mamba_d_state=16, mamba_n_groups=1, attn_layer_indices=[1]), True),
    "falcon_h1": ("falcon_h1", dict(wide, mamba_d_ssm=128, mamba_n_heads=8, mamba_d_head=16, mamba_d_state=16, mamba_n_groups=1), True),
    "zamba2": ("zamba2", dict(decoder, num_hidden_layers=3, layer_types=["mamba", "hybrid", "mamba"], mamba_d_state=16, n_mamba_heads=8, mamba_ngroups=1, num_mem_blocks=1, hybrid_layer_ids=[1], adapter_rank=16), True),
    "lfm2": ("lfm2", dict(decoder, layer_types=["conv", "full_attention"]), True),
    "bitnet": ("bitnet", decoder, True),
    "biogpt": ("biogpt", text, True),
    "xglm": ("xglm", dict(vocab_size=67, d_model=64, num_layers=2, attention_heads=4, ffn_dim=128, max_position_embeddings=64, **ids), True),
    "xlnet": ("xlnet", dict(vocab_size=67, d_model=64, n_layer=2, n_head=4, d_inner=128), True),
    "gpt_neox_japanese": ("gpt_neox_japanese", dict(vocab_size=67, hidden_size=64, num_hidden_layers=2, num_attention_heads=4, max_position_embeddings=64), True),
    "modernbert-decoder": ("modernbert-decoder", dict(text, **ids, cls_token_id=1, sep_token_id=2), True),
    **{each: (each, encoder, False) for each in "xlm-roberta camembert mpnet ernie data2vec-text rembert roformer layoutlm nystromformer megatron-bert roberta-prelayernorm convbert splinter esm visual_bert bert-generation mobilebert big_bird".split()},
    "lilt": ("lilt", dict(encoder, hidden_size=192), False),
    "luke": ("luke", dict(encoder, entity_vocab_size=20, entity_emb_size=64), False),
    "squeezebert": ("squeezebert", dict(encoder, embedding_size=64), False),
    "longformer": ("longformer", dict(encoder, attention_window=8), False),
    "nomic_bert": ("nomic_bert", encoder, False),
    "eurobert": ("eurobert", decoder, False),
    "fnet": ("fnet", encoder, False),
    "xlm": ("xlm", dict(n_words=67, emb_dim=64, n_layers=2, n_heads=4, max_position_embeddings=64), False),
    **{each: (each, sequences, False) for each in "m2m_100 marian mbart pegasus blenderbot blenderbot-small mvp plbart led".split()},
    **{each: (each, dict(t5_like, feed_forward_proj="gated-gelu"), False) for each in "mt5 umt5 longt5".split()},
    "switch_transformers": ("switch_transformers", dict(t5_like, num_experts=4, num_sparse_encoder_layers=1, num_sparse_decoder_layers=1), False),
    "nllb-moe": ("nllb-moe", dict(sequences, num_experts=4, encoder_sparse_step=2, decoder_sparse_step=2, expert_capacity=32), False),
    "speech_to_text": ("speech_to_text", dict(sequences, input_feat_per_channel=16, conv_channels=64, max_source_positions=64, max_target_positions=64, num_conv_layers=1, conv_kernel_sizes=[3]), False),
    **{each: (each, speech, False) for each in "hubert wavlm unispeech unispeech-sat sew data2vec-audio".split()},
    "wav2vec2-conformer": ("wav2vec2-conformer", speech, False),
    "audio-spectrogram-transformer": ("audio-spectrogram-transformer", dict(hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=128, patch_size=4, num_mel_bins=16, max_length=24), False),
    **{each: (each, vision, False) for each in "deit beit vit_msn ijepa data2vec-vision".split()},
    "yolos": ("yolos", dict(vision, image_size=[16, 16], num_detection_tokens=4), False),
    "vit_mae": ("vit_mae", dict(vision, decoder_hidden_size=64, decoder_num_hidden_layers=1, decoder_num_attention_heads=4, decoder_intermediate_size=128, mask_ratio=0.0), False),
    "dinov2_with_registers": ("dinov2_with_registers", dict(hidden_size=64, num_hidden_layers=2, num_attention_heads=4, mlp_ratio=2, **image), False),
    "dinov3_vit": ("dinov3_vit", vision, False),
    "siglip_vision": ("siglip_vision_model", vision, False),
    "siglip": ("siglip", dict(text_config=dict(text, projection_size=64, **ids), vision_config=vision), False),
    "blip": ("blip", dict(text_config=dict(text, projection_dim=64, encoder_hidden_size=64, **ids), vision_config=dict(vision, projection_dim=64), projection_dim=64), False),
    "segformer": ("segformer", dict(num_encoder_blocks=2, depths=[1, 1], sr_ratios=[2, 1], hidden_sizes=[64, 64], patch_sizes=[3, 3], strides=[2, 2], num_attention_heads=[2, 4], mlp_ratios=[2, 2]), False),
    "mobilevit": ("mobilevit", dict(image_size=32, patch_size=2, hidden_sizes=[64, 64, 64], neck_hidden_sizes=[16, 16, 16, 16, 16, 16, 64], num_attention_heads=4), False),
    "poolformer": ("poolformer", dict(hidden_sizes=[64, 64, 64, 64], depths=[1, 1, 1, 1]), False),
    "regnet": ("regnet", dict(embedding_size=16, hidden_sizes=[16, 32, 32, 64], depths=[1, 1, 1, 1], groups_width=16), False),
    "mobilenet_v1": ("mobilenet_v1", dict(image_size=32, depth_multiplier=0.25), False),
    "swinv2": ("swinv2", dict(image_size=16, patch_size=2, num_channels=3, embed_dim=64, depths=[1, 1], num_heads=[2, 4], window_size=4), False),
    "pvt_v2": ("pvt_v2", dict(image_size=32, hidden_sizes=[64, 64, 64, 64], depths=[1, 1, 1, 1], num_attention_heads=[1, 2, 4, 4]), False),
    "focalnet": ("focalnet", dict(image_size=16, patch_size=2, embed_dim=64, hidden_sizes=[64, 128], depths=[1, 1], focal_levels=[1, 1], focal_windows=[3, 3]), False),
}

widths = dict(hidden_size=64, n_embd=64, d_model=64, dim=64, intermediate_size=128, n_inner=128, ffn_dim=128, d_ff=128, hidden_dim=128, encoder_ffn_dim=128, decoder_ffn_dim=128, moe_intermediate_size=64, shared_expert_intermediate_size=64, head_dim=16, d_kv=16, q_lora_rank=64, kv_lora_rank=64, v_head_dim=16, embedding_size=64, word_embed_proj_dim=64, projection_dim=64, embed_dim=64, conv_dim=[64, 64], time_step_rank=64, hidden_sizes=[64, 64, 64, 64])
own_widths = dict(swin=dict(num_heads=[2, 4]), resnet=dict(hidden_sizes=[64, 64]))


def even(family, settings):
    """The settings with widths that groups of 64 divide."""
    changed = {key: even("", value) if isinstance(value, dict) else widths.get(key, value) for key, value in settings.items()}
    return dict(changed, **own_widths.get(family, {}))
