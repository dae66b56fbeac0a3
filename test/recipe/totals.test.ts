import { fromArrays } from "../../kernel/formats/arrays";
import { measureError, sumErrors } from "../../kernel/measure";
import { linear } from "../../kernel/quantize/linear";
import { compress } from "../../kernel/recipe/compress";
import { totalsOf, type TouchedLayer } from "../../kernel/recipe/totals";

const drawn = (count: number) => Float32Array.from({ length: count }, (_, i) => Math.sin(1.7 * i + i * i));

test("totals by hand: t² is the mean by parameters, SQNR that of all weights together", () => {
  const layer = (name: string, before: number[], after: number[], bytes: number): TouchedLayer => {
    const sums = sumErrors(Float32Array.from(before), Float32Array.from(after));
    const [origin] = fromArrays({ [name]: { shape: [1, before.length], values: Float32Array.from(before) } }).tensors;
    return { origin, variant: { bytes, relativeError: sums.squaredError / sums.squaredBefore }, sums, zeros: 1 };
  };
  const totals = totalsOf([layer("a.weight", [3, 4, 0], [3, 4, 1], 2), layer("b.weight", [2], [0], 1)]);
  expect(totals).toEqual({
    layers: 2,
    parameters: 4,
    bytes: 3,
    bitsPerWeight: 6,
    sqnrDb: 10 * Math.log10(29 / 5),
    sparsity: 0.5,
    relativeError: (3 * (1 / 25) + 1 * 1) / 4,
  });
  expect(totalsOf([])).toMatchObject({ layers: 0, bitsPerWeight: 0, sqnrDb: null, relativeError: 0 });
});

test("a variant has its totals with embeddings and without; the bytes and errors are those of its tensors", async () => {
  const shapes = { "embed_tokens.weight": [64, 32], "layers.0.mlp.up_proj.weight": [48, 32], "norm.weight": [32] };
  const model = fromArrays(
    Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [name, { shape, values: drawn(shape.reduce((a, b) => a * b)) }]),
    ),
  );
  const small = await compress(model, linear({ bits: 3, group: 32 }), { workers: 1 });
  const [variant] = small.report.variants;
  const up = small.report.layers[1];
  const bytes = small.tensors[1].sizeBytes + small.tensors[2].sizeBytes;
  expect(variant.withoutEmbeddings).toEqual({
    parameters: 48 * 32 + 32,
    bytes,
    bitsPerWeight: (8 * bytes) / (48 * 32 + 32),
    touched: {
      layers: 1,
      parameters: up.parameters,
      bytes: up.variants[0]?.bytes,
      bitsPerWeight: up.variants[0]?.bitsPerWeight,
      sqnrDb: up.variants[0]?.sqnrDb,
      sparsity: up.variants[0]?.sparsity,
      relativeError: up.variants[0]?.relativeError,
    },
  });
  const error = measureError(await model.tensors[1].read(), await small.tensors[1].read());
  expect(up.variants[0]?.relativeError).toBeCloseTo(10 ** (-(error.sqnrDb ?? 0) / 10), 12);
  const plain = await compress(model, linear({ bits: 3 }), { only: "layers.**", workers: 1 });
  expect(plain.report.variants[0].withoutEmbeddings?.touched).toEqual(plain.report.variants[0].touched);
  const none = fromArrays({ "fc.weight": { shape: [4, 4], values: drawn(16) } });
  expect((await compress(none, linear({ bits: 3 }), { workers: 1 })).report.variants[0]).not.toHaveProperty(
    "withoutEmbeddings",
  );
});
