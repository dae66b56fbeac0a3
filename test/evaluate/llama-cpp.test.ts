/** Our engine beside llama.cpp's own library on a float32 copy of a real model, whose tokens come from the file. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromArrays, open, saveGguf } from "../../kernel";
import { headOf, statesOf } from "../../kernel/evaluate/forward";
import { tokenize } from "../../kernel/evaluate/text";
import { tasks } from "../../kernel/evaluate/wasm/tasks";
import { Runner } from "../../kernel/threads/runner";
import { askLlama, llamaNeeds } from "../llama-cpp/llama";
import { itWith, smolLm } from "../references";
import { inFull } from "../tiers";

const root = mkdtempSync(join(tmpdir(), "codebook-evaluate-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const text =
  "Compression keeps what matters: the loss of a network is measured on its answers, not on its weights.\n\t2026!";

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
    const { network, values } = await statesOf(model, [tokens], { runner });
    const head = await headOf(model, network, runner);
    const rows = Int32Array.from(tokens, (_, i) => i);
    const found = await runner.run(tasks, "logits", { head, states: values, rows }, [], "logits");
    const wanted = answer.logits.flat();
    const apart = wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - found[i])), 0);
    expect(wanted).toHaveLength(found.length);
    expect(apart).toBeLessThan(1e-3);
  },
  400_000,
);
