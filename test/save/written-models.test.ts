/** Compressed models that earlier versions wrote give their very w′; and no damage to such a file passes, whatever made it. */
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import {
  compress,
  fp4,
  fp8,
  fromArrays,
  ggml,
  horner,
  hqq,
  huffman,
  kMeans,
  linear,
  meanConstrained,
  mxfp4,
  mxfp8,
  nf4,
  nvfp4,
  open,
  rans,
  sorted,
  ternary,
  trellis,
  verify,
  zstd,
  type Recipe,
} from "../../kernel";
import { damagedPieces, readModelFile } from "../../kernel/archive/model-file";
import { Random } from "../../kernel/bytes/random";
import { memorySource } from "../../kernel/bytes/source";
import { FormatError } from "../../kernel/errors";
import { generateWeights } from "../quantize/generator";
import { sampleOf } from "../tiers";

const fixtures = resolve(__dirname, "../../../test/fixtures/archives/models");
const hashes = JSON.parse(readFileSync(join(fixtures, "models.json"), "utf8")) as Record<
  string,
  Record<string, string>
>;
const folder = mkdtempSync(join(tmpdir(), "codebook-written-"));
afterAll(() => rmSync(folder, { recursive: true }));

test.each(Object.entries(hashes))("0.1.0, %s", async (name, tensors) => {
  const file = join(fixtures, `${name}.codebook`);
  expect((await verify(file)).tensors).toBe(3);
  const model = await open(file);
  expect(model.tensors.map((tensor) => tensor.name)).toEqual(Object.keys(tensors));
  for (const [tensor, wanted] of Object.entries(tensors)) {
    const { buffer } = await model.tensor(tensor).read();
    expect([tensor, createHash("sha256").update(new Uint8Array(buffer)).digest("hex")]).toEqual([tensor, wanted]);
  }
});

const quantizers = sampleOf<Exclude<Recipe, readonly unknown[]>>(
  {
    linear: linear({ bits: 4, group: 32, symmetric: false }),
    meanConstrained: meanConstrained({ bits: 3, group: 32 }),
    sorted: sorted({ bits: 3 }),
    kMeans: kMeans({ bits: 3 }),
    hqq: hqq({ bits: 4, group: 32 }),
    nf4: nf4(),
    fp4: fp4(),
    fp8: fp8(),
    mxfp4: mxfp4(),
    mxfp8: mxfp8(),
    nvfp4: nvfp4(),
    ternary: ternary(),
    trellis: trellis({ targetBits: 3 }),
    ggml: ggml({ type: "Q4_0" }),
  },
  ["linear", "kMeans", "nvfp4", "trellis", "ggml"],
);
const coders = { huffman: huffman(), rans: rans(), horner: horner(), zstd: zstd() };
const toy = fromArrays({
  "a.weight": { shape: [4, 64], values: generateWeights(256, 1) },
  "a.bias": { shape: [4], values: generateWeights(4, 2) },
});

/** What `verify` does with the bytes: the contents first, then each piece. */
async function isDamaged(bytes: Uint8Array): Promise<boolean> {
  const source = memorySource(bytes, "m.codebook");
  try {
    const { pieces } = await readModelFile(source);
    return (await damagedPieces(source, pieces)).length > 0;
  } catch (error) {
    if (error instanceof FormatError) return true;
    throw error;
  }
}

test.each(Object.keys(quantizers))("%s, by every coder: no flip and no cut passes", async (kind) => {
  const random = new Random(20261130);
  const coded = Object.entries(coders).map(([name, coder]) => [name, [quantizers[kind], coder] as Recipe] as const);
  for (const [name, recipe] of [["none", quantizers[kind]] as const, ...coded]) {
    const small = await compress(toy, recipe, { workers: 1 }).catch(() => undefined);
    if (small === undefined) continue;
    const file = join(folder, `${kind}-${name}.codebook`);
    await small.save(file);
    const bytes = new Uint8Array(readFileSync(file));
    expect(await isDamaged(bytes)).toBe(false);
    for (let i = 0; i < 60; i++) {
      const flipped = bytes.slice();
      const at = random.below(bytes.length);
      flipped[at] ^= 1 << random.below(8);
      expect([name, at, await isDamaged(flipped)]).toEqual([name, at, true]);
      const end = random.below(bytes.length);
      expect([name, end, await isDamaged(bytes.slice(0, end))]).toEqual([name, end, true]);
    }
    expect(await isDamaged(Buffer.concat([bytes, Uint8Array.of(0)]))).toBe(true);
  }
});
