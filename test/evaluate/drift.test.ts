import { compress, linear, open } from "../../kernel";
import { apart, drift } from "../../kernel/evaluate/drift";
import { folderOf, removeFolders, writeTokenizer } from "./networks";

afterAll(removeFolders);

async function opened(name: string) {
  const folder = folderOf(name);
  writeTokenizer(folder);
  return open(folder);
}

describe("apart", () => {
  it("is cosine and signal to noise", () => {
    const found = apart("x", Float32Array.of(1, 0, 3, 4), Float32Array.of(1, 1, 3, 4), 2);
    expect(found.cosine).toBeCloseTo((Math.SQRT1_2 + 1) / 2, 12);
    expect(found.sqnrDb).toBeCloseTo(10 * Math.log10(27 / 1), 12);
    expect(apart("x", new Float32Array(2), new Float32Array(2), 2)).toEqual({ name: "x", cosine: 1, sqnrDb: null });
  });
});

describe("drift", () => {
  it("follows a model's states block by block, and is nothing for the same weights", async () => {
    const model = await opened("bert");
    const texts = ["abcdef", "hijk", "lmnopqr", "stuv"];
    const same = await drift(model, model, texts);
    expect(same.blocks.map(({ name, sqnrDb }) => [name, sqnrDb])).toEqual([
      ["embedding", null],
      ["encoder.layer.0", null],
      ["encoder.layer.1", null],
      ["encoder.layer.2", null],
    ]);
    expect(same.pooledCosine.mean).toBeCloseTo(1, 12);
    expect(same).toMatchObject({ inputs: 4, tokens: 21, engine: { name: "wasm" } });

    const last = await compress(model, linear({ bits: 3, group: 4 }), { only: "encoder.layer.2.**" });
    const found = await drift(last, model, texts);
    expect(found.blocks.slice(0, 3).map(({ sqnrDb }) => sqnrDb)).toEqual([null, null, null]);
    expect(found.output.sqnrDb).toBeGreaterThan(0);
    expect(found.output.sqnrDb).toBeLessThan(40);
    expect(found.pooledCosine.mean).toBeLessThan(1);
    expect(found.pooledCosine.interval?.[0]).toBeLessThanOrEqual(found.pooledCosine.mean);
  });

  it("compares networks of one form only, and needs inputs", async () => {
    const model = await opened("bert");
    await expect(drift(await opened("gpt_neox"), model, "abc")).rejects.toThrow("their states are not compared");
    await expect(drift(model, model, [])).rejects.toThrow("a text or a list of texts");
    await expect(drift(model, model, ["abc", ""])).rejects.toThrow("the text is empty");
    await expect(drift(model, model, "abc", { protocol: "x" } as object)).rejects.toThrow('unknown option "protocol"');
  });
});
