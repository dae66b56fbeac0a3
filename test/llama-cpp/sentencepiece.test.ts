/** Hugging Face folders with SentencePiece's BPE saved as GGUF: llama.cpp cuts text into the tokens that transformers cuts it into, and gives
 *  its logits within the error of float32 sums. Made by test/fixtures/network/pieces.py. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { compress, FormatError, ggml, open, saveGguf, UnsupportedError } from "../../kernel";
import { memorySource } from "../../kernel/bytes/source";
import { readSentencePiece } from "../../kernel/llama-cpp/sentencepiece-model";
import { hasModules, itWith, referencePython } from "../references";
import { askLlama, farthest, llamaNeeds, type LlamaAnswer } from "./llama";

const folder = mkdtempSync(join(tmpdir(), "codebook-pieces-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (...names: string[]) => join(folder, ...names);
const hasReferences = hasModules("torch", "transformers", "tokenizers", "sentencepiece");

/** Normalizer and Metaspace that put a space before every text, whatever it begins with, as llama.cpp and SentencePiece do; or never. */
const exact = ["legacy", "ranks", "tied", "tied-ranks", "doubled", "never"];
/** Metaspace: no space before a text that begins with one. */
const metaspace = ["first", "always", "cut"];

interface Answer {
  readonly folder: string;
  readonly texts: readonly string[];
  readonly tokens: readonly (readonly number[])[];
  /** SentencePiece's, which knows no markup. */
  readonly pieces: readonly (readonly number[])[];
  readonly rows: readonly (readonly number[])[];
}

const script = resolve(__dirname, "../../../test/fixtures/network/pieces.py");
function python(...words: string[]): string {
  const run = spawnSync(referencePython, [script, ...words], {
    encoding: "utf8",
    timeout: 240_000,
    maxBuffer: 2 ** 28,
  });
  if (run.status !== 0) throw new Error(run.stderr);
  return run.stdout;
}

const answers = new Map<string, Answer>();
const given = new Map<string, LlamaAnswer>();

/** Transformers and llama.cpp each in one go: to load them takes longer than to answer. */
beforeAll(async () => {
  if (!hasReferences) return;
  python("make", folder);
  const kinds = [...exact, ...metaspace];
  for (const line of python("ask", ...kinds.map((kind) => at(kind)))
    .trim()
    .split("\n")) {
    const answer = JSON.parse(line) as Answer;
    answers.set(answer.folder, answer);
  }
  for (const kind of kinds) await saveGguf(await open(at(kind)), at(`${kind}.gguf`));
  if (!llamaNeeds.every(Boolean)) return;
  const jobs = kinds.map((kind) => {
    const { texts, tokens } = wanted(kind);
    return { file: at(`${kind}.gguf`), tokenize: texts, logits: tokens[0], template: true as const };
  });
  for (const answer of askLlama(jobs)) given.set(answer.file, answer);
}, 280_000);

function wanted(kind: string): Answer {
  const answer = answers.get(at(kind));
  if (!answer) throw new Error(`transformers gave no answer for ${kind}`);
  return answer;
}

function got(kind: string): LlamaAnswer {
  const answer = given.get(at(`${kind}.gguf`));
  if (!answer || answer.error !== undefined) throw new Error(`llama.cpp, ${kind}: ${answer?.error ?? "no answer"}`);
  return answer;
}

const hasMarkup = (text: string) => /<\/?s>|<unk>|<tool>|<mark>|<\|end\|>| {2}<two>/.test(text);
const beginsWithSpace = (text: string) => /^[ \u2581]/.test(text);
/** Texts with the tokens that llama.cpp and the other give, of those that `isMeant`. */
function compared(kind: string, others: "tokens" | "pieces", isMeant: (text: string) => boolean) {
  const { texts, [others]: theirs } = wanted(kind);
  const own = got(kind).tokens;
  const chosen = texts.flatMap((text, i) => (isMeant(text) ? [i] : []));
  return {
    count: chosen.length,
    own: chosen.map((i) => [texts[i], own[i]]),
    other: chosen.map((i) => [texts[i], theirs[i]]),
  };
}

describe("a tokenizer of SentencePiece", () => {
  itWith(hasReferences, ...llamaNeeds).each(exact)("%s: transformers' tokens of every text", (kind) => {
    const { own, other, count } = compared(kind, "tokens", () => true);
    expect(count).toBeGreaterThan(300);
    expect(own).toEqual(other);
  });

  itWith(hasReferences, ...llamaNeeds).each(["legacy", "ranks", "tied", "first", "always", "doubled"])(
    "%s: SentencePiece's tokens of every text without markup",
    (kind) => {
      const { own, other, count } = compared(kind, "pieces", (text) => !hasMarkup(text));
      expect(count).toBeGreaterThan(250);
      expect(own).toEqual(other);
    },
  );

  itWith(hasReferences, ...llamaNeeds).each(metaspace)(
    "%s: transformers' tokens of texts that begin with no space and have no markup",
    (kind) => {
      const { own, other, count } = compared(kind, "tokens", (text) => !hasMarkup(text) && !beginsWithSpace(text));
      expect(count).toBeGreaterThan(150);
      expect(own).toEqual(other);
    },
  );

  itWith(hasReferences, ...llamaNeeds).each([...exact, ...metaspace])("%s: transformers' logits", (kind) => {
    const { rows } = wanted(kind);
    const { logits, template } = got(kind);
    expect(logits).toHaveLength(rows.length);
    const size = Math.max(...rows.map((row) => Math.max(...row.map(Math.abs))));
    expect(Math.max(...logits.map((row, i) => farthest(row, rows[i]))) / size).toBeLessThan(2e-5);
    expect(template).toMatch(/bos_token/);
  });

  itWith(hasReferences)("its keys", async () => {
    const { metadata } = await open(at("legacy.gguf"));
    const list = <T>(name: string) => metadata[`tokenizer.ggml.${name}`] as readonly T[];
    const tokens = list<string>("tokens");
    expect(metadata).toMatchObject({
      "tokenizer.ggml.model": "llama",
      "tokenizer.ggml.pre": "default",
      "tokenizer.ggml.bos_token_id": 1,
      "tokenizer.ggml.eos_token_id": 2,
      "tokenizer.ggml.unknown_token_id": 0,
      "tokenizer.ggml.add_space_prefix": true,
      "tokenizer.ggml.add_bos_token": true,
      "tokenizer.ggml.add_eos_token": false,
    });
    const typeOf = (token: string) => list<number>("token_type")[tokens.indexOf(token)];
    const named = ["<unk>", "<s>", "</s>", "<mark>", "<tool>", "<0x00>", "<0xFF>", "▁quick", "<|end|>", "  <two>"];
    expect(named.map(typeOf)).toEqual([2, 3, 3, 3, 4, 6, 6, 1, 3, 4]);
    expect(list<number>("token_type").slice(-3)).toEqual([5, 5, 5]);
    expect((await open(at("never.gguf"))).metadata).toMatchObject({
      "tokenizer.ggml.add_space_prefix": false,
      "tokenizer.ggml.add_bos_token": true,
      "tokenizer.ggml.add_eos_token": true,
    });
    // Scores of tokenizer.model, and ranks without it, order tokens in the same way.
    const trained = JSON.parse(readFileSync(at("bpe.json"), "utf8")) as [text: string, score: number][];
    expect(list("scores").slice(0, trained.length)).toEqual(trained.map(([, score]) => score));
    const ranks = (await open(at("ranks.gguf"))).metadata["tokenizer.ggml.scores"] as number[];
    const ordered = (scores: readonly number[]) =>
      trained
        .flatMap(([text], i) => (ranks[i] < 0 && i < 560 ? [[scores[i], text] as const] : []))
        .sort((a, b) => b[0] - a[0]);
    expect(ordered(ranks).map(([, text]) => text)).toEqual(ordered(list<number>("scores")).map(([, text]) => text));
  });

  itWith(hasReferences)("goes with quantized weights too", async () => {
    const small = await compress(await open(at("legacy")), ggml({ type: "Q8_0" }));
    await small.save(at("small.gguf"));
    const saved = (await open(at("small.gguf"))).metadata;
    const whole = (await open(at("legacy.gguf"))).metadata;
    for (const key of Object.keys(whole).filter((name) => name.startsWith("tokenizer.")))
      expect([key, saved[key]]).toEqual([key, whole[key]]);
  });

  itWith(hasReferences)("tokenizer.model is read as SentencePiece reads it", async () => {
    const model = await readSentencePiece(memorySource(new Uint8Array(readFileSync(at("bpe.model"))), "bpe.model"));
    expect(model.modelType).toBe(2);
    expect(model.pieces.map(({ text, score, type }) => [text, score, type])).toEqual(
      JSON.parse(readFileSync(at("bpe.json"), "utf8")),
    );
  });

  itWith(hasReferences)("what llama.cpp would do otherwise is refused", async () => {
    type Json = Record<string, unknown>;
    const changed = async (file: string, change: (value: Json & { model: Json & { merges: string[][] } }) => void) => {
      const place = mkdtempSync(at("changed-"));
      cpSync(at("legacy"), place, { recursive: true });
      const value = JSON.parse(readFileSync(join(place, file), "utf8"));
      change(value);
      writeFileSync(join(place, file), JSON.stringify(value));
      return place;
    };
    const json = (change: Parameters<typeof changed>[1]) => changed("tokenizer.json", change);
    const refused = async (
      place: string,
      reason: RegExp,
      kind: new (...words: never[]) => Error = UnsupportedError,
    ) => {
      const saving = saveGguf(await open(place), at("refused.gguf"));
      await expect(saving).rejects.toThrow(kind);
      await expect(saving).rejects.toThrow(reason);
    };
    const added = (token: Json) => (value: Json) =>
      (value.added_tokens as Json[]).push({ id: 562, content: "<new>", special: false, normalized: false, ...token });
    const metaspaceStep = { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: false };

    const unigram = await json(() => undefined);
    cpSync(at("unigram.model"), join(unigram, "tokenizer.model"));
    await refused(unigram, /tokenizer\.model is of kind unigram/);
    await refused(await json(({ model }) => (model.type = "Unigram")), /a Unigram tokenizer with byte_fallback/);
    await refused(await json((value) => (value.normalizer = { type: "NFKC" })), /prepares text so: .*NFKC/);
    await refused(await json((value) => (value.normalizer = null)), /prepares text so/);
    await refused(
      await json((value) => (value.pre_tokenizer = { type: "Whitespace" })),
      /prepares text so: .*Whitespace/,
    );
    await refused(
      await json((value) => (value.pre_tokenizer = { ...metaspaceStep, replacement: "_" })),
      /prepares text so/,
    );
    await refused(
      await json((value) => (value.pre_tokenizer = { ...metaspaceStep, split: true })),
      /cuts at every space and has the token "▁▁"/,
    );
    await refused(await json(({ model }) => (model.ignore_merges = true)), /ignore_merges true/);
    await refused(await json(({ model }) => (model.dropout = 0.1)), /dropout 0\.1/);
    await refused(await json(({ model }) => model.merges.splice(3, 1)), /no merge of ".*" and ".*"/);
    const torn = ({ model: { merges } }: { model: { merges: string[][] } }) => {
      const texts = merges.map((merge) => merge.join(""));
      const second = texts.findIndex((text, i) => texts.indexOf(text) < i);
      merges.push(...merges.splice(second, 1));
    };
    const long = "x".repeat(300);
    await refused(await json(({ model }) => ((model.vocab as Json)[long] = 563)), /with a token of 300 characters/);
    await refused(await json(torn), /merges to .* and .* have no order/);
    await refused(await json(({ model }) => model.merges.push(["a"])), /a merge is \["a"\]/, FormatError);
    await refused(await json(added({ rstrip: true })), /"<new>" has rstrip/);
    await refused(await json(added({ normalized: true })), /"<new>" is looked for behind "Prepend"/);
    await refused(await json(added({ content: "<tool>" })), /are both "<tool>"/);
    await refused(await json((value) => (value.post_processor = { type: "Own" })), /post-processor "Own"/);
    await refused(
      await json(
        (value) => ((value.post_processor as { single: Json[] }).single[0] = { SpecialToken: { id: "<mark>" } }),
      ),
      /adds "<mark>" to a text/,
    );
    const renamed = ({ model }: { model: Json }) => {
      const vocabulary = model.vocab as Record<string, number>;
      vocabulary["Ψ"] = vocabulary["Ω"];
      delete vocabulary["Ω"];
    };
    await refused(await json(renamed), /token \d+ is "Ω" in .*tokenizer\.model and "Ψ" in tokenizer\.json/);
    const without = await json(({ model }) => {
      delete (model.vocab as Json)["<0x0A>"];
    });
    rmSync(join(without, "tokenizer.model"));
    await refused(without, /without the byte <0x0A>/);
    const cutOff = await json(() => undefined);
    writeFileSync(join(cutOff, "tokenizer.model"), readFileSync(at("bpe.model")).subarray(0, 5000));
    await refused(cutOff, /tokenizer\.model, byte \d+: .*left/, FormatError);
  });

  itWith(hasReferences)("what tokenizer_config.json says of begin and end goes first", async () => {
    const place = mkdtempSync(at("ends-"));
    cpSync(at("legacy"), place, { recursive: true });
    const file = join(place, "tokenizer_config.json");
    const settings = JSON.parse(readFileSync(file, "utf8"));
    writeFileSync(file, JSON.stringify({ ...settings, add_bos_token: false, add_eos_token: true }));
    await saveGguf(await open(place), at("ends.gguf"));
    expect((await open(at("ends.gguf"))).metadata).toMatchObject({
      "tokenizer.ggml.add_bos_token": false,
      "tokenizer.ggml.add_eos_token": true,
    });
  });
});
