"""What sentence-transformers makes of folders: python embeddings.py FOLDER ... prints one line of JSON, {"differences": [...]}: the largest difference
of the embeddings of a few texts from those of the first folder, one number a folder.

Run with sentence-transformers 6.2.0, torch 2.15.0, transformers 5.24.0.
"""

import json
import sys

import torch
from sentence_transformers import SentenceTransformer

torch.set_num_threads(1)
texts = ["A cat sits on the mat.", "Quantized weights, 4 bits each; naïve café №5.", "x", "The quick brown fox jumps over the lazy dog. " * 12]

if __name__ == "__main__":
    found = [SentenceTransformer(folder, device="cpu").encode(texts) for folder in sys.argv[1:]]
    print(json.dumps({"differences": [float(abs(one - found[0]).max()) for one in found], "length": float((found[0] ** 2).sum(axis=1).mean())}))
