import { createHash } from "node:crypto";
import { open } from "../../kernel";
import { tokenize } from "../../kernel/evaluate/text";
import { Runner } from "../../kernel/threads/runner";
import { folderOf, openNetwork, removeFolders, writeTokenizer } from "./networks";

afterAll(removeFolders);

const runner = new Runner(1, undefined);

describe("tokenize", () => {
  it("counts tokens, bytes and characters, and hashes the text", async () => {
    const folder = folderOf("llama");
    writeTokenizer(folder);
    const found = await tokenize(await open(folder), "abcé😀", "perplexity", runner);
    expect([...found.tokens]).toEqual([2, 3, 4, 0, 0]);
    expect(found).toMatchObject({ begin: undefined, bytes: 9, characters: 5 });
    expect(found.sha256).toBe(createHash("sha256").update("abcé😀").digest("hex"));
  });

  it("knows the token with which texts begin", async () => {
    const folder = folderOf("llama");
    writeTokenizer(folder, 1);
    const found = await tokenize(await open(folder), "ab", "perplexity", runner);
    expect([...found.tokens]).toEqual([1, 2, 3]);
    expect(found.begin).toBe(1);
  });

  it("refuses nothing, and a model without a folder", async () => {
    const model = await openNetwork("llama");
    await expect(tokenize(model, "", "perplexity", runner)).rejects.toThrow("perplexity(): the text is empty");
    await expect(tokenize(Object.assign(model, { folder: undefined }), "a", "perplexity", runner)).rejects.toThrow(
      "was opened neither from a folder with a tokenizer.json",
    );
  });
});
