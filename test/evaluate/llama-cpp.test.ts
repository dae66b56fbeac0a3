/** Our engine beside llama.cpp's own library on a float32 copy of a real model, whose tokens come from the file. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromArrays, open, saveGguf, type Model } from "../../kernel";
import { numericFloor } from "../../kernel/evaluate/divergence";
import { headOf, statesOf } from "../../kernel/evaluate/forward";
import { tokenize } from "../../kernel/evaluate/text";
import { tasks } from "../../kernel/evaluate/wasm/tasks";
import { Runner } from "../../kernel/threads/runner";
import { askLlama, llamaNeeds } from "../llama-cpp/llama";
import { itWith, smolLm } from "../references";
import { inFull } from "../tiers";
import { networks, openNetwork, removeFolders } from "./networks";

const root = mkdtempSync(join(tmpdir(), "codebook-evaluate-"));
afterAll(() => {
  removeFolders();
  rmSync(root, { recursive: true, force: true });
});

async function logitsOf(model: Model, tokens: Int32Array): Promise<Float32Array> {
  const runner = new Runner(2, undefined);
  const { network, values } = await statesOf(model, [tokens], { runner });
  const head = await headOf(model, network, runner);
  const rows = Int32Array.from(tokens, (_, i) => i);
  return runner.run(tasks, "logits", { head, states: values, rows }, [], "logits");
}

/** Mean KL(P ‖ Q) in float64 over rows of logits, P the first. */
function meanDivergence(p: readonly (readonly number[])[], q: Float32Array): number {
  const normed = (row: ArrayLike<number>): number[] => {
    const list = Array.from(row);
    const greatest = list.reduce((most, one) => Math.max(most, one), -Infinity);
    const total = greatest + Math.log(list.reduce((sum, one) => sum + Math.exp(one - greatest), 0));
    return list.map((one) => one - total);
  };
  const each = p.map((row, at) => {
    const [own, other] = [normed(row), normed(q.subarray(at * row.length, (at + 1) * row.length))];
    return own.reduce((sum, one, i) => sum + Math.exp(one) * (one - other[i]), 0);
  });
  return each.reduce((sum, one) => sum + one, 0) / each.length;
}

const text =
  "Compression keeps what matters: the loss of a network is measured on its answers, not on its weights.\n\t2026!";

itWith(...llamaNeeds)("small networks give llama.cpp's logits", async () => {
  const names = ["llama", "qwen2", "qwen3"];
  const jobs = await Promise.all(
    names.map(async (name) => {
      const path = join(root, `${name}.gguf`);
      await saveGguf(await openNetwork(name), path);
      return { file: path, logits: networks[name].tokens[0] };
    }),
  );
  for (const { file, logits, error } of askLlama(jobs)) {
    expect([file, error]).toEqual([file, undefined]);
    const [tokens] = [jobs.find((job) => job.file === file)?.logits ?? []];
    const found = await logitsOf(await open(file), Int32Array.from(tokens));
    const wanted = logits.flat();
    expect(wanted).toHaveLength(found.length);
    expect(wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - found[i])), 0)).toBeLessThan(1e-4);
  }
});

inFull(itWith(smolLm, ...llamaNeeds))(
  "SmolLM2-135M gives llama.cpp's tokens and logits",
  async () => {
    const source = await open(smolLm);
    const arrays = await Promise.all(
      source.tensors.map(async (one) => [one.name, { shape: one.shape, values: await one.read() }] as const),
    );
    const path = join(root, "float.gguf");
    await saveGguf(Object.assign(fromArrays(Object.fromEntries(arrays)), { metadata: source.metadata }), path);
    const model = await open(path);
    const runner = new Runner(2, undefined);
    const { tokens } = await tokenize(model, text, "test", runner);
    const [answer] = askLlama([{ file: path, tokenize: [text], logits: [...tokens] }]);
    expect([...tokens]).toEqual(answer.tokens[0]);
    const found = await logitsOf(model, tokens);
    const wanted = answer.logits.flat();
    const apart = wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - found[i])), 0);
    expect(wanted).toHaveLength(found.length);
    expect(apart).toBeLessThan(1e-3);
    const divergence = meanDivergence(answer.logits, found);
    expect(divergence).toBeGreaterThan(0);
    expect(divergence).toBeLessThan(numericFloor);
  },
  400_000,
);
