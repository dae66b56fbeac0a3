/** Tokenizers of every kind, trained by test/fixtures/tokenizers/make_tokenizers.py, saved as GGUF: llama.cpp cuts 300 texts into the tokens that
 *  transformers cuts them into, and a tokenizer that it would read otherwise is refused. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compress, linear, open, saveGguf, UnsupportedError } from "../../kernel";
import { itWith } from "../references";
import { askLlama, llamaNeeds, type LlamaAnswer } from "./llama";
import { addedToken, copyOf, texts, tokenizers, writeFolder, type Change } from "./tokenizer-fixtures";

const folder = mkdtempSync(join(tmpdir(), "codebook-tokenizers-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

const isComposed = (text: string) => text === text.normalize("NFC");
const wideSpace = "[\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]";
const all = () => true;

/** By name: `tokenizer.ggml.pre`, the texts that llama.cpp cuts as transformers does, and what the notes say of the others. */
const kinds: Readonly<
  Record<string, readonly [pre: string | undefined, isMeant: (text: string) => boolean, note?: RegExp]>
> = {
  "gpt-2": ["gpt-2", all],
  "gpt-neox": ["gpt-2", isComposed, /NFC/],
  "llama-3": ["llama-bpe", all],
  "olmo-2": ["llama-bpe", all],
  "gpt-4": ["llama-bpe", all],
  "qwen-2": ["qwen2", isComposed, /NFC/],
  "qwen-3.5": ["qwen35", isComposed, /NFC/],
  smollm: ["smollm", all],
  cohere: ["smollm", isComposed, /NFC/],
  falcon: ["falcon", all],
  "gpt-oss": ["granite-embed-multi-97m", all],
  tekken: ["granite-embed-multi-97m", all],
  "deepseek-3": ["deepseek-v3", all],
  "deepseek-coder": ["deepseek-coder", all],
  bloom: ["bloom", all],
  roberta: ["jina-v2-code", (text) => !new RegExp(`${wideSpace}\\s*<mask>`).test(text), /before <mask>/],
  "bert-cased": [undefined, all],
  "bert-accents": [undefined, all],
  "bert-uncased": [undefined, (text) => !/[\p{Script=Hangul}\p{Mc}]/u.test(text), /Hangul/],
  t5: ["default", (text) => !text.includes("\u0085"), /U\+0085/],
  "t5-plain": ["default", all],
  albert: ["default", all],
  "xlm-r": ["jina-v2-de", (text) => !text.includes("\u0085"), /before <mask>/],
  "llama-2": ["default", all],
  gemma: ["default", all],
  "gemma-merges": ["sarvam-moe", all],
  "phi-3": [
    "default",
    (text) => !new RegExp(`(<\\|begin\\|>|<\\|stop\\|>|<tool>)\\s*${wideSpace}`).test(text),
    /behind markup/,
  ],
};

const answers = new Map<string, LlamaAnswer>();

/** All files for one process of llama.cpp. */
beforeAll(async () => {
  const names = Object.keys(kinds);
  for (const name of names) {
    await saveGguf(await open(await writeFolder(at(name), tokenizers[name])), at(`${name}.gguf`));
  }
  if (!llamaNeeds.every(Boolean)) return;
  const jobs = names.map((name) => ({ file: at(`${name}.gguf`), tokenize: texts }));
  askLlama(jobs).forEach((answer, i) => answers.set(names[i], answer));
}, 240_000);

itWith(...llamaNeeds).each(Object.keys(kinds))("%s: transformers' tokens", (name) => {
  const [, isMeant] = kinds[name];
  const answer = answers.get(name);
  expect(answer?.error).toBeUndefined();
  const meant = texts.flatMap((text, i) => (isMeant(text) ? [i] : []));
  expect(meant.length).toBeGreaterThan(name === "bert-uncased" ? 200 : 270);
  const shown = (tokens: LlamaAnswer["tokens"] | undefined) => meant.map((i) => [texts[i], tokens?.[i]]);
  expect(shown(answer?.tokens)).toEqual(shown(tokenizers[name].tokens));
});

test("each is written under the name of its words, and says what llama.cpp cuts otherwise", async () => {
  expect(texts).toHaveLength(300);
  for (const [name, [pre, , note]] of Object.entries(kinds)) {
    const { metadata } = await open(at(`${name}.gguf`));
    expect([name, metadata["tokenizer.ggml.pre"]]).toEqual([name, pre]);
    if (note === undefined && !["gpt-2", "bert-cased"].includes(name)) continue;
    const small = await compress(await open(at(name)), linear({ bits: 4, group: 32 }), { workers: 1 });
    const notes = ((await small.save(at("small.gguf"))).notes ?? []).join("\n");
    expect([name, notes === "" ? undefined : (note?.test(notes) ?? notes)]).toEqual([
      name,
      note === undefined ? (name.startsWith("bert") ? expect.stringContaining("100 characters") : undefined) : true,
    ]);
  }
});

test("their keys", async () => {
  const metadataOf = async (name: string) => (await open(at(`${name}.gguf`))).metadata;
  const id = (name: string, text: string) =>
    tokenizers[name]["tokenizer.json"].added_tokens.find(({ content }) => content === text)?.id;
  const roberta = await metadataOf("roberta");
  expect(roberta).toMatchObject({
    "tokenizer.ggml.model": "gpt2",
    "tokenizer.ggml.add_bos_token": true,
    "tokenizer.ggml.add_eos_token": true,
    "tokenizer.ggml.add_sep_token": false,
    "tokenizer.ggml.bos_token_id": 0,
    "tokenizer.ggml.eos_token_id": 1,
  });
  const types = roberta["tokenizer.ggml.token_type"] as number[];
  const typesOf = (...words: string[]) => words.map((text) => types[id("roberta", text) ?? -1]);
  expect(typesOf("<|begin|>", "<mask>", "<tool>")).toEqual([3, 3, 4]);
  expect(types.slice(-3)).toEqual([5, 5, 5]);
  const xlm = await metadataOf("xlm-r");
  expect(xlm).toMatchObject({
    "tokenizer.ggml.model": "t5",
    "tokenizer.ggml.add_bos_token": true,
    "tokenizer.ggml.add_eos_token": true,
    "tokenizer.ggml.unknown_token_id": 3,
    "tokenizer.ggml.padding_token_id": 1,
    "tokenizer.ggml.mask_token_id": id("xlm-r", "<mask>"),
    "tokenizer.ggml.remove_extra_whitespaces": true,
  });
  expect((xlm["tokenizer.ggml.token_type"] as number[]).slice(0, 5)).toEqual([3, 3, 3, 2, 1]);
  expect(await metadataOf("t5")).toMatchObject({
    "tokenizer.ggml.add_bos_token": false,
    "tokenizer.ggml.add_eos_token": true,
    "tokenizer.ggml.eos_token_id": 1,
  });
  expect((await metadataOf("phi-3"))["general.name"]).toMatch(/phi-3/i);
  const cased = await metadataOf("bert-cased");
  expect([cased["tokenizer.ggml.normalizer.lowercase"], cased["tokenizer.ggml.normalizer.strip_accents"]]).toEqual([
    false,
    undefined,
  ]);
  expect((await metadataOf("bert-accents"))["tokenizer.ggml.normalizer.strip_accents"]).toBe(false);
});

test.each<[string, string, Change, RegExp]>([
  ["spaces behind a token", "llama-2", addedToken({ rstrip: true }), /"<new>" has rstrip/],
  ["a model of another kind", "t5", ({ model }) => (model.type = "WordLevel"), /kind "WordLevel" is not written/],
])("%s is refused", async (_, name, change, reason) => {
  const fixture = copyOf(name);
  change(fixture["tokenizer.json"]);
  const place = mkdtempSync(at("changed-"));
  const saving = saveGguf(await open(await writeFolder(place, fixture)), at("refused.gguf"));
  await expect(saving).rejects.toThrow(UnsupportedError);
  await expect(saving).rejects.toThrow(reason);
});
