"""What a saved config.json says, key by key, against the classes that read it: compressed-tensors' pydantic models and transformers' own."""

import inspect
import json

from compressed_tensors.base import COMPRESSION_VERSION_NAME, MOE_SPARSITY_CONFIG_NAME, SPARSITY_CONFIG_NAME, TRANSFORM_CONFIG_NAME
from compressed_tensors.quantization import QuantizationArgs, QuantizationConfig, QuantizationScheme
from transformers import BitsAndBytesConfig, CompressedTensorsConfig


def unknown_keys(said, model, where):
    """Keys that a pydantic model has no field for."""
    names = set(model.model_fields) | {field.alias for field in model.model_fields.values()}
    return [f"{where}.{key} is no field of {model.__name__}" for key in said if key not in names]


# What compressed-tensors' own writer (ModelCompressor.update_config) says beside its QuantizationConfig.
beside = (COMPRESSION_VERSION_NAME, SPARSITY_CONFIG_NAME, MOE_SPARSITY_CONFIG_NAME, TRANSFORM_CONFIG_NAME)


def wrong_compressed(said):
    own = {key: value for key, value in said.items() if key in inspect.signature(CompressedTensorsConfig).parameters and key not in QuantizationConfig.model_fields}
    rest = {key: value for key, value in said.items() if key not in own and key not in beside}
    wrong = unknown_keys(rest, QuantizationConfig, "quantization_config")
    for name, group in said["config_groups"].items():
        wrong += unknown_keys(group, QuantizationScheme, name)
        for key in ("weights", "input_activations", "output_activations"):
            wrong += unknown_keys(group[key] or {}, QuantizationArgs, f"{name}.{key}")
            if group[key] is None:
                continue
            args = QuantizationArgs.model_validate_json(json.dumps(group[key]))
            for field, value in group[key].items():
                # pydantic turns a text into a number where it can: what is read must be of the type that was said.
                read = getattr(args, field, None)
                plain = read if isinstance(read, (bool, int, float)) else str(getattr(read, "value", read))
                if isinstance(value, (bool, int, float, str)) and (type(plain) is not type(value) or plain != value):
                    wrong.append(f"{name}.{key}.{field} is {value!r}, and is read as {read!r}")
    QuantizationConfig.model_validate_json(json.dumps(rest))
    read = CompressedTensorsConfig(**{key: value for key, value in said.items() if key != "quant_method"})
    return wrong + [f"{key} is {value!r}, and is read as {getattr(read, key, None)!r}" for key, value in own.items() if getattr(read, key, None) != value]


def wrong_bitsandbytes(said):
    told = {key: value for key, value in said.items() if not key.startswith("_") and key != "quant_method"}
    read = BitsAndBytesConfig(**told).to_dict()
    read["quant_method"] = read["quant_method"].value
    return [f"{key} is {value!r}, and is read as {read.get(key)!r}" for key, value in said.items() if type(read.get(key)) is not type(value) or read[key] != value]


def wrong_settings(model, saved):
    """All that is wrong in saved/config.json: keys that nothing reads, values that are read as others, what the original said otherwise."""
    with open(f"{model}/config.json") as file:
        before = json.load(file)
    with open(f"{saved}/config.json") as file:
        after = json.load(file)
    said = after.pop("quantization_config", None)
    types = ("dtype", "torch_dtype")
    wrong = [f"config.json: {key} was {before.get(key)!r}, is {after.get(key)!r}" for key in {*before, *after} if key not in types and (before.get(key), key in before) != (after.get(key), key in after)]
    if said is None:
        return wrong
    return wrong + (wrong_bitsandbytes(said) if said["quant_method"] == "bitsandbytes" else wrong_compressed(said))


def check_itself(said):
    """An error where a mistake in what is said would not be seen."""
    if said["quant_method"] == "bitsandbytes":
        mistakes = [dict(said, bnb_4bit_quant_typ="nf4"), dict(said, llm_int8_threshold=6)]
        judge = wrong_bitsandbytes
    else:
        name, group = next(iter(said["config_groups"].items()))
        weights = group["weights"]
        changed = [dict(weights, groupsize=32), dict(weights, num_bits=str(weights["num_bits"])), dict(weights, symmetric=int(weights["symmetric"]))]
        mistakes = [dict(said, config_groups={**said["config_groups"], name: dict(group, weights=one)}) for one in changed]
        mistakes += [dict(said, quantisation_status="compressed")]
        judge = wrong_compressed
    for mistake in mistakes:
        try:
            found = judge(mistake)
        except (TypeError, ValueError):
            continue
        if not found:
            raise RuntimeError(f"a mistake passes unseen: {mistake}")
