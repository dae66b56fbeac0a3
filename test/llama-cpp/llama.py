"""llama.cpp's own library, called by ctypes: opens GGUF files, and gives tokens, logits, embeddings and text. Standard library only.

The library is that of npm's @node-llama-cpp/linux-x64 3.22.1 (llama.cpp 0.5.0). The structures follow include/llama.h of that version; the
defaults that the library itself fills in are checked against those of the header, so that another layout is noticed at once.
"""

import ctypes
from ctypes import POINTER, byref, c_bool, c_char_p, c_float, c_int8, c_int32, c_size_t, c_uint32, c_uint8, c_void_p
from pathlib import Path


class ContextParameters(ctypes.Structure):
    _fields_ = [
        *[(name, c_uint32) for name in ("n_ctx", "n_batch", "n_ubatch", "n_seq_max", "n_rs_seq", "n_outputs_max", "n_outputs_max_per_seq")],
        *[(name, c_int32) for name in ("n_threads", "n_threads_batch", "ctx_type", "rope_scaling_type", "pooling_type", "attention_type", "flash_attn_type")],
        *[(name, c_float) for name in ("rope_freq_base", "rope_freq_scale", "yarn_ext_factor", "yarn_attn_factor", "yarn_beta_fast", "yarn_beta_slow")],
        ("yarn_orig_ctx", c_uint32),
        ("defrag_thold", c_float),
        ("cb_eval", c_void_p),
        ("cb_eval_user_data", c_void_p),
        ("type_k", c_int32),
        ("type_v", c_int32),
        ("abort_callback", c_void_p),
        ("abort_callback_data", c_void_p),
        *[(name, c_bool) for name in ("embeddings", "offload_kqv", "no_perf", "op_offload", "swa_full", "kv_unified")],
        ("samplers", c_void_p),
        ("n_samplers", c_size_t),
        ("ctx_other", c_void_p),
        ("rest", c_uint8 * 256),
    ]


class ModelParameters(ctypes.Structure):
    """llama_model_params, taken as the library gives it; larger than it is, which the calling convention allows (memory, copied)."""

    _fields_ = [("bytes", c_uint8 * 512)]


class Batch(ctypes.Structure):
    _fields_ = [
        ("n_tokens", c_int32),
        ("token", POINTER(c_int32)),
        ("embd", POINTER(c_float)),
        ("pos", POINTER(c_int32)),
        ("n_seq_id", POINTER(c_int32)),
        ("seq_id", POINTER(POINTER(c_int32))),
        ("logits", POINTER(c_int8)),
    ]


F32 = 0
NO_POOLING = 0


class Llama:
    def __init__(self, folder):
        folder = Path(folder)
        self.ggml = ctypes.CDLL(str(next(folder.glob("libggml.v*.so"))), mode=ctypes.RTLD_GLOBAL)
        self.library = ctypes.CDLL(str(next(folder.glob("libllama.v*.so"))))
        self.said = []
        self.log = ctypes.CFUNCTYPE(None, c_int32, c_char_p, c_void_p)(lambda level, text, data: self.said.append(text.decode(errors="replace")))
        self.declare()
        self.library.llama_log_set(self.log, None)
        self.ggml.ggml_backend_load_all_from_path(str(folder).encode())
        self.library.llama_backend_init()

    def declare(self):
        signatures = {
            "llama_model_default_params": (ModelParameters, []),
            "llama_context_default_params": (ContextParameters, []),
            "llama_model_load_from_file": (c_void_p, [c_char_p, ModelParameters]),
            "llama_init_from_model": (c_void_p, [c_void_p, ContextParameters]),
            "llama_batch_init": (Batch, [c_int32, c_int32, c_int32]),
            "llama_batch_free": (None, [Batch]),
            "llama_encode": (c_int32, [c_void_p, Batch]),
            "llama_decode": (c_int32, [c_void_p, Batch]),
            "llama_get_logits_ith": (POINTER(c_float), [c_void_p, c_int32]),
            "llama_get_embeddings_ith": (POINTER(c_float), [c_void_p, c_int32]),
            "llama_get_embeddings_seq": (POINTER(c_float), [c_void_p, c_int32]),
            "llama_model_get_vocab": (c_void_p, [c_void_p]),
            "llama_model_n_embd": (c_int32, [c_void_p]),
            "llama_model_chat_template": (c_char_p, [c_void_p, c_char_p]),
            "llama_vocab_n_tokens": (c_int32, [c_void_p]),
            "llama_vocab_is_eog": (c_bool, [c_void_p, c_int32]),
            "llama_tokenize": (c_int32, [c_void_p, c_char_p, c_int32, POINTER(c_int32), c_int32, c_bool, c_bool]),
            "llama_token_to_piece": (c_int32, [c_void_p, c_int32, c_char_p, c_int32, c_int32, c_bool]),
            "llama_free": (None, [c_void_p]),
            "llama_model_free": (None, [c_void_p]),
        }
        for name, (result, arguments) in signatures.items():
            function = getattr(self.library, name)
            function.restype, function.argtypes = result, arguments

    def load(self, file):
        self.said.clear()
        model = self.library.llama_model_load_from_file(str(file).encode(), self.library.llama_model_default_params())
        if not model:
            raise RuntimeError("".join(self.said)[-600:])
        return Model(self, model)


class Model:
    def __init__(self, llama, model):
        self.llama, self.library, self.model = llama, llama.library, model
        self.vocab = self.library.llama_model_get_vocab(model)

    def close(self):
        self.library.llama_model_free(self.model)

    def chat_template(self):
        text = self.library.llama_model_chat_template(self.model, None)
        return text.decode() if text else None

    def tokenize(self, text, special=True, parse=True):
        raw = text.encode()
        room = (c_int32 * (len(raw) + 16))()
        count = self.library.llama_tokenize(self.vocab, raw, len(raw), room, len(room), special, parse)
        if count < 0:
            raise RuntimeError(f"{text!r} was not tokenized: {count}")
        return room[:count]

    def piece(self, token):
        room = ctypes.create_string_buffer(256)
        count = self.library.llama_token_to_piece(self.vocab, token, room, 256, 0, True)
        return room.raw[:max(0, count)]

    def context(self, exact=True, **changes):
        """`exact`: keys and values as float32 and no flash attention, so that nothing is rounded that need not be."""
        parameters = self.library.llama_context_default_params()
        known = (parameters.n_ctx, parameters.n_batch, parameters.n_ubatch, parameters.n_seq_max, parameters.pooling_type, parameters.type_k, parameters.n_samplers)
        if known != (512, 2048, 512, 1, -1, 1, 0):
            raise RuntimeError(f"llama_context_params has another layout: {known}")
        parameters.n_threads = parameters.n_threads_batch = 2
        if exact:
            parameters.type_k = parameters.type_v = F32
            parameters.flash_attn_type = 0
        for name, value in changes.items():
            setattr(parameters, name, value)
        self.llama.said.clear()
        context = self.library.llama_init_from_model(self.model, parameters)
        if not context:
            raise RuntimeError("".join(self.llama.said)[-600:])
        return context

    def batch(self, tokens, position=0, every=True):
        batch = self.library.llama_batch_init(len(tokens), 0, 1)
        for i, token in enumerate(tokens):
            batch.token[i], batch.pos[i], batch.n_seq_id[i] = token, position + i, 1
            batch.seq_id[i][0] = 0
            batch.logits[i] = 1 if every or i == len(tokens) - 1 else 0
        batch.n_tokens = len(tokens)
        return batch

    def run(self, context, function, batch):
        status = function(context, batch)
        self.library.llama_batch_free(batch)
        if status != 0:
            raise RuntimeError(f"llama.cpp gave status {status}")

    def logits(self, tokens, **changes):
        """(tokens, vocabulary)"""
        context = self.context(**changes)
        self.run(context, self.library.llama_decode, self.batch(tokens))
        size = self.library.llama_vocab_n_tokens(self.vocab)
        rows = [self.library.llama_get_logits_ith(context, i)[:size] for i in range(len(tokens))]
        self.library.llama_free(context)
        return rows

    def decoded(self, tokens, decoded):
        """(decoded, vocabulary): logits of the decoder's tokens, behind the encoder's."""
        context = self.context()
        self.run(context, self.library.llama_encode, self.batch(tokens))
        self.run(context, self.library.llama_decode, self.batch(decoded))
        size = self.library.llama_vocab_n_tokens(self.vocab)
        rows = [self.library.llama_get_logits_ith(context, i)[:size] for i in range(len(decoded))]
        self.library.llama_free(context)
        return rows

    def embeddings(self, tokens, pooled=False):
        """(tokens, width), or, pooled as the file says, (width)"""
        context = self.context(embeddings=True, **({} if pooled else {"pooling_type": NO_POOLING}))
        self.run(context, self.library.llama_encode, self.batch(tokens))
        width = self.library.llama_model_n_embd(self.model)
        if pooled:
            values = self.library.llama_get_embeddings_seq(context, 0)[:width]
        else:
            values = [self.library.llama_get_embeddings_ith(context, i)[:width] for i in range(len(tokens))]
        self.library.llama_free(context)
        return values

    def generate(self, prompt, count):
        """Text behind a prompt, the likeliest token each time."""
        context = self.context(exact=False)
        tokens = self.tokenize(prompt)
        made, position = [], 0
        size = self.library.llama_vocab_n_tokens(self.vocab)
        for _ in range(count):
            self.run(context, self.library.llama_decode, self.batch(tokens, position, every=False))
            position += len(tokens)
            logits = self.library.llama_get_logits_ith(context, -1)[:size]
            best = max(range(size), key=logits.__getitem__)
            if self.library.llama_vocab_is_eog(self.vocab, best):
                break
            made.append(best)
            tokens = [best]
        self.library.llama_free(context)
        return b"".join(self.piece(token) for token in made).decode(errors="replace")
