import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { huffman } from "../../kernel/encode/huffman";
import { rans } from "../../kernel/encode/rans";
import { fromArrays } from "../../kernel/formats/arrays";
import { edges } from "../../kernel/prune/edges";
import { magnitude } from "../../kernel/prune/magnitude";
import { fp8 } from "../../kernel/quantize/fp8";
import { ggml } from "../../kernel/quantize/ggml";
import { hqq } from "../../kernel/quantize/hqq";
import { kMeans } from "../../kernel/quantize/k-means";
import { linear } from "../../kernel/quantize/linear";
import { meanConstrained } from "../../kernel/quantize/mean-constrained";
import { nf4 } from "../../kernel/quantize/nf4";
import { nvfp4 } from "../../kernel/quantize/nvfp4";
import { sorted } from "../../kernel/quantize/sorted";
import { ternary } from "../../kernel/quantize/ternary";
import { trellis } from "../../kernel/quantize/trellis";
import { compress } from "../../kernel/recipe/compress";
import type { Recipe } from "../../kernel/recipe/recipe";
import { gaussianWeights } from "../blocks/weights";

const shapes: Record<string, readonly number[]> = Object.fromEntries(
  [64, 33, 16, 96, 7, 48, 50, 20, 1, 64, 30].map((rows, i) => [`layers.${i}.weight`, [rows, 256]]),
);
const model = fromArrays(
  Object.fromEntries(
    Object.entries(shapes).map(([name, shape], i) => [name, { shape, values: gaussianWeights(shape[0] * 256, i) }]),
  ),
);

const recipes: Record<string, Recipe> = {
  linear: linear({ bits: 4 }),
  "linear to a target, rans": [linear({ targetBits: 3 }), rans()],
  nf4: nf4({ doubleQuant: true }),
  fp8: fp8(),
  nvfp4: nvfp4(),
  "ggml Q4_K": ggml({ type: "Q4_K" }),
  trellis: trellis({ step: 0.01 }),
  hqq: hqq({ iterations: 3 }),
  meanConstrained: meanConstrained({ bits: 3 }),
  ternary: ternary(),
  sorted: [sorted({ bits: 3 }), huffman()],
  kMeans: kMeans({ bits: 2, exact: false }),
  magnitude: [magnitude({ sparsity: 0.5, scope: "global" }), linear({ bits: 3 }), huffman()],
  edges: edges({ n: 2, m: 4 }),
};

test.each(Object.entries(recipes))("%s: 1, 2, 4 and 8 workers give the same report and file", async (_name, recipe) => {
  const folder = await mkdtemp(join(tmpdir(), "codebook-workers-"));
  try {
    const results = new Set<string>();
    for (const workers of [1, 2, 4, 8]) {
      const small = await compress(model, recipe, { workers });
      const file = join(folder, `${workers}.safetensors`);
      await small.save(file);
      const hash = createHash("sha256").update(readFileSync(file)).digest("hex");
      results.add(`${await small.sha256()} ${hash} ${JSON.stringify(small.report)}`);
    }
    expect(results.size).toBe(1);
  } finally {
    await rm(folder, { recursive: true });
  }
});
