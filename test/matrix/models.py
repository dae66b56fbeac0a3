"""Small networks of the families of transformers, saved as folders, each with what torch says of every tensor in the file.

    python models.py OUTDIR [family ...]      prints one line of JSON a family: {"word", "family", "folder"} or {"word", "family", "error"}

A family is one of `families` ("*" for all of them), or of more_models.py ("more" for all); "NAME@even" has widths that groups of 64 divide, "NAME@bf16" and "NAME@f16" are stored in that
type (and "NAME@even,bf16").

OUTDIR/FAMILY/ holds config.json, model.safetensors and, of `families`, truth.json: {"parameters", "tensors": {name: {"class", "parameter", "axes"}}}. `axes` is
there for the weights that torch multiplies with: nn.Linear (out, in), transformers' Conv1D (in, out), convolutions (out, in, ...), transposed
ones (in, out, ...), embeddings (rows, width), experts by the way in which their module multiplies. Names are those of the file; where the
library stores under other names than it computes with, the values tell which module a tensor belongs to.

Every parameter and buffer is random, of seed 11: norms between 0.5 and 1.5, biases and the rest normal, so that nothing that is dropped or
taken for another goes unnoticed. Heads that share keys, heads whose width is not hidden / heads, odd vocabularies.

Run with torch 2.15.0, transformers 5.24.0.
"""

import json
import os
import sys

import torch
import torch.nn.utils.parametrize
from safetensors import safe_open
from transformers import AutoConfig, AutoModel, AutoModelForCausalLM
from transformers.pytorch_utils import Conv1D

from more_models import even, more

text = dict(vocab_size=67, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=44, max_position_embeddings=24)
bert_like = dict(text, type_vocab_size=2, pad_token_id=0)
ids = dict(bos_token_id=1, eos_token_id=2, pad_token_id=0)
decoder = dict(text, **ids)
grouped = dict(decoder, num_key_value_heads=2)
wide = dict(grouped, head_dim=12)
image = dict(image_size=16, patch_size=4, num_channels=3)
vision = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=44, **image)
latent = dict(decoder, num_key_value_heads=4, q_lora_rank=12, kv_lora_rank=20, qk_rope_head_dim=4, qk_nope_head_dim=8, v_head_dim=10, moe_intermediate_size=12, n_routed_experts=4, num_experts_per_tok=2, n_shared_experts=1, first_k_dense_replace=1, n_group=2, topk_group=1)
gpt2_like = dict(vocab_size=67, n_embd=32, n_layer=2, n_head=4, n_inner=44, n_positions=24, **ids)

# The family's name here → the model type, what is set, whether a causal language model is made of it.
families = {
    "llama": ("llama", dict(wide, tie_word_embeddings=False), True),
    "llama-tied": ("llama", dict(grouped, tie_word_embeddings=True), True),
    "mistral": ("mistral", wide, True),
    "mixtral": ("mixtral", dict(grouped, num_local_experts=3), True),
    "qwen2": ("qwen2", grouped, True),
    "qwen3": ("qwen3", wide, True),
    "qwen2-moe": ("qwen2_moe", dict(grouped, num_experts=3, num_experts_per_tok=2, moe_intermediate_size=12, shared_expert_intermediate_size=20), True),
    "qwen3-moe": ("qwen3_moe", dict(wide, num_experts=3, num_experts_per_tok=2, moe_intermediate_size=12), True),
    "gemma": ("gemma", wide, True),
    "gemma2": ("gemma2", dict(wide, sliding_window=8), True),
    "gemma3": ("gemma3_text", dict(wide, sliding_window=8), True),
    "phi": ("phi", grouped, True),
    "phi3": ("phi3", grouped, True),
    "gpt2": ("gpt2", gpt2_like, True),
    "gptj": ("gptj", dict(gpt2_like, rotary_dim=4), True),
    "gpt-neo": ("gpt_neo", dict(vocab_size=67, hidden_size=32, num_layers=2, num_heads=4, intermediate_size=44, max_position_embeddings=24, attention_types=[[["global", "local"], 1]], window_size=8, **ids), True),
    "gpt-neox": ("gpt_neox", dict(decoder, rotary_pct=0.5), True),
    "opt": ("opt", dict(vocab_size=67, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, ffn_dim=44, max_position_embeddings=24, word_embed_proj_dim=20, **ids), True),
    "bloom": ("bloom", dict(vocab_size=67, hidden_size=32, n_layer=2, n_head=4, **ids), True),
    "falcon": ("falcon", dict(vocab_size=67, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, multi_query=True, **ids), True),
    "falcon-new": ("falcon", dict(vocab_size=67, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, num_kv_heads=2, new_decoder_architecture=True, **ids), True),
    "stablelm": ("stablelm", grouped, True),
    "starcoder2": ("starcoder2", grouped, True),
    "granite": ("granite", grouped, True),
    "cohere": ("cohere", dict(grouped, use_qk_norm=True), True),
    "glm4": ("glm4", wide, True),
    "olmo2": ("olmo2", grouped, True),
    "smollm3": ("smollm3", grouped, True),
    "deepseek-v2": ("deepseek_v2", latent, True),
    "deepseek-v3": ("deepseek_v3", latent, True),
    "gpt-oss": ("gpt_oss", dict(wide, num_local_experts=3, num_experts_per_tok=2, sliding_window=8), True),
    "bert": ("bert", bert_like, False),
    "roberta": ("roberta", bert_like, False),
    "distilbert": ("distilbert", dict(vocab_size=67, dim=32, n_layers=2, n_heads=4, hidden_dim=44, max_position_embeddings=24), False),
    "deberta": ("deberta", dict(bert_like, relative_attention=True, pos_att_type=["c2p", "p2c"], max_relative_positions=8), False),
    "deberta-v2": ("deberta-v2", dict(bert_like, relative_attention=True, pos_att_type=["c2p", "p2c"], position_buckets=4, share_att_key=True, norm_rel_ebd="layer_norm", conv_kernel_size=3), False),
    "electra": ("electra", dict(bert_like, embedding_size=20), False),
    "albert": ("albert", dict(bert_like, embedding_size=20), False),
    "modernbert": ("modernbert", dict(text, **ids, cls_token_id=1, sep_token_id=2), False),
    "t5": ("t5", dict(vocab_size=67, d_model=32, d_kv=12, d_ff=44, num_layers=2, num_heads=4, feed_forward_proj="gated-gelu", **ids), False),
    "bart": ("bart", dict(vocab_size=67, d_model=32, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4, decoder_attention_heads=2, encoder_ffn_dim=44, decoder_ffn_dim=36, max_position_embeddings=24, decoder_start_token_id=2, **ids), False),
    "whisper": ("whisper", dict(vocab_size=67, d_model=32, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4, decoder_attention_heads=4, encoder_ffn_dim=44, decoder_ffn_dim=36, max_source_positions=20, max_target_positions=24, num_mel_bins=10, decoder_start_token_id=2, **ids), False),
    "clip": ("clip", dict(text_config=dict(text, projection_dim=20, **ids), vision_config=dict(vision, projection_dim=20), projection_dim=20), False),
    "vit": ("vit", vision, False),
    "dinov2": ("dinov2", dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, mlp_ratio=2, **image), False),
    "swin": ("swin", dict(image_size=16, patch_size=2, num_channels=3, embed_dim=12, depths=[2, 1], num_heads=[2, 3], window_size=4), False),
    "convnext": ("convnext", dict(num_channels=3, patch_size=4, hidden_sizes=[8, 12, 16, 20], depths=[1, 1, 1, 1], image_size=32), False),
    "convnextv2": ("convnextv2", dict(num_channels=3, patch_size=4, hidden_sizes=[8, 12, 16, 20], depths=[1, 1, 1, 1], image_size=32), False),
    "resnet": ("resnet", dict(num_channels=3, embedding_size=8, hidden_sizes=[8, 12], depths=[1, 1]), False),
    "mobilenet-v2": ("mobilenet_v2", dict(image_size=32, depth_multiplier=0.35), False),
    "wav2vec2": ("wav2vec2", dict(vocab_size=67, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=44, conv_dim=[8, 12], conv_stride=[5, 2], conv_kernel=[10, 3], num_conv_pos_embeddings=8, num_conv_pos_embedding_groups=4), False),
    "mamba": ("mamba", dict(vocab_size=67, hidden_size=32, num_hidden_layers=2, state_size=8, time_step_rank=4, **ids), True),
    "mamba2": ("mamba2", dict(vocab_size=67, hidden_size=32, num_hidden_layers=2, state_size=8, num_heads=8, head_dim=8, n_groups=2, **ids), True),
}


def fill(model):
    """Random values everywhere, none of them in two tensors alike."""
    generator = torch.Generator().manual_seed(11)
    modules = dict(model.named_modules())
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            owner = type(modules[name.rpartition(".")[0]]).__name__
            values = torch.randn(parameter.shape, generator=generator) * 0.3
            if "Norm" in owner and name.endswith("weight"):
                values = 0.5 + torch.rand(parameter.shape, generator=generator)
            parameter.copy_(values)


def axes_of(module, name, shape):
    """Which way torch multiplies with a parameter of a module; None for what is no weight."""
    kind = type(module)
    rank = len(shape)
    if name == "weight" and isinstance(module, Conv1D):
        return dict(output=[1], input=[0], stacked=[])
    if name == "weight" and isinstance(module, (torch.nn.ConvTranspose1d, torch.nn.ConvTranspose2d)):
        return dict(output=[1], input=[0], stacked=[])
    if name == "weight" and isinstance(module, (torch.nn.Linear, torch.nn.Embedding, torch.nn.Conv1d, torch.nn.Conv2d)):
        return dict(output=[0], input=[1], stacked=[])
    if name == "original1" and isinstance(module, torch.nn.utils.parametrize.ParametrizationList):
        # The direction of a weight norm: as large as the weight, which it is but for its length.
        return dict(output=[0], input=[1], stacked=[])
    if "Experts" in kind.__name__ and rank == 3:
        # Modules of experts multiply by F.linear (experts, out, in), unless they are stored the other way.
        turned = getattr(module, "is_transposed", kind.__name__ in ("GptOssExperts", "Llama4TextExperts"))
        return dict(output=[2], input=[1], stacked=[0]) if turned else dict(output=[1], input=[2], stacked=[0])
    return None


def is_router(name, module):
    return "Router" in type(module).__name__ or name.endswith(("mlp.gate", "block_sparse_moe.gate", "shared_expert_gate"))


def truth_of(model, folder):
    """What torch says of each tensor of the file."""
    modules = dict(model.named_modules())
    inside = {}
    for name, values in list(model.named_parameters(remove_duplicate=False)) + list(model.named_buffers()):
        path, _, last = name.rpartition(".")
        inside[name] = (modules[path], last, path, values.detach())
    tensors = {}
    parameters = 0
    with safe_open(f"{folder}/model.safetensors", "pt") as file:
        for name in file.keys():
            stored = file.get_tensor(name)
            parameters += stored.numel()
            found = [one for one in (name, name.partition(".")[2]) if one in inside and tuple(inside[one][3].shape) == tuple(stored.shape)]
            same = [one for one in inside if inside[one][3].shape == stored.shape and torch.equal(inside[one][3].to(stored.dtype), stored)]
            key = next(iter(same or found), None)
            if key is None:
                experts = [one for one in inside if inside[one][3].dim() == 3 and "Experts" in type(inside[one][0]).__name__ and any(holds(matrix, stored) for matrix in inside[one][3])]
                if not experts:
                    raise ValueError(f"{name} is nowhere in the module")
                # One expert's part, as it lies inside: (out, in).
                tensors[name] = {"class": "expert", "parameter": "weight", "axes": dict(output=[0], input=[1], stacked=[])}
                continue
            module, last, path, _ = inside[key]
            axes = None if is_router(path, module) else axes_of(module, last, stored.shape)
            tensors[name] = {"class": "router" if is_router(path, module) else type(module).__name__, "parameter": last, "axes": axes}
    return {"parameters": parameters, "tensors": tensors}


def holds(matrix, part):
    """Whether `part` is some rows of the matrix."""
    if part.dim() != 2 or matrix.shape[1] != part.shape[1]:
        return False
    rows = [k for k in range(matrix.shape[0] - part.shape[0] + 1) if torch.equal(matrix[k], part[0])]
    return any(torch.equal(matrix[k : k + part.shape[0]], part) for k in rows)


def make(word, folder):
    family, _, changes = word.partition("@")
    model_type, settings, is_causal = {**families, **more}[family]
    if "even" in changes:
        settings = even(family, settings)
    config = AutoConfig.for_model(model_type, **settings)
    maker = AutoModelForCausalLM if is_causal else AutoModel
    torch.manual_seed(11)
    model = maker.from_config(config).eval()
    fill(model)
    for dtype, name in ((torch.bfloat16, "bf16"), (torch.float16, "f16")):
        if name in changes.split(","):
            model = model.to(dtype)
    model.save_pretrained(folder)
    if word in families:
        with open(f"{folder}/truth.json", "w") as file:
            json.dump(truth_of(model, folder), file)


def expanded(words):
    """Each word with a family that it means."""
    for word in words:
        name, at, changes = word.partition("@")
        yield from ((word, each + at + changes) for each in (families if name == "*" else more if name == "more" else [name]))


if __name__ == "__main__":
    target, *wanted = sys.argv[1:]
    for word, each in expanded(wanted or ["*"]):
        place = os.path.join(target, each)
        os.makedirs(place, exist_ok=True)
        try:
            make(each, place)
            print(json.dumps({"word": word, "family": each, "folder": place}), flush=True)
        except Exception as error:  # one family must not hide the others
            print(json.dumps({"word": word, "family": each, "error": f"{type(error).__name__}: {error}"[:300]}), flush=True)
