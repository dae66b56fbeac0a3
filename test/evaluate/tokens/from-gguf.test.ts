import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { open, saveGguf } from "../../../kernel";
import { encodeText } from "../../../kernel/evaluate/tokens/encode";
import { tokenizerOfGguf } from "../../../kernel/evaluate/tokens/from-gguf";
import { texts, tokenizers, writeFolder } from "../../llama-cpp/tokenizer-fixtures";

const root = mkdtempSync(join(tmpdir(), "codebook-gguf-tokens-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function modelOf(name: string) {
  const folder = await writeFolder(join(root, name), tokenizers[name]);
  const path = join(root, `${name}.gguf`);
  await saveGguf(await open(folder), path);
  return open(path);
}

describe("tokenizerOfGguf", () => {
  it.each(["llama-3", "qwen-2", "deepseek-3", "bloom"])("%s: the file's tokenizer gives Python's ids", async (name) => {
    const place = { ...tokenizerOfGguf(await modelOf(name)), key: name };
    const odd: string[] = [];
    for (const [at, text] of texts.entries()) {
      // A GGUF file does not say that characters are composed first.
      if (text !== text.normalize("NFC")) continue;
      const ids = await encodeText(place, text, true);
      if (JSON.stringify(ids) !== JSON.stringify(tokenizers[name].tokens[at])) odd.push(text);
    }
    expect(odd).toEqual([]);
  });

  it("refuses what it cannot read", async () => {
    const model = await modelOf("qwen-2");
    const change = (metadata: Record<string, unknown>) =>
      tokenizerOfGguf(
        Object.assign(Object.create(model) as typeof model, { metadata: { ...model.metadata, ...metadata } }),
      );
    expect(() => change({ "tokenizer.ggml.model": "llama" })).toThrow('kind "llama" are not read from GGUF');
    expect(() => change({ "tokenizer.ggml.pre": "new" })).toThrow('in the way "new", which is not known here');
    expect(() => change({ "tokenizer.ggml.model": undefined })).toThrow("holds no tokenizer");
  });
});
