import { open, type Model } from "../../kernel";
import { divergence } from "../../kernel/evaluate/divergence";
import { headOf, statesOf } from "../../kernel/evaluate/forward";
import { tasks } from "../../kernel/evaluate/wasm/tasks";
import { Runner } from "../../kernel/threads/runner";
import { folderOf, networks, openNetwork, removeFolders, resultOf, textOf, writeTokenizer } from "./networks";

afterAll(removeFolders);

const [tokens] = networks.qwen2.tokens;
const text = textOf(tokens);
const protocol = { context: 48, stride: 48 };

async function withTokenizer(name: string): Promise<Model> {
  const folder = folderOf(name);
  writeTokenizer(folder);
  return open(folder);
}

/** ln p over the vocabulary behind each token, from logits, in float64. */
function logarithms(logits: Float32Array, rows: number): number[][] {
  return Array.from({ length: rows }, (_, i) => {
    const row = [...logits.subarray(40 * i, 40 * (i + 1))];
    const greatest = Math.max(...row);
    const total = Math.log(row.reduce((sum, one) => sum + Math.exp(one - greatest), 0)) + greatest;
    return row.map((one) => one - total);
  });
}

describe("divergence", () => {
  it("is the formula on transformers' logits", async () => {
    const reference = await withTokenizer("qwen2");
    const found = await divergence(await openNetwork("qwen2"), reference, text, { protocol });
    expect(found.forward).toMatchObject({ mean: 0, median: 0, maximum: 0 });
    expect(found).toMatchObject({ isIndistinguishable: true, sameTop: { mean: 1 }, scored: 36, windows: 1 });

    // Another network of the same vocabulary on the same tokens.
    const model = await openNetwork("llama");
    const own = await divergence(model, reference, text, { protocol });
    const p = logarithms(resultOf("qwen2"), 36);
    const q = logarithms(await logitsOf(model), 36);
    const forward = p.map((row, i) => row.reduce((sum, l, j) => sum + Math.exp(l) * (l - q[i][j]), 0));
    const backward = q.map((row, i) => row.reduce((sum, l, j) => sum + Math.exp(l) * (l - p[i][j]), 0));
    const mean = (values: number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;
    expect(own.forward.mean).toBeCloseTo(mean(forward), 4);
    expect(own.backward.mean).toBeCloseTo(mean(backward), 4);
    expect(own.forward.maximum).toBeCloseTo(Math.max(...forward), 4);
    const top = (row: number[]) => row.indexOf(Math.max(...row));
    expect(own.sameTop.mean).toBeCloseTo(mean(p.map((row, i) => (top(row) === top(q[i]) ? 1 : 0))), 10);
    const next = tokens.slice(1);
    const squares = next.map((token, i) => (Math.exp(q[i][token]) - Math.exp(p[i][token])) ** 2);
    expect(own.rmsProbability.mean).toBeCloseTo(Math.sqrt(mean(squares)), 5);
    expect(own.logPerplexityRatio.mean).toBeCloseTo(mean(next.map((token, i) => p[i][token] - q[i][token])), 4);
    expect(Math.log(own.perplexity / own.referencePerplexity)).toBeCloseTo(own.logPerplexityRatio.mean, 9);
    expect(own.isIndistinguishable).toBe(false);
  });

  it("compares vocabularies of one size only", async () => {
    const reference = await withTokenizer("qwen2");
    const model = await openNetwork("llama", { vocab_size: 39 });
    await expect(divergence(model, reference, text, { protocol })).rejects.toThrow(
      "a matrix of 39 outputs and 16 inputs was expected by config.json",
    );
  });
});

/** All logits of a model on the fixture's text. */
async function logitsOf(model: Model): Promise<Float32Array> {
  const runner = new Runner(1, undefined);
  const { network, values } = await statesOf(model, [Int32Array.from(tokens)], { runner });
  const head = await headOf(model, network, runner);
  const rows = Int32Array.from(tokens, (_, i) => i);
  return runner.run(tasks, "logits", { head, states: values, rows }, [], "logits");
}
