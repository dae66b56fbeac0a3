import { OptionError, compress, linear, open, type Model } from "../../kernel";
import {
  bitsPerByte,
  bitsPerCharacter,
  perplexity,
  perWindow,
  rowShares,
  scoredRows,
} from "../../kernel/evaluate/perplexity";
import { folderOf, networks, removeFolders, resultOf, textOf, writeTokenizer } from "./networks";

afterAll(removeFolders);

async function llama(begin?: number): Promise<Model> {
  const folder = folderOf("llama");
  writeTokenizer(folder, begin);
  return open(folder);
}

/** −ln p of the tokens [1, …) of the fixture's first sequence, from transformers' logits, in float64. */
function wantedNats(): number[] {
  const [tokens] = networks.llama.tokens;
  const logits = resultOf("llama");
  return tokens.slice(1).map((token, i) => {
    const row = logits.subarray(40 * i, 40 * (i + 1));
    const greatest = Math.max(...row);
    return Math.log(row.reduce((sum, one) => sum + Math.exp(one - greatest), 0)) + greatest - row[token];
  });
}

const [tokens] = networks.llama.tokens;
const text = textOf(tokens);
const all = { context: 48, stride: 48, scored: "all" } as const;

describe("perplexity", () => {
  it("is that of transformers' logits", async () => {
    const found = await perplexity(await llama(), text, { protocol: all });
    const nats = wantedNats();
    const mean = nats.reduce((sum, one) => sum + one, 0) / nats.length;
    expect(found.scored).toBe(36);
    expect(found.perplexity / Math.exp(mean)).toBeCloseTo(1, 5);
    expect(found.bits).toBeCloseTo((mean * 36) / Math.LN2, 4);
    expect(found).toMatchObject({
      tokens: 37,
      windows: 1,
      protocol: "context 48, stride 48",
      model: expect.any(String),
    });
    expect(found.engine).toEqual({ name: "wasm", version: "1" });
    expect(found.text).toMatchObject({ bytes: 37, characters: 37 });
    expect(found.interval).toBeUndefined();
  });

  it("has an interval over windows, and the same number whatever the threads", async () => {
    const model = await llama();
    const long = text.repeat(8);
    const protocol = { context: 40, stride: 40 };
    const one = await perplexity(model, long, { protocol, workers: 1 });
    const two = await perplexity(model, long, { protocol, workers: 2 });
    expect(two).toEqual(one);
    expect(one.interval?.[0]).toBeLessThan(one.perplexity);
    expect(one.interval?.[1]).toBeGreaterThan(one.perplexity);
    const few = await perplexity(model, long, { protocol, windows: 3 });
    expect(few.windows).toBe(3);
    expect([...few.perWindow.sums]).toEqual([...one.perWindow.sums].slice(0, 3));
  });

  it("takes a compressed model, of which it says more", async () => {
    const model = await llama();
    const small = await compress(model, linear({ bits: 2, group: 8 }), {
      skip: ["model.embed_tokens.weight", "lm_head.weight"],
    });
    const before = await perplexity(model, text, { protocol: all });
    const after = await perplexity(small, text, { protocol: all });
    expect(after.perplexity).not.toBe(before.perplexity);
  });

  it("begins texts as the tokenizer does", async () => {
    const found = await perplexity(await llama(1), text, { protocol: all });
    expect(found).toMatchObject({ tokens: 38, scored: 37 });
  });

  it("reports tokens as work", async () => {
    const seen: unknown[] = [];
    await perplexity(await llama(), text, { protocol: all, onProgress: (progress) => seen.push(progress) });
    expect(seen[0]).toMatchObject({ task: "evaluating", unit: "tokens", done: 0, total: 37 * 4 });
    expect(seen[seen.length - 1]).toMatchObject({ done: 37 * 4 });
  });

  it("says what is missing or wrong", async () => {
    const model = await llama();
    await expect(perplexity(model, "")).rejects.toThrow("the text is empty");
    await expect(perplexity(model, 5 as unknown as string)).rejects.toThrow(OptionError);
    await expect(perplexity(model, "abc")).rejects.toThrow("the text has 3 tokens; llama.cpp-512 needs at least 512");
    await expect(perplexity(model, text, { engine: "torch" as "wasm" })).rejects.toThrow('engine is "torch"');
    await expect(perplexity(model, text, { window: 3 } as object)).rejects.toThrow('did you mean "windows"?');
    await expect(perplexity(await open(folderOf("llama")), text)).rejects.toThrow("tokenizer.json");
  });
});

describe("bits per byte and per character", () => {
  it("count every token but the first", async () => {
    const model = await llama();
    const bits = wantedNats().reduce((sum, one) => sum + one, 0) / Math.LN2;
    expect(await bitsPerByte(model, text, { protocol: all })).toBeCloseTo(bits / 37, 5);
    expect(await bitsPerCharacter(model, text, { protocol: all })).toBeCloseTo(bits / 37, 5);
  });

  it("refuse a protocol that leaves tokens out", async () => {
    const model = await llama();
    const long = text.repeat(4);
    await expect(bitsPerByte(model, long, { protocol: { context: 40, stride: 20 }, windows: 2 })).rejects.toThrow(
      "of 147 tokens would be scored",
    );
  });
});

describe("rows", () => {
  it("are those before the scored tokens", () => {
    const windows = [
      { tokens: Int32Array.of(5, 6, 7), from: 1, to: 3 },
      { tokens: Int32Array.of(8, 9), from: 1, to: 2 },
    ];
    const { rows, targets, counts } = scoredRows(windows);
    expect([...rows]).toEqual([0, 1, 3]);
    expect([...targets]).toEqual([6, 7, 9]);
    expect([...counts]).toEqual([2, 1]);
    expect([...perWindow(Float64Array.of(1, 2, 4), counts).sums]).toEqual([3, 4]);
    expect(rowShares(rows, 2)).toEqual([
      { from: 0, to: 2 },
      { from: 2, to: 3 },
    ]);
  });
});
