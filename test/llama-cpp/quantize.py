"""A GGUF file quantized by llama.cpp's own quantizer, as its program llama-quantize does it.

    python quantize.py FOLDER-WITH-libllama SOURCE.gguf OUT.gguf FILE-TYPE [TENSOR=COLUMNS…]

FILE-TYPE is the number of enum llama_ftype in include/llama.h. Tensors that are named are quantized by importance: column c weighs
1 + c mod 7. The library is that of npm's @node-llama-cpp/linux-x64 3.22.1 (llama.cpp 0.5.0), called by ctypes. Standard library only.
"""

import ctypes
import sys
from pathlib import Path


class Importance(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("data", ctypes.POINTER(ctypes.c_float)), ("size", ctypes.c_size_t)]


class Parameters(ctypes.Structure):
    """llama_model_quantize_params, and room for what comes after."""

    _fields_ = [
        ("nthread", ctypes.c_int32),
        ("ftype", ctypes.c_int32),
        ("output_tensor_type", ctypes.c_int32),
        ("token_embedding_type", ctypes.c_int32),
        ("allow_requantize", ctypes.c_bool),
        ("quantize_output_tensor", ctypes.c_bool),
        ("only_copy", ctypes.c_bool),
        ("pure", ctypes.c_bool),
        ("keep_split", ctypes.c_bool),
        ("dry_run", ctypes.c_bool),
        ("imatrix", ctypes.POINTER(Importance)),
        ("rest", ctypes.c_uint8 * 256),
    ]


folder, source, out, file_type = sys.argv[1:5]
library = ctypes.CDLL(str(next(Path(folder).glob("libllama.v*.so"))))
library.llama_model_quantize_default_params.restype = Parameters
library.llama_model_quantize.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.POINTER(Parameters)]
library.llama_model_quantize.restype = ctypes.c_uint32
said = []
log = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)(lambda level, text, data: said.append(text.decode(errors="replace")))
library.llama_log_set(log, None)
library.llama_backend_init()
parameters = library.llama_model_quantize_default_params()
parameters.nthread, parameters.ftype, parameters.allow_requantize = 2, int(file_type), True
lists = [(name, int(count)) for name, _, count in (one.partition("=") for one in sys.argv[5:])]
if lists:
    entries = (Importance * (len(lists) + 1))()
    kept = []
    for i, (name, count) in enumerate(lists):
        kept.append((ctypes.c_float * count)(*[1.0 + (column % 7) for column in range(count)]))
        entries[i] = Importance(name.encode(), ctypes.cast(kept[-1], ctypes.POINTER(ctypes.c_float)), count)
    parameters.imatrix = ctypes.cast(entries, ctypes.POINTER(Importance))
if library.llama_model_quantize(source.encode(), out.encode(), ctypes.byref(parameters)) != 0:
    sys.exit("".join(said)[-600:])
