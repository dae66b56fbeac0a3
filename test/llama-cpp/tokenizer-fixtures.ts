/** The tokenizers of test/fixtures/tokenizers, each in a folder with a network of zeros, to be saved as GGUF. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { fromArrays, saveSafetensors } from "../../kernel";
import { specialIds } from "../../kernel/llama-cpp/special-tokens";
import { addedTokens, tokensOf, type TokenizerFolder } from "../../kernel/llama-cpp/tokenizer-json";

/** A JSON object that a test changes. */
export type Json = Record<string, unknown>;

export interface TokenizerFixture {
  readonly "tokenizer.json": Json & {
    readonly model: Json & { vocab: Record<string, number> | [string, number][] };
    readonly added_tokens: (Json & { id: number; content: string })[];
  };
  readonly "tokenizer_config.json": Json;
  /** For each text the numbers that transformers gives. */
  readonly tokens: readonly (readonly number[])[];
}

const path = resolve(__dirname, "../../../test/fixtures/tokenizers/tokenizers.json.gz");
const bundle = JSON.parse(gunzipSync(readFileSync(path)).toString("utf8")) as {
  readonly texts: readonly string[];
  readonly tokenizers: Readonly<Record<string, TokenizerFixture>>;
};

export const { texts, tokenizers } = bundle;

/** A tokenizer whose parts may be changed, apart from the fixture. */
export const copyOf = (name: string): TokenizerFixture => structuredClone(tokenizers[name]);

/** What a test changes in a tokenizer.json. */
export type Change = (tokenizer: TokenizerFixture["tokenizer.json"]) => void;

/** Adds a token "<new>", or another. */
export const addedToken =
  (token: Json): Change =>
  ({ added_tokens: list }) => {
    const id = list.reduce((most, one) => Math.max(most, one.id), 0) + 1;
    list.push({ id, content: "<new>", special: false, normalized: false, ...token });
  };

/** A step of a tokenizer.json. */
export const stepOf = (type: string, more: Json = {}): Json => ({ type, ...more });

/** A tokenizer, changed, as the writers of its kind get it. */
export function givenOf(name: string, change: Change = () => undefined): TokenizerFolder {
  const { "tokenizer.json": tokenizer, "tokenizer_config.json": settings } = copyOf(name);
  change(tokenizer);
  const { model } = tokenizer;
  const ids = Array.isArray(model.vocab) ? [...model.vocab.keys()] : Object.values(model.vocab);
  const rows = [...ids, ...tokenizer.added_tokens.map(({ id }) => id)].reduce((most, id) => Math.max(most, id), 0) + 1;
  const tokens = tokensOf("tokenizer.json", model, tokenizer, rows);
  const special = specialIds(tokens, { unk_token: model.unk_token, ...settings }, {});
  const added = addedTokens("tokenizer.json", tokenizer);
  return {
    ...{ folder: ".", path: "tokenizer.json", tokenizer, model, tokens, added, settings },
    ...{ config: {}, special, shared: special },
  };
}

const zeros = (...shape: number[]) => ({
  shape,
  values: new Float32Array(shape.reduce((product, size) => product * size, 1)),
});

/** A Llama of one layer with three rows of embeddings more than there are tokens, and the tokenizer beside it. */
export async function writeFolder(folder: string, fixture: TokenizerFixture): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const { vocab } = fixture["tokenizer.json"].model;
  const ids = [
    ...(Array.isArray(vocab) ? vocab.keys() : Object.values(vocab)),
    ...fixture["tokenizer.json"].added_tokens.map(({ id }) => id),
  ];
  const rows = ids.reduce((most, id) => Math.max(most, id), 0) + 4;
  const sizes = { hidden_size: 32, intermediate_size: 32, num_hidden_layers: 1, num_attention_heads: 1 };
  const settings = { model_type: "llama", ...sizes, max_position_embeddings: 64, rms_norm_eps: 1e-5 };
  writeFileSync(
    join(folder, "config.json"),
    JSON.stringify({ ...settings, vocab_size: rows, tie_word_embeddings: true }),
  );
  for (const file of ["tokenizer.json", "tokenizer_config.json"] as const)
    writeFileSync(join(folder, file), JSON.stringify(fixture[file]));
  const matrices = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj"];
  const layer = {
    ...Object.fromEntries(["input_layernorm", "post_attention_layernorm"].map((name) => [name, zeros(32)])),
    ...Object.fromEntries(
      [...matrices, "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"].map((name) => [name, zeros(32, 32)]),
    ),
  };
  const tensors = {
    "model.embed_tokens.weight": zeros(rows, 32),
    "model.norm.weight": zeros(32),
    ...Object.fromEntries(Object.entries(layer).map(([name, array]) => [`model.layers.0.${name}.weight`, array])),
  };
  await saveSafetensors(fromArrays(tensors), join(folder, "model.safetensors"));
  return folder;
}
