/** Saved files in the hands of gguf-py and safetensors: every tensor of every type that we write has the values that we have. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { compress, fromArrays, ggml, linear, open, saveGguf, saveSafetensors, type Tensor } from "../../kernel";
import { writtenBlocks } from "../../kernel/blocks/block";
import { decodeFloat16, encodeFloat16 } from "../../kernel/bytes/half-float";
import { adversarialWeights, gaussianWeights } from "../blocks/weights";
import { hasModules, itWith, referencePython } from "../references";

const folder = mkdtempSync(join(tmpdir(), "codebook-read-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

const model = fromArrays({
  "a.weight": { shape: [24, 512], values: gaussianWeights(24 * 512, 1) },
  "b.weight": { shape: [7, 256], values: adversarialWeights(7 * 256, 2).map((w) => Math.max(-4e4, Math.min(4e4, w))) },
  "norm.weight": { shape: [512], values: gaussianWeights(512, 3) },
});

async function hashes(tensors: readonly Tensor[], round = (value: number) => value): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const tensor of tensors) {
    const values = (await tensor.read()).map(round);
    found[tensor.name] = createHash("sha256").update(new Uint8Array(values.buffer)).digest("hex");
  }
  return found;
}

function readByOthers(...files: string[]): Record<string, string>[] {
  const script = resolve(__dirname, "../../../test/fixtures/recipe/read_back.py");
  const run = spawnSync(referencePython, [script, ...files], {
    encoding: "utf8",
    timeout: 240_000,
    maxBuffer: 2 ** 26,
  });
  if (run.status !== 0) throw new Error(run.stderr);
  return run.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, string>);
}

/** gguf-py 0.19 has no NVFP4. */
const types = writtenBlocks.filter((type) => type !== "NVFP4");

itWith(hasModules("gguf"))(
  "gguf-py reads ggml's blocks of every type to our values",
  async () => {
    await saveGguf(model, at("base.gguf"), { metadata: { "general.architecture": "llama" } });
    const base = await open(at("base.gguf"));
    const ours: Record<string, string>[] = [];
    const seen = new Set<string>();
    for (const type of types) {
      const small = await compress(base, ggml({ type }));
      await small.save(at(`${type}.gguf`));
      ours.push(await hashes(small.tensors));
      for (const { dtype } of (await open(at(`${type}.gguf`))).tensors) seen.add(dtype);
    }
    expect([...types].filter((type) => !seen.has(type))).toEqual([]);
    const theirs = readByOthers(...types.map((type) => at(`${type}.gguf`)));
    types.forEach((type, i) => expect([type, theirs[i]]).toEqual([type, ours[i]]));
  },
  280_000,
);

const bits = new Uint32Array(1);
const float = new Float32Array(bits.buffer);
/** To nearest, ties to even. */
const bfloat16 = (value: number): number => {
  float[0] = value;
  bits[0] = (bits[0] + 0x7fff + ((bits[0] >>> 16) & 1)) & 0xffff0000;
  return float[0];
};
const float16 = (value: number): number => decodeFloat16(encodeFloat16(value));

itWith(hasModules("safetensors", "torch"))(
  "safetensors reads F32, F16 and BF16 to our values",
  async () => {
    const small = await compress(model, linear({ bits: 5, group: 64 }), { skip: "b.*" });
    const kinds = { F32: (value: number) => value, F16: float16, BF16: bfloat16 } as const;
    for (const [dtype, round] of Object.entries(kinds) as [keyof typeof kinds, (value: number) => number][]) {
      const file = at(`${dtype}.safetensors`);
      await small.save(file, { dtype });
      const [theirs] = readByOthers(file);
      expect([dtype, theirs]).toEqual([dtype, await hashes(small.tensors, round)]);
    }
    await saveSafetensors(model, at("plain.safetensors"));
    expect(readByOthers(at("plain.safetensors"))).toEqual([await hashes(model.tensors)]);
  },
  120_000,
);
