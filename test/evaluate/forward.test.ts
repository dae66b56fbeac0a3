import { CancelledError, OptionError, NonFiniteError, fromArrays, type Model } from "../../kernel";
import { headOf, Pass, shares, statesOf } from "../../kernel/evaluate/forward";
import { tasks } from "../../kernel/evaluate/wasm/tasks";
import { Runner } from "../../kernel/threads/runner";
import { networks, openNetwork, removeFolders, resultOf, sequencesOf } from "./networks";

afterAll(removeFolders);

/** Logits of all rows, or the states of a network without a head. */
async function answer(model: Model, sequences: readonly Int32Array[], workers = 2): Promise<Float32Array> {
  const runner = new Runner(workers, undefined);
  const { network, values } = await statesOf(model, sequences, { runner });
  if (!network.head) return values;
  const head = await headOf(model, network, runner);
  const rows = Int32Array.from({ length: values.length / network.width }, (_, i) => i);
  return runner.run(tasks, "logits", { head, states: values, rows }, [], "logits");
}

describe("every architecture", () => {
  it.each(Object.keys(networks))("%s gives transformers' numbers", async (name) => {
    const found = await answer(await openNetwork(name), sequencesOf(name));
    const wanted = resultOf(name);
    expect(found).toHaveLength(wanted.length);
    const largest = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const apart = wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - found[i])), 0);
    expect(largest).toBeGreaterThan(0.5);
    expect(apart).toBeLessThan(1e-5);
  });

  it.each(["llama", "gpt2", "gemma2"])(
    "%s gives the same bits alone, together, on one thread and two",
    async (name) => {
      const model = await openNetwork(name);
      const [first, second] = sequencesOf(name);
      const together = await answer(model, [first, second, first], 2);
      const alone = await answer(model, [second], 1);
      const row = together.length / (2 * first.length + second.length);
      expect(alone).toEqual(together.slice(first.length * row, (first.length + second.length) * row));
      // What comes later changes no bit of what was before it.
      const beginning = await answer(model, [first.slice(0, 11)], 1);
      expect(beginning).toEqual(together.slice(0, 11 * row));
    },
  );
});

describe("what cannot be run", () => {
  const run = async (model: Model, sequences: readonly Int32Array[]) =>
    statesOf(model, sequences, { runner: new Runner(1, undefined) });

  it("refuses windows beyond the context, and tokens that the model has not", async () => {
    const model = await openNetwork("gpt2");
    await expect(run(model, [new Int32Array(49)])).rejects.toThrow("windows of 49 tokens; the network was made for 48");
    await expect(run(model, [Int32Array.of(3, 40)])).rejects.toThrow("has no token 40; it has 40");
    await expect(run(model, [Int32Array.of(-1)])).rejects.toThrow(OptionError);
  });

  it("names the block that computes a NaN", async () => {
    const model = await openNetwork("llama");
    const arrays = await Promise.all(
      model.tensors.map(async (tensor) => {
        const values = await tensor.read();
        if (tensor.name === "model.layers.1.mlp.down_proj.weight") values.fill(Infinity);
        return [tensor.name, { shape: tensor.shape, values }] as const;
      }),
    );
    const broken = Object.assign(fromArrays(Object.fromEntries(arrays)), { config: model.config });
    const error = await run(broken, [Int32Array.of(2, 3, 4)]).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(NonFiniteError);
    expect((error as Error).message).toMatch(/^model\.layers\.1: the network computes (NaN|-?Infinity)/);
  });

  it("says that a network without a head has no probabilities", async () => {
    const model = await openNetwork("bert");
    const runner = new Runner(1, undefined);
    const { network } = await statesOf(model, [Int32Array.of(2, 3)], { runner });
    await expect(headOf(model, network, runner)).rejects.toThrow("gives states, no probabilities");
  });

  it("stops when the caller does", async () => {
    const model = await openNetwork("llama");
    const stop = new AbortController();
    const runner = new Runner(1, stop.signal);
    const pass = await Pass.begin(model, sequencesOf("llama"), { runner });
    await pass.advance();
    stop.abort();
    await expect(pass.advance()).rejects.toThrow(CancelledError);
    expect(pass).toMatchObject({ done: 1, isUnfinished: true });
  });
});

describe("shares", () => {
  it("gives every item once, in order", () => {
    expect(shares([1, 2, 3, 4, 5], 2)).toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
    expect(shares([1], 4)).toEqual([[1]]);
  });
});
