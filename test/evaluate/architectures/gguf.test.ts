import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { open, saveGguf, type Model } from "../../../kernel";
import { ggufNetwork } from "../../../kernel/evaluate/architectures/gguf";
import { headOf, statesOf } from "../../../kernel/evaluate/forward";
import { tasks } from "../../../kernel/evaluate/wasm/tasks";
import { Runner } from "../../../kernel/threads/runner";
import { openNetwork, removeFolders, resultOf, sequencesOf } from "../networks";

const root = mkdtempSync(join(tmpdir(), "codebook-gguf-"));
afterAll(() => {
  removeFolders();
  rmSync(root, { recursive: true, force: true });
});

async function logitsOf(model: Model, name: string): Promise<Float32Array> {
  const runner = new Runner(1, undefined);
  const { network, values } = await statesOf(model, sequencesOf(name), { runner });
  const head = await headOf(model, network, runner);
  const rows = Int32Array.from({ length: values.length / network.width }, (_, i) => i);
  return runner.run(tasks, "logits", { head, states: values, rows }, [], "logits");
}

describe("ggufNetwork", () => {
  it.each(["llama", "qwen2", "qwen3"])("%s: the file that llama.cpp runs gives transformers' logits", async (name) => {
    const path = join(root, `${name}.gguf`);
    await saveGguf(await openNetwork(name), path);
    const found = await logitsOf(await open(path), name);
    const wanted = resultOf(name);
    expect(wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - found[i])), 0)).toBeLessThan(1e-5);
  });

  it("refuses other architectures, and keys that it does not know", async () => {
    const path = join(root, "other.gguf");
    await saveGguf(await openNetwork("qwen2"), path);
    const model = await open(path);
    const change = (metadata: Record<string, unknown>): Model =>
      Object.assign(Object.create(model) as Model, { metadata: { ...model.metadata, ...metadata } });
    const of = (one: Model) => ggufNetwork(one, () => false);
    expect(() => of(change({ "general.architecture": "mamba" }))).toThrow('architecture "mamba" are not run');
    expect(() => of(change({ "qwen2.logit_scale": 2 }))).toThrow("qwen2.logit_scale: 2, which may change");
    expect(() => of(change({ "qwen2.a": 0, "qwen2.b": false, "qwen2.c": "yes" }))).toThrow('qwen2.c: "yes"');
    expect(() => of(change({ "qwen2.block_count": "x" }))).toThrow('qwen2.block_count is "x"');
  });
});
