"""The peers of whole-calls.mjs, each a whole process: python whole_calls_peers.py FORM SOURCE OUT

compressed-tensors: int4, symmetric, groups of 64, by the library's own quantization parameters and compressor. bitsandbytes: nf4, by
transformers. Both write the encoder's linear layers packed. zipnn, zstd: a file on two threads, and back.
"""

import sys
import warnings

warnings.filterwarnings("ignore")
form, source, out = sys.argv[1:4]

if form == "bitsandbytes":
    from transformers import AutoModel, BitsAndBytesConfig

    config = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4")
    AutoModel.from_pretrained(source, quantization_config=config, device_map="cpu").save_pretrained(out)
elif form == "compressed-tensors":
    import torch
    from compressed_tensors.compressors import ModelCompressor
    from compressed_tensors.quantization import QuantizationConfig, QuantizationStatus, apply_quantization_config
    from compressed_tensors.quantization.utils import calculate_qparams
    from transformers import AutoModel

    torch.set_num_threads(2)
    model = AutoModel.from_pretrained(source, dtype=torch.float32)
    config = QuantizationConfig(
        config_groups={
            "group_0": {
                "targets": ["Linear"],
                "weights": {"num_bits": 4, "type": "int", "symmetric": True, "strategy": "group", "group_size": 64},
            }
        },
        ignore=["re:pooler.*"],
        quantization_status=QuantizationStatus.INITIALIZED,
    )
    apply_quantization_config(model, config)
    for module in model.modules():
        scheme = getattr(module, "quantization_scheme", None)
        if scheme is None or scheme.weights is None:
            continue
        groups = module.weight.data.unflatten(-1, (-1, 64))
        scale, zero = calculate_qparams(groups.amin(-1), groups.amax(-1), scheme.weights)
        module.weight_scale.data.copy_(scale)
        if hasattr(module, "weight_zero_point"):
            module.weight_zero_point.data.copy_(zero)
        module.quantization_status = QuantizationStatus.FROZEN
    compressor = ModelCompressor.from_pretrained_model(model)
    compressor.compress_model(model)
    model.save_pretrained(out)
    compressor.update_config(out)
elif form.startswith("zipnn"):
    import zipnn

    coder = zipnn.ZipNN(input_format="byte", bytearray_dtype="float32", threads=2)
    data = bytearray(open(source, "rb").read())
    result = coder.compress(data) if form == "zipnn-pack" else coder.decompress(bytes(data))
    with open(out, "wb") as file:
        file.write(result)
elif form.startswith("zstd"):
    import zstandard

    if form == "zstd-pack":
        coder = zstandard.ZstdCompressor(level=3, threads=2).copy_stream
    else:
        coder = zstandard.ZstdDecompressor().copy_stream
    with open(source, "rb") as before, open(out, "wb") as after:
        coder(before, after)
else:
    raise SystemExit(f"no job is called {form}")
