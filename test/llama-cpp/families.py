"""Small networks of the families that are written as GGUF for llama.cpp, without tokenizers, and what transformers computes with them.

    python families.py OUT [NAME ...]     OUT/NAME/ for each of `networks`, and a line of JSON each: {"name", "tokens", "rows", "deviation"}

`rows` are the logits of the tokens, or of an encoder the hidden states. All numbers are of float32. Every parameter and buffer is random, of
seed 20261130 (norms between 0.5 and 1.5, biases and sinks normal), query heads share keys, heads are wider than hidden / heads where the
family allows it, vocabularies are odd, texts are longer than windows and original contexts, and logits deviate by 3 and more, so that what is
dropped, swapped or taken for another shows. What llama.cpp is known to compute otherwise is so in the answers too: its GELU is the tanh form,
looked up by float16 numbers, and it rounds YaRN's bounds.

Run with torch 2.15.0, transformers 5.24.0.
"""

import json
import sys
import warnings
from pathlib import Path

import torch
from transformers import AutoConfig, AutoModel, AutoModelForCausalLM, T5ForConditionalGeneration, activations, logging

warnings.simplefilter("ignore")
logging.set_verbosity_error()
logging.disable_progress_bar()
SEED = 20261130

text = dict(vocab_size=67, hidden_size=32, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2, intermediate_size=44, max_position_embeddings=96, bos_token_id=1, eos_token_id=2, pad_token_id=0)
wide = dict(text, head_dim=12)
apart = dict(tie_word_embeddings=False)
encoder = dict(vocab_size=67, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=44, max_position_embeddings=64, bos_token_id=0, eos_token_id=2, pad_token_id=1)
falcon = dict(vocab_size=67, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, max_position_embeddings=96, bos_token_id=1, eos_token_id=2)
kinds = ["sliding_attention", "full_attention"]
turning = lambda kind, **others: dict(rope_parameters=dict(rope_type=kind, rope_theta=500.0, **others))
factors = [[1.0, 1.3, 2.0, 3.1], [1.0, 2.5, 6.0, 9.5]]
long = dict(rope_parameters=dict(rope_type="longrope", rope_theta=10000.0, short_factor=factors[0], long_factor=factors[1]), original_max_position_embeddings=256, max_position_embeddings=1024)

# The name here → the model type, what is set, the number of tokens.
networks = {
    "gemma": ("gemma", wide, 40),
    "gemma2": ("gemma2", dict(wide, sliding_window=8, query_pre_attn_scalar=12, attn_logit_softcapping=5.0, final_logit_softcapping=11.0), 40),
    "gemma2-kinds": ("gemma2", dict(wide, num_hidden_layers=4, sliding_window=8, query_pre_attn_scalar=12, layer_types=[kinds[1], kinds[0], kinds[0], kinds[1]]), 40),
    "gemma3": ("gemma3_text", dict(wide, num_hidden_layers=7, sliding_window=8, query_pre_attn_scalar=12, rope_parameters=dict(full_attention=dict(rope_type="linear", factor=8.0, rope_theta=5000.0), sliding_attention=dict(rope_type="default", rope_theta=100.0))), 40),
    "gemma3-untied": ("gemma3_text", dict(wide, **apart, sliding_window=8, query_pre_attn_scalar=12, final_logit_softcapping=20.0, layer_types=[kinds[1], kinds[0], kinds[1]]), 40),
    "phi3": ("phi3", dict(text, **turning("default", partial_rotary_factor=0.5)), 40),
    "phi3-short": ("phi3", dict(text, **long), 40),
    "phi3-long": ("phi3", dict(text, **long), 300),
    "phi3-window": ("phi3", dict(text, sliding_window=24), 24),
    "smollm3": ("smollm3", dict(text, num_hidden_layers=5, **turning("default")), 40),
    "granite": ("granite", dict(text, intermediate_size=64, embedding_multiplier=3.0, logits_scaling=0.4, residual_multiplier=0.7, attention_multiplier=0.2, attention_bias=True, mlp_bias=True), 40),
    "granite-plain": ("granite", dict(text, tie_word_embeddings=True), 40),
    "olmo2": ("olmo2", dict(text, **turning("default")), 40),
    "olmo2-tied": ("olmo2", dict(text, tie_word_embeddings=True), 40),
    "stablelm": ("stablelm", dict(text, use_qkv_bias=True, **turning("default", partial_rotary_factor=0.5)), 40),
    "stablelm-parallel": ("stablelm", dict(text, qk_layernorm=True, use_parallel_residual=True, **turning("default", partial_rotary_factor=0.25)), 40),
    "starcoder2": ("starcoder2", text, 40),
    "starcoder2-window": ("starcoder2", dict(text, sliding_window=24), 24),
    "cohere": ("cohere", dict(text, logit_scale=0.9), 40),
    "cohere-norms": ("cohere", dict(text, num_hidden_layers=64, logit_scale=2.5, use_qk_norm=True), 40),
    "cohere2": ("cohere2", dict(text, num_hidden_layers=5, sliding_window=8, logit_scale=0.9), 40),
    "glm4": ("glm4", wide, 40),
    "gpt-neox": ("gpt_neox", dict(text, **turning("default", partial_rotary_factor=0.5)), 40),
    "gpt-neox-serial": ("gpt_neox", dict(text, use_parallel_residual=False, tie_word_embeddings=True, hidden_act="gelu_fast"), 40),
    "falcon": ("falcon", dict(falcon, multi_query=True), 40),
    "falcon-grouped": ("falcon", dict(falcon, num_kv_heads=2, new_decoder_architecture=True, ffn_hidden_size=64), 40),
    "falcon-one-norm": ("falcon", dict(falcon, num_kv_heads=2, new_decoder_architecture=True, num_ln_in_parallel_attn=1, **apart), 40),
    "falcon-many": ("falcon", dict(falcon, multi_query=False), 40),
    "roberta": ("roberta", dict(encoder, type_vocab_size=1), 40),
    "xlm-roberta": ("xlm-roberta", dict(encoder, type_vocab_size=2), 40),
    "gpt-oss": ("gpt_oss", dict(wide, num_local_experts=5, num_experts_per_tok=2, sliding_window=8, **turning("default")), 40),
    "gpt-oss-yarn": ("gpt_oss", dict(dict(wide, head_dim=16, max_position_embeddings=32768), num_local_experts=5, num_experts_per_tok=2, sliding_window=8, initial_context_length=4096, **turning("yarn", factor=8.0, beta_fast=32.0, beta_slow=1.0, truncate=False, original_max_position_embeddings=4096)), 90),
    "t5": ("t5", dict(vocab_size=67, d_model=32, d_kv=12, d_ff=44, num_layers=2, num_decoder_layers=1, num_heads=4, feed_forward_proj="gated-gelu", tie_word_embeddings=False, decoder_start_token_id=0, bos_token_id=1, eos_token_id=2, pad_token_id=0), 24),
    "t5-first": ("t5", dict(vocab_size=67, d_model=32, d_kv=8, d_ff=44, num_layers=2, num_heads=4, feed_forward_proj="relu", decoder_start_token_id=0, bos_token_id=1, eos_token_id=2, pad_token_id=0), 40),
}


def llama_gelu(x):
    """ggml's GELU (ggml-cpu/vec.h): the tanh form, looked up by a float16 number in a table of float16 numbers."""
    looked_up = torch.nn.functional.gelu(x.half().float(), approximate="tanh").half().float()
    return torch.where(x <= -10, torch.zeros_like(x), torch.where(x >= 10, x, looked_up))


class LlamaGelu(torch.nn.Module):
    def forward(self, x):
        return llama_gelu(x)


def fill(model):
    generator = torch.Generator().manual_seed(SEED)
    modules = dict(model.named_modules())
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            owner = type(modules[name.rpartition(".")[0]]).__name__
            values = torch.randn(parameter.shape, generator=generator) * (0.2 if name.startswith(("encoder.", "decoder.")) else 0.3)
            if "Norm" in owner and name.endswith("weight"):
                values = 0.5 + torch.rand(parameter.shape, generator=generator)
            if owner == "Embedding" or name.endswith(("lm_head.weight", "embed_out.weight")):
                values = values * 2.5
            if name.endswith("Attention.q.weight"):  # T5 does not divide scores by the root of a head's size.
                values = values * 0.3
            if name == "decoder.final_layer_norm.weight":  # T5 divides by the root of the width behind it.
                values = values * 6
            parameter.copy_(values)


def as_llama(model):
    """The network as llama.cpp computes it: with its GELU, and with YaRN's bounds rounded, whatever config.json says."""
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if "gelu" in type(child).__name__.lower():
                setattr(module, name, LlamaGelu())
    turns = getattr(model.config, "rope_parameters", None) or {}
    if turns.get("truncate") is False:
        turns["truncate"] = True
        model.model.rotary_emb = type(model.model.rotary_emb)(model.config)
    return model


def answer(model, model_type, count):
    generator = torch.Generator().manual_seed(SEED + 1)
    tokens = torch.randint(3, 67, (1, count), generator=generator)
    with torch.no_grad():
        if model_type == "t5":
            decoded = torch.randint(3, 67, (1, 30), generator=generator)
            decoded[0, 0] = 0
            rows = model(input_ids=tokens, decoder_input_ids=decoded).logits
            return tokens[0].tolist(), decoded[0].tolist(), rows[0].float()
        result = model(input_ids=tokens)
    rows = result.logits if "logits" in result else result.last_hidden_state
    return tokens[0].tolist(), None, rows[0].float()


def make(name, folder):
    model_type, settings, count = networks[name]
    config = AutoConfig.for_model(model_type, **settings)
    torch.manual_seed(SEED)
    eager = {} if model_type == "t5" or "roberta" in model_type else dict(attn_implementation="eager")
    if model_type == "t5":
        model = T5ForConditionalGeneration(config)
    elif "roberta" in model_type:
        model = AutoModel.from_config(config, add_pooling_layer=False)
    else:
        model = AutoModelForCausalLM.from_config(config, **eager)
    fill(model)
    model.save_pretrained(folder)
    model = type(model).from_pretrained(folder, dtype=torch.float32, **eager).eval()
    exact = answer(model, model_type, count)[2]
    tokens, decoded, rows = answer(as_llama(model), model_type, count)
    # What llama.cpp's GELU and rounded bounds alone change, of the size of the rows.
    otherwise = float((((exact - rows) ** 2).sum() / (rows**2).sum()))
    return {"name": name, "tokens": tokens, "decoded": decoded, "rows": rows.tolist(), "deviation": float(rows.std()), "otherwise": otherwise}


if __name__ == "__main__":
    target, *wanted = sys.argv[1:]
    for each in wanted or networks:
        print(json.dumps(make(each, str(Path(target) / each))), flush=True)
