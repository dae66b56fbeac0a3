"""The peers of lossless.mjs on the same bytes, one thread each: zipnn (PyPI zipnn 0.5.4, needs torch and safetensors) and zstd (PyPI
zstandard). Prints one JSON object; a peer that cannot be imported is left out, with the reason.

    python lossless_peers.py FILE bfloat16|float32 RUNS
"""

import json
import sys
import time
import warnings

warnings.filterwarnings("ignore")
path, dtype, runs = sys.argv[1], sys.argv[2], int(sys.argv[3])
data = open(path, "rb").read()


def measure(compress, decompress):
    packing, unpacking = [], []
    for _ in range(runs + 1):
        copy = bytearray(data)  # zipnn changes its input in place
        start = time.perf_counter()
        packed = compress(copy)
        packing.append(time.perf_counter() - start)
        size = len(packed)
        start = time.perf_counter()
        restored = decompress(packed)
        unpacking.append(time.perf_counter() - start)
        if bytes(restored) != data:
            raise SystemExit("a peer did not give the bytes back")
    return {
        "bytes": size,
        "compress": 1000 * min(packing[1:]),
        "decompress": 1000 * min(unpacking[1:]),
    }


results = {}
try:
    import zipnn

    coder = zipnn.ZipNN(input_format="byte", bytearray_dtype=dtype, threads=1)
    results["zipnn"] = measure(coder.compress, coder.decompress)
except ImportError as error:
    results["zipnn"] = {"missing": str(error)}
try:
    import zstandard

    pack, unpack = zstandard.ZstdCompressor(level=3), zstandard.ZstdDecompressor()
    results["zstd -3"] = measure(lambda b: pack.compress(bytes(b)), unpack.decompress)
except ImportError as error:
    results["zstd -3"] = {"missing": str(error)}
print(json.dumps(results))
