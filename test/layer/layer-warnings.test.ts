import { NonFiniteError } from "../../kernel/errors";
import { huffman, planes, rans } from "../../kernel/encode";
import { fromArrays } from "../../kernel/formats/arrays";
import { addZeroGroups, noZeroGroups, zeroGroupsOf } from "../../kernel/layer/layer-warnings";
import { layers, lowRank, magnitude } from "../../kernel/prune";
import { fp4, ggml, hqq, kMeans, linear, mxfp4, nf4, nvfp4, quantize, ternary, trellis } from "../../kernel/quantize";
import { compress } from "../../kernel/recipe/compress";
import type { Recipe } from "../../kernel/recipe/recipe";
import type { Step } from "../../kernel/tensor/step";

const drawn = (count: number, size = 1) =>
  Float32Array.from({ length: count }, (_, i) => size * Math.sin(1.7 * i + i * i));

const run = async (values: Float32Array, shape: number[], recipe: Recipe) => {
  const model = fromArrays({ "a.weight": { shape, values } });
  const small = await compress(model, recipe, { workers: 1 });
  return { small, variant: small.report.layers[0].variants[0], report: small.report };
};

test.each<[string, Step, number]>([
  ["linear", linear({ bits: 4, group: 32 }), 32],
  ["linear per channel", linear({ bits: 4, per: "channel" }), 100],
  ["nf4", nf4({ group: 32 }), 32],
  ["nf4 with coded scales", nf4({ group: 32, doubleQuant: true }), 32],
  ["fp4", fp4({ group: 64 }), 64],
  ["mxfp4", mxfp4(), 32],
  ["nvfp4", nvfp4(), 16],
  ["ternary", ternary(), 600],
  ["kMeans per channel", kMeans({ bits: 2, per: "channel" }), 100],
])("groups of %s are those that share a scale", (_, step, length) => {
  const weights = drawn(600);
  const { quantized } = quantize(weights, step, { shape: [6, 100] });
  const lost = zeroGroupsOf(quantized, weights, new Float32Array(600));
  expect(lost.length).toBe(length);
  expect(lost.zero).toBe(lost.groups);
  expect(zeroGroupsOf(quantized, new Float32Array(600), new Float32Array(600)).zero).toBe(0);
  expect(zeroGroupsOf(quantized, weights, weights).zero).toBe(0);
});

test("the groups of two parts add up", () => {
  expect(addZeroGroups(noZeroGroups, { zero: 1, groups: 4, length: 32 })).toEqual({ zero: 1, groups: 4, length: 32 });
});

test("blocks of ggml near 1e-7, whose float16 scale is 0, keep llama.cpp's bytes and are warned of", async () => {
  const values = drawn(1024);
  values.set(drawn(256, 1e-8), 256);
  const { variant, report, small } = await run(values, [4, 256], ggml({ type: "Q4_0" }));
  expect((await small.tensors[0].read()).subarray(256, 512).every((value) => value === 0)).toBe(true);
  const text = "8 of 32 groups of 32 weights became all zero";
  expect(variant?.warnings).toEqual([{ kind: "zero groups", text }]);
  expect(report.warnings).toEqual([{ kind: "zero groups", text, layer: "a.weight", variant: "ggml Q4_0" }]);
});

test("rows that are no whole blocks are stored in the type that llama.cpp takes, and said to be", async () => {
  const { variant, small } = await run(drawn(384), [4, 96], ggml({ type: "Q4_K" }));
  const text = "stored as Q5_0: its rows are no whole blocks of Q4_K";
  expect(variant?.warnings).toEqual([{ kind: "other type", text }]);
  expect((await run(drawn(384), [4, 96], ggml({ type: "Q5_0" }))).variant?.warnings).toBeUndefined();
  const odd = await run(drawn(384), [8, 48], [magnitude({ sparsity: 0.1 }), ggml({ type: "Q4_K" }), huffman()]);
  expect(odd.variant?.warnings?.map(({ text: said }) => said)).toEqual([text.replace("Q5_0", "F16")]);
  expect(small.report.warnings).toHaveLength(1);
});

test("less than 3 dB is warned of, 3 dB and more is not", async () => {
  const low = await run(drawn(512), [4, 128], magnitude({ sparsity: 0.99 }));
  expect(low.variant?.warnings).toEqual([
    { kind: "low SQNR", text: expect.stringMatching(/^SQNR 0\.\d+ dB, below 3 dB$/) },
  ]);
  const fine = await run(drawn(512), [4, 128], linear({ bits: 4 }));
  expect([fine.variant?.warnings, fine.report.warnings]).toEqual([undefined, undefined]);
});

test("all zero as a whole", async () => {
  const { variant } = await run(drawn(512), [4, 128], linear({ step: 100 }));
  expect(variant?.warnings?.map(({ text }) => text)).toEqual(["SQNR 0.0 dB, below 3 dB", "all weights became zero"]);
});

test.each<[string, Recipe]>([
  ["in one piece", linear({ bits: 4 })],
  ["behind a pruner", [magnitude({ sparsity: 0.1 }), linear({ bits: 4 })]],
  ["hqq", hqq()],
])("scales that float16 does not hold are float32, %s, and said to be", async (_, recipe) => {
  const wide = await run(drawn(512, 1e-9), [4, 128], recipe);
  const plain = await run(drawn(512, 1), [4, 128], recipe);
  expect(wide.variant?.warnings).toEqual([
    { kind: "wider scales", text: "float16 does not hold its scales; they are stored as float32" },
  ]);
  expect(wide.variant?.bytes).toBeGreaterThan(plain.variant?.bytes ?? Infinity);
  expect(wide.variant?.sqnrDb).toBeCloseTo(plain.variant?.sqnrDb ?? 0, 0);
});

test("of a layer in pieces all have the same type of scales, whichever piece needs it", async () => {
  const values = drawn(600 * 512, 1);
  values.set(drawn(512, 1e-9), 400 * 512);
  const { variant, small } = await run(values, [600, 512], linear({ bits: 4 }));
  expect(variant?.warnings?.map(({ kind }) => kind)).toEqual(["wider scales"]);
  const whole = quantize(values, linear({ bits: 4, scaleDtype: "F32" }), { shape: [600, 512] });
  expect(Buffer.compare(Buffer.from((await small.tensors[0].read()).buffer), Buffer.from(whole.values.buffer))).toBe(0);
  expect(variant?.sqnrDb).toBe(whole.error.sqnrDb);
});

test("factors that float16 does not hold are float32, and said to be", async () => {
  const { variant } = await run(drawn(512, 1e-14), [16, 32], lowRank({ rank: 4 }));
  expect(variant?.warnings?.map(({ text }) => text)).toContain(
    "float16 does not hold its factors; they are stored as float32",
  );
});

test("NaN and infinities pass coders to the bit, and are said to be there", async () => {
  const values = drawn(512);
  new Uint32Array(values.buffer).set([0x7fc00001, 0xff800000, 0x80000000, 0x7f800001], 100);
  for (const coder of [huffman(), rans(), planes()]) {
    const { small, variant, report } = await run(values, [4, 128], coder);
    expect(Buffer.from(await small.tensors[0].readBytes())).toEqual(Buffer.from(values.buffer));
    expect(variant).toMatchObject({ sqnrDb: null, relativeError: 0, meanSquaredError: 0 });
    expect(variant?.warnings).toEqual([
      { kind: "not finite", text: "3 weights are NaN or infinite, and kept as they are" },
    ]);
    expect(JSON.stringify(report)).not.toMatch(/:NaN|null,"cosine":null/);
  }
  for (const step of [linear({ bits: 4 }), magnitude({ sparsity: 0.5 }), lowRank({ rank: 1 }), trellis({ step: 0.1 })])
    await expect(run(values, [4, 128], step)).rejects.toThrow("a.weight: weight 100 is NaN");
});

test("a NaN or an infinity that a step makes is an error with layer and step", async () => {
  const values = drawn(512, 3e38);
  const made = run(values, [16, 32], lowRank({ rank: 3, dtype: "F32" }));
  await expect(made).rejects.toThrow(NonFiniteError);
  await expect(made).rejects.toThrow(/^a\.weight: low rank 3 F32 made -?(Infinity|NaN) of weight \d+, which is finite/);
});

test("what surgery takes out is no warning", async () => {
  const matrix = { shape: [8, 8], values: drawn(64) };
  const model = fromArrays(
    Object.fromEntries([0, 1, 2].map((block) => [`encoder.layer.${block}.dense.weight`, matrix])),
  );
  const { report } = await compress(model, [layers({ drop: [1] }), linear({ bits: 4 })], { workers: 1 });
  expect(report.layers.map(({ variants }) => variants[0]?.warnings)).toEqual([undefined, undefined, undefined]);
});
