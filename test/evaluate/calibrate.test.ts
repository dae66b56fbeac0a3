import { join } from "node:path";
import { ggml, open, readImportance, writeImportance } from "../../kernel";
import { calibrate } from "../../kernel/evaluate/calibrate";
import { folderOf, networks, removeFolders, textOf, writeTokenizer } from "./networks";

afterAll(removeFolders);

/** Mean squares that torch saw before each matrix, by the weight's name. */
function wantedOf(name: string): Record<string, Float64Array> {
  const entries = Object.entries(networks[name].squares);
  return Object.fromEntries(
    entries.map(([weight, text]) => {
      const bytes = Buffer.from(text, "base64");
      return [
        weight,
        new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer),
      ];
    }),
  );
}

async function opened(name: string) {
  const folder = folderOf(name);
  writeTokenizer(folder);
  return open(folder);
}

const textsOf = (name: string) => networks[name].tokens.map(textOf);

describe("calibrate", () => {
  it.each(["llama", "qwen3", "gemma2", "phi3", "gpt2", "gpt_neox", "bert"])(
    "%s: what torch's hooks see",
    async (name) => {
      const found = await calibrate(await opened(name), textsOf(name));
      const wanted = wantedOf(name);
      expect(Object.keys(found.importance).sort()).toEqual(Object.keys(wanted).sort());
      for (const [weight, values] of Object.entries(wanted)) {
        const own = found.importance[weight];
        expect(own).toHaveLength(values.length);
        values.forEach((value, i) => expect(Math.abs(own[i] - value)).toBeLessThan(1e-5 * (1 + value)));
      }
      expect(found).toMatchObject({ tokens: 74, windows: 2, engine: { name: "wasm" } });
    },
  );

  it("does not depend on threads, takes few windows, and cuts long texts", async () => {
    const model = await opened("llama");
    const texts = textsOf("llama");
    const [one, two] = [await calibrate(model, texts, { workers: 1 }), await calibrate(model, texts, { workers: 2 })];
    expect(two).toEqual(one);
    const few = await calibrate(model, texts.join(""), { context: 20, windows: 2 });
    expect(few).toMatchObject({ windows: 2, tokens: 40 });
  });

  it("serves ggml as importance, and goes through llama.cpp's file", async () => {
    const model = await opened("llama");
    const { importance, tokens } = await calibrate(model, textsOf("llama"));
    expect(() => ggml({ type: "Q4_K", importance })).not.toThrow();
    const path = join(folderOf("llama"), "importance.gguf");
    await writeImportance(path, importance, {
      counts: Object.fromEntries(Object.keys(importance).map((name) => [name, tokens])),
    });
    const read = await readImportance(path);
    for (const [name, values] of Object.entries(importance))
      values.forEach((value, i) => expect(Math.abs(read[name][i] - value)).toBeLessThan(1e-6 * (1 + value)));
  });

  it("needs texts", async () => {
    const model = await opened("llama");
    await expect(calibrate(model, [])).rejects.toThrow("a text or a list of texts");
    await expect(calibrate(model, "abc", { context: 0 })).rejects.toThrow("context is 0");
    await expect(calibrate(model, "abc", { contxt: 3 } as never)).rejects.toThrow('did you mean "context"?');
  });
});
