"""Quantizers of other libraries on float32 weights (rows, columns), one thread each.

    python quantizers_peers.py FILE ROWS COLUMNS LIBGGML        ("" for no library)

Prints one JSON object: "scheme<tab>who" to a list of times in milliseconds. Libraries that cannot be imported are left out.
"""

import ctypes
import json
import os
import sys
import time

os.environ["OMP_NUM_THREADS"] = "1"
import numpy as np

path, rows, columns, library = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
weights = np.fromfile(path, np.float32).reshape(rows, columns)
found = {}


def measure(scheme, who, run, least=3, budget=0.12):
    run()
    times = []
    begin = time.perf_counter()
    while len(times) < least or time.perf_counter() - begin < budget:
        start = time.perf_counter()
        run()
        times.append((time.perf_counter() - start) * 1000)
    found[f"{scheme}\t{who}"] = times


types = {"Q4_0": 2, "Q4_1": 3, "Q5_0": 6, "Q5_1": 7, "Q8_0": 8, "Q2_K": 10, "Q3_K": 11, "Q4_K": 12, "Q5_K": 13, "Q6_K": 14, "IQ4_NL": 20, "IQ4_XS": 23, "TQ1_0": 34, "TQ2_0": 35, "MXFP4": 39}
if library:
    ggml = ctypes.CDLL(library)
    ggml.ggml_quantize_chunk.restype = ctypes.c_size_t
    ggml.ggml_quantize_chunk.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p]
    ggml.ggml_quantize_init.argtypes = [ctypes.c_int]
    out = np.empty(weights.nbytes, np.uint8)
    for name, number in types.items():
        ggml.ggml_quantize_init(number)
        measure(name, "ggml C", lambda: ggml.ggml_quantize_chunk(number, weights.ctypes.data, out.ctypes.data, 0, rows, columns, None), least=2)
try:
    from gguf import GGMLQuantizationType, quants

    for name in ("Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "TQ1_0", "TQ2_0"):
        measure(name, "gguf-py", lambda: quants.quantize(weights, getattr(GGMLQuantizationType, name)), least=2)
except ImportError:
    pass
try:
    import kmeans1d

    # The function behind kmeans1d.cluster, without its lists. It takes seconds: timed once.
    cluster = ctypes.CDLL(kmeans1d._core.__file__).cluster
    values, codes, book = weights.astype(np.float64), np.empty(weights.size, np.uint64), np.empty(16, np.float64)
    cluster.argtypes = [ctypes.c_void_p, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_void_p, ctypes.c_void_p]
    start = time.perf_counter()
    cluster(values.ctypes.data, values.size, 16, codes.ctypes.data, book.ctypes.data)
    found["kMeans 4-bit, exact\tkmeans1d C++"] = [(time.perf_counter() - start) * 1000]
except ImportError:
    pass
try:
    import torch

    torch.set_num_threads(1)
    tensor = torch.from_numpy(weights)
except ImportError:
    torch = None
if torch is not None:
    try:
        from bitsandbytes.functional import quantize_4bit

        for name in ("nf4", "fp4"):
            measure(name, "bitsandbytes", lambda: quantize_4bit(tensor, blocksize=64, quant_type=name))
    except ImportError:
        pass
    try:
        from compressed_tensors.quantization import QuantizationArgs
        from compressed_tensors.quantization.lifecycle.forward import quantize
        from compressed_tensors.quantization.utils import calculate_qparams

        arguments = QuantizationArgs(num_bits=4, type="int", strategy="group", group_size=128, symmetric=True)

        def integers():
            groups = tensor.reshape(rows, -1, 128)
            scale, zero = calculate_qparams(groups.amin(-1), groups.amax(-1), arguments)
            return quantize(tensor, scale, zero, arguments, dtype=torch.int8)

        measure("int 4-bit g128", "compressed-tensors", integers, least=2)

        eight = QuantizationArgs(num_bits=8, type="float", strategy="channel", symmetric=True)

        def floats():
            scale, zero = calculate_qparams(tensor.amin(-1, keepdim=True), tensor.amax(-1, keepdim=True), eight)
            return quantize(tensor, scale, zero, eight, dtype=torch.float8_e4m3fn)

        measure("fp8 channel", "compressed-tensors", floats, least=2)
    except ImportError:
        pass
print(json.dumps(found))
