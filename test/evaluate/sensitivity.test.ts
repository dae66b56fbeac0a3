import { compress, divergence, linear, open, type Model } from "../../kernel";
import { sensitivity } from "../../kernel/evaluate/sensitivity";
import { folderOf, networks, removeFolders, textOf, writeTokenizer } from "./networks";

afterAll(removeFolders);

const text = networks.llama.tokens.map(textOf).join("").repeat(3);
const protocol = { context: 40, stride: 40 };
const blocks = ["model.layers.0", "model.layers.1", "model.layers.2"];

async function llama(): Promise<Model> {
  const folder = folderOf("llama");
  writeTokenizer(folder);
  return open(folder);
}

describe("sensitivity", () => {
  it("exchanges a block at a time: the divergence of the model with that block compressed", async () => {
    const model = await llama();
    const scheme = linear({ bits: 3, group: 4 });
    const seen: unknown[] = [];
    const found = await sensitivity(model, {
      ...{ schemes: { three: scheme, four: linear({ bits: 4, group: 4 }) }, text, protocol },
      onProgress: (progress) => seen.push(progress),
    });
    expect(found.units.map(({ name }) => name)).toEqual(blocks);
    expect(found.units[1].tensors).toHaveLength(7);
    for (const unit of found.units) {
      const own = await compress(model, scheme, { only: unit.tensors });
      const wanted = await divergence(own, model, text, { protocol });
      expect(unit.losses.three.divergence).toEqual(wanted.forward);
      expect(unit.losses.three.outputError).toBeGreaterThan(0);
      const errors = own.report.layers.map((layer) => layer.parameters * (layer.variants[0]?.relativeError ?? 0));
      const mean = errors.reduce((sum, one) => sum + one, 0) / unit.parameters;
      expect(unit.losses.three.weightError).toBeCloseTo(mean, 12);
    }
    const all = await compress(model, scheme, { only: found.units.flatMap(({ tensors }) => tensors) });
    expect(found.schemes.three.all).toEqual((await divergence(all, model, text, { protocol })).forward);
    const sum = found.units.reduce((total, { losses }) => total + losses.three.divergence.mean, 0);
    expect(found.schemes.three.sumOfUnits).toBeCloseTo(sum, 14);
    expect(found.schemes.three.additivity).toBeCloseTo(found.schemes.three.all.mean / sum, 12);
    expect(found.schemes.three.weightErrorRank.pairs).toBe(3);
    expect(seen[seen.length - 1]).toMatchObject({ unit: "steps", done: 8, total: 8 });
  });

  it("exchanges a matrix at a time", async () => {
    const model = await llama();
    const found = await sensitivity(model, {
      schemes: { three: linear({ bits: 3, group: 4 }) },
      text,
      protocol,
      unit: "layer",
      windows: 2,
    });
    expect(found.units).toHaveLength(21);
    expect(found).toMatchObject({ unit: "layer", windows: 2, protocol: "context 40, stride 40" });
    const { name, tensors, losses } = found.units[9];
    expect(tensors).toEqual([name]);
    const own = await compress(model, linear({ bits: 3, group: 4 }), { only: name });
    expect(losses.three.divergence).toEqual((await divergence(own, model, text, { protocol, windows: 2 })).forward);
  });

  it("says what is wrong", async () => {
    const model = await llama();
    await expect(sensitivity(model, { schemes: {}, text })).rejects.toThrow("recipes by name");
    await expect(
      sensitivity(model, { schemes: { a: linear({ bits: 4 }) }, text, unit: "head" as never }),
    ).rejects.toThrow('there are "block" and "layer"');
    await expect(sensitivity(model, { schemes: { a: linear({ bits: 4 }) }, txt: text } as never)).rejects.toThrow(
      'did you mean "text"?',
    );
  });
});
