"""Group-128 asymmetric 4-bit quantization with its squared error, by numpy and, where it can be imported, torch.

Reads float32 weights (rows, columns) from the file named first; prints one JSON line: a list of times in milliseconds and the total squared
error for each peer. Scales are float32 here: rounding them to float16 upwards has no vector form in numpy, and would only cost it more time."""

import json
import sys
import time

import numpy as np

path, rows, columns, runs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
weights = np.fromfile(path, np.float32).reshape(rows, columns)


def numpy_linear():
    groups = weights.reshape(-1, 128)
    low = np.minimum(groups.min(axis=1, keepdims=True), 0)
    high = np.maximum(groups.max(axis=1, keepdims=True), 0)
    scale = (high - low) / np.float32(15)
    divisor = np.where(scale == 0, np.float32(1), scale)
    zero = np.clip(np.rint(-low / divisor), 0, 15)
    codes = np.clip(np.rint(groups / divisor) + zero, 0, 15)
    difference = (codes - zero) * scale - groups
    error = np.einsum("ij,ij->i", difference, difference)
    return codes.astype(np.uint8), scale, zero.astype(np.uint8), error


def torch_linear():
    groups = torch_weights.reshape(-1, 128)
    low = groups.amin(dim=1, keepdim=True).clamp(max=0)
    high = groups.amax(dim=1, keepdim=True).clamp(min=0)
    scale = (high - low) / 15
    divisor = torch.where(scale == 0, 1.0, scale)
    zero = torch.round(-low / divisor).clamp(0, 15)
    codes = (torch.round(groups / divisor) + zero).clamp(0, 15)
    difference = (codes - zero) * scale - groups
    error = (difference * difference).sum(dim=1)
    return codes.to(torch.uint8), scale, zero.to(torch.uint8), error


def measure(run):
    for _ in range(3):
        result = run()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        result = run()
        times.append((time.perf_counter() - start) * 1000)
    return {"milliseconds": times, "squaredError": float(result[3].sum(dtype=np.float64) if isinstance(result[3], np.ndarray) else result[3].double().sum())}


peers = {f"numpy {np.__version__}": measure(numpy_linear)}
try:
    import torch
except ImportError:
    torch = None
if torch is not None:
    torch_weights = torch.from_numpy(weights)
    for threads in (1, 2):
        torch.set_num_threads(threads)
        peers[f"torch {torch.__version__}, {threads} thread{'s' if threads > 1 else ''}"] = measure(torch_linear)
print(json.dumps(peers))
