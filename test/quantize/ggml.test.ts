import { blockCodecs, encodeBlocks } from "../../kernel/blocks";
import { writtenBlocks } from "../../kernel/blocks/block";
import { NonFiniteError, OptionError } from "../../kernel/errors";
import { fromArrays } from "../../kernel/formats/arrays";
import { ggml, ggmlBytes } from "../../kernel/quantize/ggml";
import { dequantize, quantize, quantizerLabel } from "../../kernel/quantize/quantize";
import { compress } from "../../kernel/recipe/compress";
import { huffman } from "../../kernel/encode/huffman";
import { magnitude } from "../../kernel/prune/magnitude";
import { generateWeights } from "./generator";

test.each([...writtenBlocks])("%s: stored bits are the blocks' bytes, and both give the same values", (type) => {
  const weights = generateWeights(6 * 512, 1);
  const result = quantize(weights, ggml({ type }), { shape: [6, 512] });
  const { bytes, type: stored } = ggmlBytes(result.quantized);
  const codec = blockCodecs.get(type);
  expect(stored).toBe(type);
  expect(codec && encodeBlocks(codec, weights, 512)).toEqual(bytes);
  expect(result.bits).toBe(8 * bytes.length);
  const values = new Float32Array(weights.length);
  for (let block = 0; codec && block * codec.weights < weights.length; block++) {
    const codes = new Uint8Array(codec.weights);
    codec.packing.unpack(bytes, block * codec.bytes, codes);
    codec.decode(bytes, block * codec.bytes, codes, values, block * codec.weights);
  }
  expect(result.values).toEqual(values);
  expect(dequantize(result)).toEqual(values);
  expect(result.label).toBe(`ggml ${type}`);
});

test("Q8_0 by hand: d = max|w|/127 in float16, codes round halves away from zero", () => {
  const weights = Float32Array.from({ length: 32 }, (_, i) => (i === 0 ? 127 : i === 1 ? -2.5 : i === 2 ? 2.5 : 0));
  const { codes, values, bitsPerWeight } = quantize(weights, ggml({ type: "Q8_0" }));
  expect([...codes.subarray(0, 4)]).toEqual([127, -3, 3, 0]);
  expect([...values.subarray(0, 4)]).toEqual([127, -3, 3, 0]);
  expect(bitsPerWeight).toBe(8.5);
});

test("Q4_0 by hand: the peak is code 0", () => {
  // d = 8/−8 = −1: q = ⌊−w + 8.5⌋
  const weights = Float32Array.from({ length: 32 }, (_, i) => [8, -8, 1, 0.6, 0.4][i] ?? 0);
  const { codes, values } = quantize(weights, ggml({ type: "Q4_0" }));
  expect([...codes.subarray(0, 6)]).toEqual([0, 15, 7, 7, 8, 8]);
  expect([...values.subarray(0, 5)]).toEqual([8, -7, 1, 1, 0].map((v) => (v === 0 ? -0 : v)));
});

test("importance lowers the error that it weighs", () => {
  const weights = generateWeights(8 * 256, 5);
  const importance = Array.from({ length: 256 }, (_, i) => (i % 16 === 0 ? 100 : 1));
  const weighed = (values: Float32Array) =>
    values.reduce((sum, value, i) => sum + importance[i % 256] * (value - weights[i]) ** 2, 0);
  const shape = [8, 256];
  for (const type of ["Q4_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ4_XS"] as const) {
    const plain = quantize(weights, ggml({ type }), { shape });
    const better = quantize(weights, ggml({ type, importance: { w: importance } }), { shape, name: "w" });
    expect(better.label).toBe(`ggml ${type} by importance`);
    expect(weighed(better.values)).toBeLessThan(weighed(plain.values));
  }
  // A layer without an entry, and a type without a search, go without.
  expect(quantize(weights, ggml({ type: "Q4_K", importance: { w: [1] } }), { shape, name: "v" }).label).toBe(
    "ggml Q4_K",
  );
  expect(quantize(weights, ggml({ type: "Q8_0", importance }), { shape }).label).toBe("ggml Q8_0");
});

test.each([
  ["Q4_K", 384, "ggml Q5_0 for Q4_K", 5.5],
  ["Q5_K", 32, "ggml Q5_1 for Q5_K", 6],
  ["Q6_K", 96, "ggml Q8_0 for Q6_K", 8.5],
  ["Q2_K", 384, "ggml Q4_0 for Q2_K", 4.5],
  ["Q3_K", 384, "ggml Q4_0 for Q3_K", 4.5],
  ["IQ4_XS", 64, "ggml IQ4_NL for IQ4_XS", 4.5],
  ["NVFP4", 96, "ggml F16 for NVFP4", 16],
  ["Q4_K", 7, "ggml F16 for Q4_K", 16],
  ["Q4_0", 545, "ggml F16 for Q4_0", 16],
] as const)("rows that %s's blocks do not fit (%i): %s", (type, columns, label, bits) => {
  const result = quantize(generateWeights(3 * columns, 2), ggml({ type }), { shape: [3, columns] });
  expect(result.label).toBe(label);
  expect(result.bitsPerWeight).toBe(bits);
  expect(ggmlBytes(result.quantized).bytes.length * 8).toBe(result.bits);
  expect(result.error.sqnrDb).toBeGreaterThan(18);
});

test("empty tensors, vectors and more dimensions", () => {
  expect(quantize(new Float32Array(0), ggml({ type: "Q4_K" }), { shape: [0, 256] }).values).toHaveLength(0);
  expect(quantize(generateWeights(256, 1), ggml({ type: "Q4_K" })).label).toBe("ggml Q4_K");
  const experts = quantize(generateWeights(2 * 3 * 256, 1), ggml({ type: "Q6_K" }), { shape: [2, 3, 256] });
  expect(experts.label).toBe("ggml Q6_K");
});

test("refuses what it cannot do", () => {
  expect(() => ggml({})).toThrow(/takes a type, such as \{ type: "Q4_K" \}, or a mixture/);
  expect(() => ggml({ type: "Q4_K", mix: "Q4_K_M" })).toThrow(/either a type/);
  expect(() => ggml({ type: "q4_k" as "Q4_K" })).toThrow(/did you mean "Q4_K"/);
  expect(() => ggml({ mix: "Q4_K" as "Q4_K_M" })).toThrow(OptionError);
  expect(() => ggml({ type: "Q4_K_M" as "Q4_K" })).toThrow(/is a mixture.*ggml\(\{ mix: "Q4_K_M" \}\)/);
  expect(() => ggml({ tpye: "Q4_K" } as object)).toThrow(/did you mean "type"/);
  expect(() => ggml({ type: "Q4_K", importance: [1, -1] })).toThrow(/importance is -1 at 1/);
  expect(() => ggml({ type: "Q4_K", importance: { w: [NaN] } })).toThrow(/importance of "w" is NaN at 0/);
  expect(() => ggml({ type: "Q4_K", importance: { w: [1, 1e34] } })).toThrow('importance of "w" is 1e+34 at 1');
  expect(() => ggml({ type: "Q4_K", importance: { w: [0, 0] } })).toThrow('importance of "w" is 0 for all 2 columns');
  expect(() => ggml({ type: "Q4_K", importance: [1e-30] })).toThrow("importance is at most 1e-30");
  expect(() => ggml({ type: "Q4_K", importance: 3 as unknown as number[] })).toThrow(OptionError);
  const weights = generateWeights(256, 1);
  expect(() => quantize(weights, ggml({ type: "Q4_K", importance: [1, 2] }))).toThrow(
    /has 2 numbers, and the rows 256/,
  );
  expect(() => quantize(weights, ggml({ mix: "Q4_K_M" }))).toThrow(/compress\(model, ggml\(\{ mix: "Q4_K_M" \}\)\)/);
  for (const bad of [NaN, Infinity, -Infinity]) {
    const broken = weights.slice();
    broken[17] = bad;
    expect(() => quantize(broken, ggml({ type: "Q4_K" }))).toThrow(NonFiniteError);
  }
  expect(() =>
    quantize(
      weights.map((w) => w * 1e20),
      ggml({ type: "Q4_K" }),
    ),
  ).toThrow(/holds its scale as float16/);
  // Sums of squares overflow there, and the search finds no scale: that is no weight of zero.
  for (const type of ["Q3_K", "Q6_K", "IQ4_XS"] as const)
    expect(() =>
      quantize(
        weights.map((w) => w * 1e30),
        ggml({ type }),
      ),
    ).toThrow(/holds its scale as float16/);
  expect(() => quantize([1e6], ggml({ type: "Q4_K" }))).toThrow(/is 1000000 at 0/);
  // A weight beyond float16 whose scale is not.
  const large = quantize(new Float32Array(32).fill(1e5), ggml({ type: "Q8_0" })).values;
  for (const value of large) expect(Math.abs(value / 1e5 - 1)).toBeLessThan(0.001);
});

test("compress: a mixture in a Llama-like model, blocks counted whole, norms and positions left alone", async () => {
  const tensor = (name: string, shape: number[], seed: number) => ({
    name,
    shape,
    values: generateWeights(
      shape.reduce((a, b) => a * b, 1),
      seed,
    ),
  });
  const layers = [0, 1, 2].flatMap((n) => [
    tensor(`model.layers.${n}.self_attn.q_proj.weight`, [256, 256], n),
    tensor(`model.layers.${n}.self_attn.v_proj.weight`, [64, 256], n + 10),
    tensor(`model.layers.${n}.mlp.down_proj.weight`, [256, 512], n + 20),
    tensor(`model.layers.${n}.input_layernorm.weight`, [256], n + 30),
  ]);
  const arrays = [tensor("model.embed_tokens.weight", [40, 256], 9), ...layers];
  const model = fromArrays(Object.fromEntries(arrays.map(({ name, shape, values }) => [name, { shape, values }])));
  const { report } = await compress(model, ggml({ mix: "Q4_K_M" }), { workers: 1 });
  expect(report.variants[0].name).toBe("ggml Q4_K_M");
  const schemes = Object.fromEntries(report.layers.map(({ name, variants }) => [name, variants[0]?.scheme]));
  // Three layers: an eighth is none; layer 2 (from 7·3/8 on, and every third) has more bits.
  expect(schemes).toEqual({
    "model.embed_tokens.weight": "ggml Q6_K",
    ...Object.fromEntries(
      [0, 1, 2].flatMap((n) => [
        [`model.layers.${n}.self_attn.q_proj.weight`, "ggml Q4_K"],
        [`model.layers.${n}.self_attn.v_proj.weight`, n === 2 ? "ggml Q6_K" : "ggml Q4_K"],
        [`model.layers.${n}.mlp.down_proj.weight`, n === 2 ? "ggml Q6_K" : "ggml Q4_K"],
      ]),
    ),
  });
  const chain = await compress(model, [magnitude({ sparsity: 0.5 }), ggml({ type: "TQ1_0" }), huffman()], {
    workers: 1,
  });
  const read = await chain.tensor("model.layers.0.mlp.down_proj.weight").read();
  expect(read.filter((value) => value === 0).length).toBeGreaterThanOrEqual(read.length / 2);
  const plain = await compress(model, ggml({ type: "TQ1_0" }), { workers: 1 });
  const down = plain.report.layers.find(({ name }) => name.endsWith("0.mlp.down_proj.weight"));
  expect(down?.variants[0]?.bitsPerWeight).toBeCloseTo(1.6875, 1);
  expect(await plain.tensor("model.layers.0.mlp.down_proj.weight").read()).toEqual(
    quantize(generateWeights(256 * 512, 20), ggml({ type: "TQ1_0" }), { shape: [256, 512] }).values,
  );
  expect(quantizerLabel(ggml({ mix: "IQ4_XS" }))).toBe("ggml IQ4_XS");
});
