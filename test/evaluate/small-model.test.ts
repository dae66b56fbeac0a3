/** The language model of our own that is committed with texts that it has not seen (scripts/python/small_language_model.py). */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { bitsPerByte, open } from "../../kernel";

const examples = resolve(__dirname, "../../../examples");
const folder = join(examples, "models", "small-language-model");

/** Of the first 12,000 characters of each text: what transformers 5.24 computes in float32, windows of 512 tokens, one every 256. */
const wanted = {
  addresses: 1.3533433487354527,
  novel: 1.8521058611433008,
  scripture: 1.2500511483234382,
  books: 1.7570306116670436,
};

test("the file is the one that its card tells of", () => {
  const { sha256 } = JSON.parse(readFileSync(join(folder, "figures.json"), "utf8")) as { sha256: string };
  const content = readFileSync(join(folder, "model.safetensors"));
  expect(createHash("sha256").update(content).digest("hex")).toBe(sha256);
  expect(readFileSync(join(folder, "README.md"), "utf8")).toContain(sha256);
});

test.each(Object.entries(wanted))("its bits per byte of the %s are transformers'", async (kind, bits) => {
  const text = readFileSync(join(examples, "texts", `selection-${kind}.txt`), "utf8").slice(0, 12_000);
  expect(Math.abs((await bitsPerByte(await open(folder), text)) - bits)).toBeLessThan(2e-6);
  expect(bits).toBeLessThan(2.2);
});

test("the texts of the three parts are all different", () => {
  const names = readdirSync(join(examples, "texts"));
  const hashes = names.map((name) =>
    createHash("sha256")
      .update(readFileSync(join(examples, "texts", name)))
      .digest("hex"),
  );
  expect(names).toHaveLength(12);
  expect(new Set(hashes).size).toBe(12);
});
