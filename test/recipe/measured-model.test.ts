import { NonFiniteError, OptionError } from "../../kernel/errors";
import type { Progress } from "../../kernel/host";
import { fromArrays } from "../../kernel/formats/arrays";
import { measureError } from "../../kernel/measure";
import { linear } from "../../kernel/quantize/linear";
import { compare } from "../../kernel/recipe/compare";
import { compress } from "../../kernel/recipe/compress";
import { measureModel } from "../../kernel/recipe/measured-model";
import { Runner } from "../../kernel/threads/runner";

const drawn = (count: number, seed: number) =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(1.7 * i * i + seed));
const shapes: Record<string, number[]> = {
  "model.embed_tokens.weight": [16, 8],
  "model.layers.0.mlp.up_proj.weight": [12, 8],
  "model.layers.0.mlp.down_proj.weight": [8, 12],
  "model.norm.weight": [8],
};
const modelOf = (change: (name: string, values: Float32Array) => Float32Array | undefined, prefix = "model.") =>
  fromArrays(
    Object.fromEntries(
      Object.entries(shapes).flatMap(([name, shape], at) => {
        const values = change(
          name,
          drawn(
            shape.reduce((a, b) => a * b),
            at,
          ),
        );
        return values ? [[name.replace("model.", prefix), { shape, values }] as const] : [];
      }),
    ),
    { name: "toy" },
  );
const base = modelOf((_, values) => values);
/** Rounded to eighths, but for the embeddings. */
const other = modelOf(
  (name, values) => (/embed/.test(name) ? values : values.map((value) => Math.round(8 * value) / 8)),
  "",
);

test("another model of the same weights stands beside ours, each layer measured against the base", async () => {
  const ours = await compress(base, linear({ bits: 4, group: 8 }), { skip: "**embed**", workers: 1 });
  const seen: Progress[] = [];
  const onProgress = (progress: Progress) => void seen.push(progress);
  const report = await compare({ theirs: other, ours, original: base }, { base, workers: 1, onProgress });
  expect(report.variants.map(({ name }) => name)).toEqual(["theirs", "ours", "original"]);
  expect(report.layers.map(({ name, variants }) => [name, ...variants.map((variant) => variant?.scheme)])).toEqual([
    ["model.layers.0.mlp.up_proj.weight", "F32", "linear 4-bit g8", undefined],
    ["model.layers.0.mlp.down_proj.weight", "F32", "linear 4-bit g8", undefined],
    ["model.norm.weight", "F32", undefined, undefined],
  ]);
  let weighted = 0;
  for (const { name, parameters, variants } of report.layers) {
    const [theirs] = variants;
    const error = measureError(await base.tensor(name).read(), await other.tensor(name.replace("model.", "")).read());
    expect(theirs).toMatchObject(error);
    expect(theirs?.relativeError).toBeCloseTo(10 ** (-(error.sqnrDb ?? 0) / 10), 12);
    if (!/norm/.test(name)) weighted += (theirs?.relativeError ?? 0) * parameters;
  }
  const [theirs] = report.variants;
  expect(theirs.touched).toMatchObject({ layers: 2, parameters: 192, bytes: 768, bitsPerWeight: 32 });
  expect(theirs.touched.relativeError).toBeCloseTo(weighted / 192, 12);
  expect(theirs.withoutEmbeddings).toMatchObject({ parameters: 200, bytes: 800, bitsPerWeight: 32 });
  expect(report.layers[0].variants[1]).toEqual(ours.report.layers[0].variants[0]);
  expect(report.variants[2].withoutEmbeddings).toMatchObject({ parameters: 200, bytes: 800, touched: { layers: 0 } });
  expect(report.warnings).toBeUndefined();
  expect(seen.at(-1)).toMatchObject({ task: "comparing", done: 328, total: 328 });
});

test("what did not match is listed", async () => {
  const part = modelOf((name, values) => (/norm/.test(name) ? undefined : values.map((value) => 2 * value)));
  const { warnings, layers } = await compare({ part }, { base, workers: 1 });
  expect(layers).toHaveLength(3);
  expect(warnings?.filter(({ kind }) => kind === "unmatched")).toEqual([
    { kind: "unmatched", layer: "model.norm.weight", variant: "part", text: "not compared: only the base has it" },
  ]);
  expect(warnings?.filter(({ kind }) => kind === "low SQNR").map(({ text }) => text)).toContain(
    "SQNR 0.0 dB, below 3 dB",
  );
});

test("mistakes speak: nothing in common, a report without weights, two models without a base, a NaN, no model", async () => {
  const strange = fromArrays({ "fc.weight": { shape: [2, 2], values: new Float32Array(4) } });
  await expect(compare({ strange }, { base, workers: 1 })).rejects.toThrow(
    'no tensor of "strange" has name and shape of one of toy; the nearest to "fc.weight" are',
  );
  const { report } = await compress(other, linear({ bits: 4 }), { workers: 1 });
  await expect(compare({ report }, { base })).rejects.toThrow("weights are not in it; give the model instead");
  await expect(compare({ base, other })).rejects.toThrow("others with { base: model }");
  await expect(compare({ base }, { base: 4 as never })).rejects.toThrow("compare(): base is 4");
  await expect(compare({ base }, { bsae: base } as never)).rejects.toThrow('did you mean "base"?');
  const broken = modelOf((_, values) => values.map((value, i) => (i === 5 ? NaN : value)));
  const failed = compare({ broken }, { base, workers: 1 });
  await expect(failed).rejects.toThrow(NonFiniteError);
  await expect(failed).rejects.toThrow("broken: model.embed_tokens.weight: weight 5 is NaN");
  await expect(measureModel("s", strange, base, new Runner(1, undefined), undefined)).rejects.toThrow(OptionError);
});
