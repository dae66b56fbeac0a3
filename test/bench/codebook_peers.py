"""The peer of codebook.mjs: nncodec (PyPI nncodec 2.1.3, which needs torch and builds from source), the coder of ISO/IEC 15938-17. It codes the
weights of FOLDER (0.f32, 1.f32, … in the shapes of shapes.json) at the quantization parameter at which the signal over the noise is
nearest to SQNR_DB from above, and decodes them. Prints one JSON object, or the reason why it cannot.

    python codebook_peers.py FOLDER SQNR_DB
"""

import contextlib
import io
import json
import sys
import tempfile
import time

folder, wanted = sys.argv[1], float(sys.argv[2])
try:
    import numpy
    from nncodec import nnc
except ImportError as error:
    print(json.dumps({"missing": str(error)}))
    raise SystemExit(0)

shapes = json.load(open(f"{folder}/shapes.json"))
weights = {
    f"layer{at}.weight": numpy.fromfile(f"{folder}/{at}.f32", dtype=numpy.float32).reshape(shape)
    for at, shape in enumerate(shapes)
}
signal = sum(float((w.astype(numpy.float64) ** 2).sum()) for w in weights.values())


def coded(qp):
    with tempfile.NamedTemporaryFile() as file, contextlib.redirect_stdout(io.StringIO()):
        bits = nnc.compress(weights, bitstream_path=file.name, qp=qp, use_dq=True, return_bitstream=True)
        start = time.perf_counter()
        restored = nnc.decompress(bits)
        seconds = time.perf_counter() - start
    noise = sum(float(((w.astype(numpy.float64) - restored[name]) ** 2).sum()) for name, w in weights.items())
    return {
        "bytes": len(bits),
        "weights": sum(w.size for w in weights.values()),
        "milliseconds": 1000 * seconds,
        "qp": qp,
        "sqnrDb": float(10 * numpy.log10(signal / noise)),
    }


# A step of 4 in the parameter halves or doubles the distance of levels.
low, high = -80, 0
while high - low > 1:
    middle = (low + high) // 2
    low, high = (middle, high) if coded(middle)["sqnrDb"] >= wanted else (low, middle)
print(json.dumps(coded(low)))
