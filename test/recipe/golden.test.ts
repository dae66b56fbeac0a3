import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { huffman } from "../../kernel/encode/huffman";
import { linear } from "../../kernel/quantize/linear";
import { magnitude } from "../../kernel/prune/magnitude";
import { compress } from "../../kernel/recipe/compress";
import { fromArrays } from "../../kernel/tensor/memory";

const folder = join(__dirname, "..", "..", "..", "test", "golden", "recipe");

test("a report is, to the byte, the committed one", async () => {
  // Values that are exact in binary, so that no library function of the platform has a say.
  const values = (length: number, seed: number) =>
    Float32Array.from({ length }, (_, i) => (((i * 7919 + seed * 104729) % 1009) - 504) / 4096);
  const model = fromArrays(
    {
      "embeddings.word_embeddings.weight": { shape: [7, 12], values: values(84, 1) },
      "encoder.layer.0.attention.self.query.weight": { shape: [12, 12], values: values(144, 2) },
      "encoder.layer.0.attention.self.query.bias": { shape: [12], values: values(12, 3) },
    },
    { name: "golden" },
  );
  const steps = [magnitude({ sparsity: 0.25, scope: "global" }), linear({ bits: 4, group: 8 }), huffman()];
  const small = await compress(model, steps, { name: "small", seed: 7 });
  const found = `${JSON.stringify(small.report, null, 1)}\n`;
  const path = join(folder, "report.json");
  const expected = existsSync(path) ? readFileSync(path, "utf8") : "";
  if (found !== expected) writeFileSync(join(folder, "report-changed.json"), found);
  expect(found).toBe(expected);
});
