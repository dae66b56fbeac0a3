/** Steps together: pruning, then quantization, then coding. */
import { OptionError } from "../../kernel/errors";
import { encode } from "../../kernel/encode/encode";
import { horner } from "../../kernel/encode/horner";
import { huffman } from "../../kernel/encode/huffman";
import { rans } from "../../kernel/encode/rans";
import { linear } from "../../kernel/quantize/linear";
import { quantize } from "../../kernel/quantize/quantize";
import { sorted } from "../../kernel/quantize/sorted";
import { trellis } from "../../kernel/quantize/trellis";
import { edges } from "../../kernel/prune/edges";
import { magnitude } from "../../kernel/prune/magnitude";
import { nodes } from "../../kernel/prune/nodes";
import { prune } from "../../kernel/prune/prune";
import { compress } from "../../kernel/recipe/compress";
import { fromArrays } from "../../kernel/tensor/memory";
import type { Model } from "../../kernel/tensor/model";
import type { RecipeStep as Step } from "../../kernel/layer/step";
import type { Tensor } from "../../kernel/tensor/tensor";

const wave = (length: number, seed: number) =>
  Float32Array.from({ length }, (_, i) => Math.fround(0.1 * Math.sin(1.7 * i + seed)));

const model = fromArrays(
  {
    "a.weight": { shape: [9, 14], values: wave(126, 1) },
    "a.bias": { shape: [9], values: wave(9, 2) },
    "b.weight": { shape: [5, 9], values: wave(45, 3) },
    "c.weight": { shape: [4, 3, 3, 3], values: wave(108, 4) },
  },
  { name: "chain" },
);
const weights = model.tensors.filter((tensor) => tensor.shape.length > 1);
const zerosOf = (values: Float32Array) => values.filter((value) => value === 0).length;
const variantOf = (small: Awaited<ReturnType<typeof compress>>, name: string) => {
  const variant = small.report.layers.find((layer) => layer.name === name)?.variants[0];
  if (!variant) throw new Error(`no ${name}`);
  return variant;
};

describe("global magnitude", () => {
  test.each([0, 0.1, 0.333, 0.5, 0.77, 1])(
    "exactly round(%d·n) zeros over all layers, as if they were one",
    async (sparsity) => {
      const all = Float32Array.from((await Promise.all(weights.map((tensor) => tensor.read()))).flatMap((w) => [...w]));
      for (const workers of [1, 2]) {
        const small = await compress(model, magnitude({ sparsity, scope: "global" }), { workers });
        const after = (await Promise.all(weights.map(({ name }) => small.tensor(name).read()))).flatMap((w) => [...w]);
        expect(after.filter((value) => value === 0)).toHaveLength(Math.round(sparsity * all.length));
        // The reference: all weights in one layer.
        expect(Float32Array.from(after)).toEqual(prune(all, magnitude({ sparsity })).values);
        expect(small.report.variants[0].touched.sparsity).toBe(Math.round(sparsity * all.length) / all.length);
      }
    },
  );

  test("ties go in model order", async () => {
    const equal = fromArrays({
      "a.weight": { shape: [2, 3], values: Float32Array.of(1, -1, 1, 1, 1, 1) },
      "b.weight": { shape: [2, 2], values: Float32Array.of(-1, 0, 1, 2) },
    });
    const small = await compress(equal, magnitude({ sparsity: 0.8, scope: "global" }));
    expect([...(await small.tensor("a.weight").read())]).toEqual([0, 0, 0, 0, 0, 0]);
    expect([...(await small.tensor("b.weight").read())]).toEqual([0, 0, 1, 2]);
    expect(variantOf(small, "a.weight")).toMatchObject({ sparsity: 1, targetSparsity: 0.8 });
  });

  test("each entry of a recipe has its own threshold", async () => {
    const small = await compress(model, [
      { match: "a.**", steps: magnitude({ sparsity: 0.5, scope: "global" }) },
      { match: "**", steps: magnitude({ sparsity: 0.2, scope: "global" }) },
    ]);
    expect(zerosOf(await small.tensor("a.weight").read())).toBe(63);
    const rest = await Promise.all(["b.weight", "c.weight"].map((name) => small.tensor(name).read()));
    expect(rest.reduce((sum, values) => sum + zerosOf(values), 0)).toBe(Math.round(0.2 * 153));
  });
});

const pruners: Step[] = [
  magnitude({ sparsity: 0.5 }),
  magnitude({ sparsity: 0.95, scope: "row" }),
  nodes({ sparsity: 0.3, remove: false }),
  edges({ n: 2, m: 4 }),
  edges({ fanIn: 3 }),
  edges({ block: [2, 2], sparsity: 0.5 }),
];
const quantizers: Step[] = [
  linear({ bits: 4, group: 8 }),
  linear({ bits: 1, group: 8 }),
  linear({ bits: 3, symmetric: false }),
  sorted({ bits: 2 }),
  linear({ step: 0.02 }),
];

test.each(pruners.flatMap((pruner) => [undefined, ...quantizers].map((quantizer) => [pruner, quantizer] as const)))(
  "%j → %j: each method on the result of the one before, and pruned weights stay zero",
  async (pruner, quantizer) => {
    for (const coder of [undefined, huffman(), horner()]) {
      if (!quantizer && coder?.kind === "horner") continue;
      const steps = [pruner, quantizer, coder].filter((step) => step !== undefined);
      const small = await compress(model, steps);
      for (const { name, shape, read } of weights.map((w) => ({
        name: w.name,
        shape: w.shape,
        read: () => w.read(),
      }))) {
        const pruned = prune(await read(), pruner, { shape });
        const after = await small.tensor(name).read();
        const expected = quantizer ? quantize(pruned.values, quantizer, { shape }).values : pruned.values;
        expect(after).toEqual(expected.map((value, i) => (pruned.mask[i] === 0 ? 0 : value)));
        const variant = variantOf(small, name);
        expect(variant.bytes).toBe(small.tensor(name).sizeBytes);
        expect(variant.sparsity).toBe(zerosOf(after) / after.length);
        expect(variant.steps.map((step) => step.kind)).toEqual(steps.map((step) => step.kind));
        // A coder loses nothing.
        if (coder)
          expect(variant.steps[variant.steps.length - 1]).toMatchObject({
            meanSquaredError: 0,
            sqnrDb: null,
            cosine: 1,
          });
      }
    }
  },
);

test.each(pruners.flatMap((pruner) => [undefined, huffman(), rans()].map((coder) => [pruner, coder] as const)))(
  "%j → trellis → %j: the weights that are left are quantized as one vector",
  async (pruner, coder) => {
    const step = trellis({ step: 0.03 });
    const small = await compress(
      model,
      [pruner, step, coder].filter((one) => one !== undefined),
    );
    for (const tensor of weights) {
      const pruned = prune(await tensor.read(), pruner, { shape: tensor.shape });
      const left = quantize(
        pruned.values.filter((_, i) => pruned.mask[i] !== 0),
        step,
      ).values;
      let next = 0;
      const expected = pruned.values.map((_, i) => (pruned.mask[i] === 0 ? 0 : left[next++]));
      expect(await small.tensor(tensor.name).read()).toEqual(expected);
    }
  },
);

test("bytes by hand: magnitude 50 %, 4 bits: mask and half of the codes are less than all codes", async () => {
  const small = await compress(model, [magnitude({ sparsity: 0.5 }), linear({ bits: 4, group: 14 })], {
    only: "a.weight",
  });
  // 63 codes of 4 bits, 9 scales of 16 bits, 126 bits of mask.
  const entry = '["a.weight",[9,14],[["codes",32],["scale",18],["bitmask",16]]]';
  expect(variantOf(small, "a.weight").bytes).toBe(32 + 18 + 16 + entry.length);
});

test("bytes by hand: a third of the nodes costs one bit a row and the rows that stay", async () => {
  const small = await compress(model, nodes({ keep: 6, remove: false }), { only: "a.weight" });
  const entry = '["a.weight",[9,14],[["values",336],["nodes",2]]]';
  expect(variantOf(small, "a.weight").bytes).toBe(6 * 14 * 4 + 2 + entry.length);
});

test("a coder after a quantizer: its bytes are those of encode() on the codes", async () => {
  const step = linear({ bits: 4 });
  const small = await compress(model, [step, huffman()]);
  for (const { name, shape, read } of weights.map((w) => ({ name: w.name, shape: w.shape, read: () => w.read() }))) {
    const { codes, bits } = quantize(await read(), step, { shape });
    const coded = encode(codes, huffman()).bytes.length;
    const variant = variantOf(small, name);
    const scales = bits / 8 - Math.ceil(codes.length / 2);
    const header = variant.bytes - coded - scales;
    expect(header).toBeGreaterThan(30);
    expect(header).toBeLessThan(80);
  }
});

test("a coder alone keeps every bit of every value: −0, subnormal numbers, 16-bit types", async () => {
  const values = Float32Array.of(-0, 1e-45, 3.5, -3.5, 0, 65504, 2 ** -24, 1);
  const float = fromArrays({ "a.weight": { shape: [2, 4], values } });
  const small = await compress(float, huffman());
  expect(Buffer.from((await small.tensor("a.weight").read()).buffer)).toEqual(Buffer.from(values.buffer));
  expect(variantOf(small, "a.weight")).toMatchObject({ scheme: "huffman", meanSquaredError: 0, sqnrDb: null });

  const halves = Uint16Array.of(0x3c00, 0x8000, 0x0001, 0x7bff, 0xc000, 0, 0x3555, 0x3c00);
  const tensor: Tensor = {
    name: "a.weight",
    shape: [2, 4],
    dtype: "F16",
    parameters: 8,
    sizeBytes: 16,
    read: () => Promise.resolve(Float32Array.of(1, -0, 2 ** -24, 65504, -2, 0, 0.333251953125, 1)),
    readBytes: () => Promise.resolve(new Uint8Array(halves.buffer)),
  };
  const half: Model = {
    ...float,
    tensors: [tensor],
    parameters: 8,
    sizeBytes: 16,
    tensor: () => tensor,
    sha256: () => Promise.resolve(""),
  };
  const smaller = await compress(half, huffman());
  expect(await smaller.tensor("a.weight").read()).toEqual(await tensor.read());
});

test.each<[string, Step[], RegExp]>([
  [
    "prune after quantize",
    [linear({ bits: 4 }), magnitude({ sparsity: 0.5 })],
    /comes after linear 4-bit g128; prune first/,
  ],
  ["quantize after encode", [huffman(), linear({ bits: 4 })], /huffman comes before linear 4-bit g128; .* encode last/],
  ["two coders", [linear({ bits: 4 }), huffman(), horner()], /take one of them/],
  [
    "a late global threshold",
    [nodes({ sparsity: 0.5, remove: false }), magnitude({ sparsity: 0.5, scope: "global" })],
    /is step 2; .* it comes first/,
  ],
])("%s is refused with a reason", async (_name, steps, message) => {
  const error: unknown = await compress(model, steps).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(OptionError);
  expect((error as Error).message).toMatch(message);
});
