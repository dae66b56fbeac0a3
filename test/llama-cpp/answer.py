"""Asks llama.cpp's library about GGUF files, one job after the other.

    python answer.py FOLDER-WITH-libllama JOBS.json      → a line of JSON for each job

A job has a "file" and any of: "tokenize": [text…] → "tokens", with the special tokens that the file asks for; "logits": [token…] → one row
for each, with "encoded": [token…] of a decoder behind its encoder, with "context" in one of that size; "embeddings": [token…] → one row for each; "pooled": [token…] → one row; "generate": prompt, with "count" → "text"; "template":
true → the chat template. What fails is in "error".
"""

import json
import sys
from pathlib import Path

from llama import Llama


def answer(llama, job):
    result = {"file": job["file"]}
    model = llama.load(job["file"])
    if "tokenize" in job:
        result["tokens"] = [model.tokenize(text) for text in job["tokenize"]]
    if "logits" in job:
        sizes = {"n_ctx": job["context"]} if "context" in job else {}
        result["logits"] = model.decoded(job["encoded"], job["logits"]) if "encoded" in job else model.logits(job["logits"], **sizes)
    if "embeddings" in job:
        result["embeddings"] = model.embeddings(job["embeddings"])
    if "pooled" in job:
        result["pooled"] = model.embeddings(job["pooled"], pooled=True)
    if "generate" in job:
        result["text"] = model.generate(job["generate"], job["count"])
    if "template" in job:
        result["template"] = model.chat_template()
    model.close()
    return result


llama = Llama(sys.argv[1])
for job in json.loads(Path(sys.argv[2]).read_text()):
    try:
        line = answer(llama, job)
    except RuntimeError as error:
        line = {"file": job["file"], "error": str(error)}
    print(json.dumps(line), flush=True)
