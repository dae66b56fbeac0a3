/** The networks of test/fixtures/evaluate: each in a folder of its own, and what transformers computes of their tokens. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { open, type Model } from "../../kernel";

export interface NetworkFixture {
  readonly config: Record<string, unknown>;
  readonly weights: string;
  readonly tokens: readonly (readonly number[])[];
  readonly gives: "logits" | "states";
  readonly result: string;
  /** Mean squares of what each matrix was given, by its weight; float64, base64. */
  readonly squares: Readonly<Record<string, string>>;
}

const path = resolve(__dirname, "../../../test/fixtures/evaluate/networks.json.gz");
export const networks = JSON.parse(gunzipSync(readFileSync(path)).toString("utf8")) as Record<string, NetworkFixture>;

const folders: string[] = [];

/** A folder with config.json, changed, and the weights; it goes with `removeFolders`. */
export function folderOf(name: string, config: Record<string, unknown> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), "codebook-network-"));
  folders.push(folder);
  writeFileSync(join(folder, "config.json"), JSON.stringify({ ...networks[name].config, ...config }));
  writeFileSync(join(folder, "model.safetensors"), Buffer.from(networks[name].weights, "base64"));
  return folder;
}

export const openNetwork = (name: string, config: Record<string, unknown> = {}): Promise<Model> =>
  open(folderOf(name, config));

export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** The fixture's tokens, as sequences. */
export const sequencesOf = (name: string): Int32Array[] => networks[name].tokens.map((row) => Int32Array.from(row));

/** What transformers computed: logits or states, sequence after sequence, row after row. */
export function resultOf(name: string): Float32Array {
  const bytes = Buffer.from(networks[name].result, "base64");
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer);
}

/** A tokenizer of single characters: "a" is token 2, "b" 3, and so on to 39. */
export function writeTokenizer(folder: string, begin?: number): void {
  const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKL";
  const vocab = Object.fromEntries([...letters].map((letter, i) => [letter, i + 2]));
  const special = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  const tokenizer = {
    version: "1.0",
    added_tokens: [
      { id: 0, content: "<unk>", ...special },
      { id: 1, content: "<s>", ...special },
    ],
    normalizer: null,
    pre_tokenizer: { type: "Split", pattern: { Regex: "." }, behavior: "Isolated", invert: false },
    post_processor:
      begin === undefined
        ? null
        : {
            type: "TemplateProcessing",
            single: [{ SpecialToken: { id: "<s>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
            pair: [],
            special_tokens: { "<s>": { id: "<s>", ids: [begin], tokens: ["<s>"] } },
          },
    decoder: null,
    model: { type: "WordLevel", vocab: { "<unk>": 0, "<s>": 1, ...vocab }, unk_token: "<unk>" },
  };
  writeFileSync(join(folder, "tokenizer.json"), JSON.stringify(tokenizer));
  writeFileSync(join(folder, "tokenizer_config.json"), JSON.stringify({ tokenizer_class: "PreTrainedTokenizerFast" }));
}

/** The text whose tokens are these, of 2 to 39. */
export const textOf = (tokens: Iterable<number>): string =>
  [...tokens].map((token) => "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKL"[token - 2]).join("");
