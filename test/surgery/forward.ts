/** Forward passes in plain TypeScript, float64: BERT, GPT-2 and Llama as their papers and configs describe them, with the sizes that the
 *  tensors have. Rows are positions. */
import type { Model } from "../../kernel";
import { blockName } from "../../kernel/tensor/layer-names";

type Rows = number[][];
interface Matrix {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** All values of a model by name, without a prefix such as "model." that some have. */
async function valuesOf(model: Model): Promise<(name: string) => Matrix> {
  const all = new Map<string, Matrix>();
  for (const tensor of model.tensors) all.set(tensor.name, { shape: tensor.shape, values: await tensor.read() });
  return (name) => {
    const found = all.get(name);
    if (!found) throw new Error(`no tensor ${name} among ${[...all.keys()].join(", ")}`);
    return found;
  };
}

const add = (a: Rows, b: Rows): Rows => a.map((row, i) => row.map((x, j) => x + b[i][j]));
const map = (a: Rows, f: (x: number) => number): Rows => a.map((row) => row.map(f));

/** x·Wᵀ + b for W (out, in); with `turned` x·W + b for W (in, out). */
function dense(x: Rows, w: Matrix, b?: Matrix, turned = false): Rows {
  const [outputs, inputs] = turned ? [w.shape[1], w.shape[0]] : [w.shape[0], w.shape[1]];
  if (x[0].length !== inputs) throw new Error(`${x[0].length} values for ${inputs} inputs`);
  if (b && b.values.length !== outputs) throw new Error(`${b.values.length} biases for ${outputs} outputs`);
  return x.map((row) =>
    Array.from({ length: outputs }, (_, o) => {
      let sum = b ? b.values[o] : 0;
      for (let i = 0; i < inputs; i++) sum += row[i] * w.values[turned ? i * outputs + o : o * inputs + i];
      return sum;
    }),
  );
}

function layerNorm(x: Rows, gain: Matrix, shift: Matrix, epsilon: number): Rows {
  return x.map((row) => {
    const mean = row.reduce((sum, v) => sum + v, 0) / row.length;
    const variance = row.reduce((sum, v) => sum + (v - mean) ** 2, 0) / row.length;
    return row.map((v, i) => ((v - mean) / Math.sqrt(variance + epsilon)) * gain.values[i] + shift.values[i]);
  });
}

function rootMeanSquareNorm(x: Rows, gain: Matrix, epsilon: number): Rows {
  return x.map((row) => {
    const square = row.reduce((sum, v) => sum + v * v, 0) / row.length;
    return row.map((v, i) => (v / Math.sqrt(square + epsilon)) * gain.values[i]);
  });
}

/** erf by its series; past 5 it is ±1 to 12 digits. */
function erf(x: number): number {
  if (Math.abs(x) > 5) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}
const gelu = (x: number): number => 0.5 * x * (1 + erf(x / Math.SQRT2));
const geluByTanh = (x: number): number => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
const silu = (x: number): number => x / (1 + Math.exp(-x));

/** Attention over heads of `size`; key and value may be shared by several query heads. */
function attend(q: Rows, k: Rows, v: Rows, size: number, isCausal: boolean): Rows {
  const heads = q[0].length / size;
  const sharing = heads / (k[0].length / size);
  return q.map((query, i) =>
    Array.from({ length: heads }, (_, h) => {
      const shared = Math.floor(h / sharing) * size;
      const scores = k.map((key, j) => {
        if (isCausal && j > i) return -Infinity;
        let dot = 0;
        for (let d = 0; d < size; d++) dot += query[h * size + d] * key[shared + d];
        return dot / Math.sqrt(size);
      });
      const top = Math.max(...scores);
      const weights = scores.map((score) => Math.exp(score - top));
      const total = weights.reduce((sum, w) => sum + w, 0);
      return Array.from({ length: size }, (__, d) =>
        v.reduce((sum, value, j) => sum + (weights[j] / total) * value[shared + d], 0),
      );
    }).flat(),
  );
}

const row = ({ shape, values }: Matrix, i: number): number[] => [...values.subarray(i * shape[1], (i + 1) * shape[1])];

/** Numbers of the blocks that a model has. */
const blocks = (model: Model): number[] =>
  [...new Set(model.tensors.flatMap(({ name }) => blockName(name)?.index ?? []))].sort((a, b) => a - b);

async function bert(model: Model, ids: readonly number[], headSize: number): Promise<Rows> {
  const w = await valuesOf(model);
  const pair = (name: string) => [w(`${name}.weight`), w(`${name}.bias`)] as const;
  const norm = (x: Rows, name: string) => layerNorm(x, ...pair(name), 1e-12);
  let x: Rows = ids.map((id, at) => {
    const [word, position, type] = ["word", "position", "token_type"].map((kind) =>
      w(`embeddings.${kind}_embeddings.weight`),
    );
    return row(word, id).map((v, i) => v + row(position, at)[i] + row(type, 0)[i]);
  });
  x = norm(x, "embeddings.LayerNorm");
  for (const n of blocks(model)) {
    const at = `encoder.layer.${n}`;
    const [q, k, v] = ["query", "key", "value"].map((part) => dense(x, ...pair(`${at}.attention.self.${part}`)));
    const seen = dense(attend(q, k, v, headSize, false), ...pair(`${at}.attention.output.dense`));
    x = norm(add(x, seen), `${at}.attention.output.LayerNorm`);
    const hidden = map(dense(x, ...pair(`${at}.intermediate.dense`)), gelu);
    x = norm(add(x, dense(hidden, ...pair(`${at}.output.dense`))), `${at}.output.LayerNorm`);
  }
  return x;
}

async function gpt2(model: Model, ids: readonly number[], headSize: number): Promise<Rows> {
  const w = await valuesOf(model);
  const pair = (name: string) => [w(`${name}.weight`), w(`${name}.bias`)] as const;
  const norm = (x: Rows, name: string) => layerNorm(x, ...pair(name), 1e-5);
  const turned = (x: Rows, name: string) => dense(x, ...pair(name), true);
  let x: Rows = ids.map((id, at) => row(w("wte.weight"), id).map((v, i) => v + row(w("wpe.weight"), at)[i]));
  for (const n of blocks(model)) {
    const qkv = turned(norm(x, `h.${n}.ln_1`), `h.${n}.attn.c_attn`);
    const third = qkv[0].length / 3;
    const [q, k, v] = [0, 1, 2].map((part) => qkv.map((one) => one.slice(part * third, (part + 1) * third)));
    x = add(x, turned(attend(q, k, v, headSize, true), `h.${n}.attn.c_proj`));
    const hidden = map(turned(norm(x, `h.${n}.ln_2`), `h.${n}.mlp.c_fc`), geluByTanh);
    x = add(x, turned(hidden, `h.${n}.mlp.c_proj`));
  }
  return norm(x, "ln_f");
}

/** Rotary positions: within each head the halves (a, b) turn by position / 10000^(2i / size). */
function rotate(x: Rows, size: number): Rows {
  return x.map((values, position) =>
    values.map((value, at) => {
      const d = at % size;
      const angle = position / 10_000 ** ((2 * (d % (size / 2))) / size);
      const other = d < size / 2 ? -values[at + size / 2] : values[at - size / 2];
      return value * Math.cos(angle) + other * Math.sin(angle);
    }),
  );
}

async function llama(model: Model, ids: readonly number[], headSize: number): Promise<Rows> {
  const w = await valuesOf(model);
  const norm = (x: Rows, name: string) => rootMeanSquareNorm(x, w(`${name}.weight`), 1e-6);
  let x: Rows = ids.map((id) => row(w("embed_tokens.weight"), id));
  for (const n of blocks(model)) {
    const at = `layers.${n}`;
    const seen = norm(x, `${at}.input_layernorm`);
    const [q, k, v] = ["q", "k", "v"].map((part) => dense(seen, w(`${at}.self_attn.${part}_proj.weight`)));
    const mixed = attend(rotate(q, headSize), rotate(k, headSize), v, headSize, true);
    x = add(x, dense(mixed, w(`${at}.self_attn.o_proj.weight`)));
    const input = norm(x, `${at}.post_attention_layernorm`);
    const gate = map(dense(input, w(`${at}.mlp.gate_proj.weight`)), silu);
    const up = dense(input, w(`${at}.mlp.up_proj.weight`));
    const hidden = gate.map((values, i) => values.map((value, j) => value * up[i][j]));
    x = add(x, dense(hidden, w(`${at}.mlp.down_proj.weight`)));
  }
  return norm(x, "norm");
}

export const forward = { bert, gpt2, llama };
export { dense, map };
