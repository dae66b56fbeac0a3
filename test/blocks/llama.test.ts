import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { blockCodecs, encodeBlocks } from "../../kernel/blocks";
import { writtenBlocks } from "../../kernel/blocks/block";
import { open } from "../../kernel/open/open";
import { encodeBlockBytes } from "../../kernel/simd/blocks";
import { ggmlLibrary, itWith, miniLm } from "../references";
import { isFull } from "../tiers";

const script = join(__dirname, "../../../test/fixtures/ggml/quantize.py");

/** Blocks of two layers, where npm test has all types and lengths of rows that the other matrices have. */
const someBlocks = { Q4_0: 110_592, NVFP4: 55_296, Q4_K: 4608, Q6_K: 4608 };
/** 22,682,112 weights in rows of 384 and 1,536; blocks of 256 fit the latter only. */
const allBlocks = { Q4_0: 708_816, NVFP4: 354_408, Q4_K: 13_824, Q6_K: 13_824 };

/** Every matrix whose rows are whole blocks, by llama.cpp's library in a process of its own. */
itWith(ggmlLibrary, miniLm)(
  `every block of ${isFull ? "MiniLM" : "two layers of MiniLM"} is llama.cpp's by SIMD, those of two layers plainly too`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "codebook-ggml-"));
    try {
      const compared: Record<string, number> = {};
      for (const tensor of (await open(miniLm)).tensors) {
        const columns = tensor.shape[tensor.shape.length - 1];
        const codecs = writtenBlocks
          .flatMap((name) => blockCodecs.get(name) ?? [])
          .filter((c) => columns % c.weights === 0);
        if (tensor.dtype !== "F32" || tensor.shape.length !== 2 || codecs.length === 0) continue;
        const isOfTwoLayers = /^encoder\.layer\.[05]\./.test(tensor.name);
        if (!isFull && !isOfTwoLayers) continue;
        const weights = await tensor.read();
        const [input, output] = [join(folder, "weights"), join(folder, "blocks")];
        writeFileSync(input, weights);
        const types = codecs.map(({ id, weights: length, bytes }) => `${id}:${length}:${bytes}`);
        execFileSync("python3", [script, ggmlLibrary, String(columns), input, output, ...types], { timeout: 120_000 });
        const expected = readFileSync(output);
        let at = 0;
        for (const codec of codecs) {
          const blocks = weights.length / codec.weights;
          const fast = new Uint8Array(blocks * codec.bytes);
          encodeBlockBytes(codec, weights, columns, undefined, fast);
          const own = expected.subarray(at, at + fast.length);
          const plain = isOfTwoLayers ? encodeBlocks(codec, weights, columns) : fast;
          const found = [tensor.name, codec.name, own.equals(fast), own.equals(plain)];
          expect(found).toEqual([tensor.name, codec.name, true, true]);
          compared[codec.name] = (compared[codec.name] ?? 0) + blocks;
          at += fast.length;
        }
        expect(at).toBe(expected.length);
      }
      expect(compared).toMatchObject(isFull ? allBlocks : someBlocks);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  300_000,
);
