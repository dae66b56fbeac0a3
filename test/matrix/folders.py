"""Folders that Codebook saved, opened by transformers as a newcomer opens them, and judged.

    python folders.py JOBS.json      prints one line of JSON a job: {"family", "form", "wrong": [...], "difference", "change", "packed"}

A job has "model", a folder that models.py made; "saved", the folder to be judged; "values", a safetensors file with w' of every tensor under its
stored name; "packed", the stored names of the layers that the folder holds as codes; and "computes", in what type their values arrive: "float32",
"bfloat16" (what compressed-tensors makes of 4-bit floats), or "int8" (layers of LLM.int8(), which round activations too).

The folder is opened with dtype=float32 and nothing else. Wrong is: an error, a tensor that is missing, unexpected or of another shape, a warning,
logits after the first forward that are not those of the reference, a change that cannot be seen. The reference is the original folder with its
tensors replaced by w' under their stored names, opened by transformers too; for LLM.int8() its layers are replaced by Linear8bitLt made of the same
weights. The difference must be 0, but for "int8", where it must stay under 1e-3 of the logits' spread.

Run with torch 2.15.0, transformers 5.24.0, compressed-tensors 0.20.0, bitsandbytes 0.50.2.
"""

import inspect
import json
import logging
import os
import shutil
import sys
import tempfile
import warnings

os.environ["TQDM_DISABLE"] = "1"

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from transformers import AutoModel, AutoModelForCausalLM
from transformers.utils import logging as transformers_logging

from schema import check_itself, wrong_settings

warnings.simplefilter("ignore")
transformers_logging.disable_progress_bar()
torch.set_num_threads(1)
# What bitsandbytes says of every first forward of LLM.int8() in float32.
usual = "MatMul8bitLt: inputs will be cast"


class Heard(logging.Handler):
    """Warnings of the libraries."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.texts = []

    def emit(self, record):
        self.texts.append(record.getMessage())


heard = Heard()
for name in ("transformers", "compressed_tensors", "bitsandbytes"):
    logging.getLogger(name).addHandler(heard)
    logging.getLogger(name).propagate = False
transformers_logging.disable_default_handler()


def class_of(folder):
    with open(f"{folder}/config.json") as file:
        names = "".join(json.load(file).get("architectures") or [])
    return AutoModelForCausalLM if "CausalLM" in names or "LMHead" in names else AutoModel


def opened(folder, kind):
    model, info = kind.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
    # A file that is mapped lies anywhere, and kernels sum in an order that follows from where memory begins.
    for tensor in [*model.parameters(), *model.buffers()]:
        if tensor.is_floating_point():
            tensor.data = tensor.data.clone()
    return model.eval(), {key: sorted(map(str, value))[:3] for key, value in info.items() if value}


def inputs_of(model):
    config = model.config
    generator = torch.Generator().manual_seed(5)
    ids = torch.randint(3, 60, (1, 14), generator=generator)
    asked = inspect.signature(model.forward).parameters
    inputs = dict(input_ids=ids) if "input_ids" in asked else {}
    if "pixel_values" in asked:
        sizes = config.vision_config if hasattr(config, "vision_config") else config
        size = getattr(sizes, "image_size", 32)
        size = size[0] if isinstance(size, (list, tuple)) else size
        inputs["pixel_values"] = torch.randn(1, getattr(sizes, "num_channels", 3), size, size, generator=generator)
    if "input_features" in asked:
        width = getattr(config, "num_mel_bins", None) or config.input_feat_per_channel
        frames = torch.randn(1, 40, width, generator=generator)
        inputs["input_features"] = frames.transpose(1, 2) if config.model_type == "whisper" else frames
    if "input_values" in asked:
        shape = (1, config.max_length, config.num_mel_bins) if hasattr(config, "num_mel_bins") else (1, 400)
        inputs["input_values"] = torch.randn(*shape, generator=generator)
    if "decoder_input_ids" in asked:
        inputs["decoder_input_ids"] = ids[:, :6]
    if "noise" in asked:
        inputs["noise"] = torch.arange((config.image_size // config.patch_size) ** 2, dtype=torch.float32)[None]
    return inputs


def answer(model):
    with torch.no_grad():
        result = model(**inputs_of(model))
    for key in ("logits", "logits_per_image", "last_hidden_state"):
        if result.get(key) is not None:
            return result[key].float()
    raise ValueError(f"no answer among {list(result)}")


originals = {}


def original(folder, kind):
    if folder not in originals:
        originals.clear()
        originals[folder] = answer(opened(folder, kind)[0])
    return originals[folder]


def reference(job, kind):
    """The network with w' (rounded where the library rounds it)."""
    with tempfile.TemporaryDirectory() as place:
        tensors = {}
        with safe_open(job["values"], "pt") as file:
            for name in file.keys():
                values = file.get_tensor(name)
                rounds = job["computes"] == "bfloat16" and name in job["packed"]
                tensors[name] = values.to(torch.bfloat16).to(torch.float32) if rounds else values
        shutil.copy(f"{job['config'] if 'config' in job else job['model']}/config.json", place)
        save_file(tensors, os.path.join(place, "model.safetensors"), metadata={"format": "pt"})
        return opened(place, kind)[0]


def with_int8(model, small):
    """Its layers as Linear8bitLt where `small` has such layers: codes and scales by the formula of LLM.int8(), in float32. (The library's own quantizer
    goes through float16, and rounds the scales of the same weights.)"""
    import bitsandbytes as bnb

    near = torch.tensor(7.874015718698502e-3)

    for name, module in list(small.named_modules()):
        if isinstance(module, bnb.nn.Linear8bitLt):
            dense = model.get_submodule(name)
            layer = bnb.nn.Linear8bitLt(dense.in_features, dense.out_features, dense.bias is not None, has_fp16_weights=False, threshold=6.0)
            scales = dense.weight.data.abs().amax(dim=1) / 127 / near
            codes = torch.round(dense.weight.data / (scales * near)[:, None].clamp_min(1e-30)).to(torch.int8)
            layer.weight = bnb.nn.Int8Params(codes, requires_grad=False, has_fp16_weights=False, SCB=scales).to("cpu")
            if dense.bias is not None:
                layer.bias = dense.bias
            model.set_submodule(name, layer.eval())
    return model


def judge(job):
    kind = class_of(job["model"])
    before = original(job["model"], kind)
    heard.texts.clear()
    expected = reference(job, kind)
    answer(expected)
    # What the library says of any folder of this network.
    own = set(heard.texts)
    heard.texts.clear()
    small, info = opened(job["saved"], kind)
    wrong = [f"{key}: {value}" for key, value in info.items()] + wrong_settings(job.get("config", job["model"]), job["saved"])
    got = answer(small)
    wrong += [f"warning: {text[:200]}" for text in heard.texts if text not in own and not text.startswith(usual)]
    if job["computes"] == "int8":
        expected = with_int8(expected, small)
    wanted = answer(expected)
    if got.shape != wanted.shape:
        return dict(wrong=[*wrong, f"logits {tuple(got.shape)} for {tuple(wanted.shape)}"])
    difference = float((got - wanted).abs().max())
    spread = float(wanted.std() if wanted.numel() > 1 else wanted.abs().max())
    limit = 1e-3 * spread if job["computes"] == "int8" else 0.0
    if not difference <= limit:
        wrong.append(f"logits differ by {difference:.3g} of {spread:.3g}")
    change = float((wanted - before).abs().max()) if wanted.shape == before.shape else 1.0
    # CLIP answers with one number, which may change little; where the difference is 0 any change tells the two apart.
    if not change > (1e-3 if job["computes"] == "int8" else 1e-5):
        wrong.append(f"the change is {change:.3g}")
    return dict(wrong=wrong, difference=difference, change=change)


def is_mended(job):
    """Whether the folder of several schemes computes w' with `dequantize` too, which transformers 5.24 decodes by the first scheme alone: then
    Codebook can write it so."""
    kind = class_of(job["model"])
    with tempfile.TemporaryDirectory() as place:
        folder = shutil.copytree(job["saved"], f"{place}/saved")
        with open(f"{folder}/config.json") as file:
            config = json.load(file)
        config["quantization_config"]["dequantize"] = True
        with open(f"{folder}/config.json", "w") as file:
            json.dump(config, file)
        try:
            got = answer(opened(folder, kind)[0])
        except Exception:  # in whatever way it fails
            return False
        return bool(torch.equal(got, answer(reference(job, kind))))


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        jobs = json.load(file)
    checked = set()
    for job in jobs:
        with open(f"{job['saved']}/config.json") as file:
            said = json.load(file).get("quantization_config")
        if said and said["quant_method"] not in checked:
            check_itself(said)
            checked.add(said["quant_method"])
        is_mixed = said is not None and len(said.get("config_groups", ())) > 1
        if is_mixed and "mixed" not in checked:
            checked.add("mixed")
            if is_mended(job):
                raise RuntimeError("transformers decodes several schemes with `dequantize`: packedLayers() need not avoid it")
        told = dict(family=job["family"], form=job["form"])
        try:
            print(json.dumps(dict(told, **judge(job))), flush=True)
        except Exception as error:  # one cell must not hide the others
            print(json.dumps(dict(told, wrong=[f"{type(error).__name__}: {error}"[:400]])), flush=True)
