/** The README of a folder: the original's text stays, the section is written anew. */
import { compress, fromArrays, linear, type CompressedModel } from "../../kernel";
import { cardedFiles, modelCard, type CardFacts } from "../../kernel/save/model-card";

const sha256 = "ab".repeat(32);
const files = [
  { path: "1_Pooling/config.json", bytes: 7, sha256 },
  { path: "model.safetensors", bytes: 1234567, sha256 },
];
let small: CompressedModel;
let facts: CardFacts;
beforeAll(async () => {
  const values = Float32Array.from({ length: 128 }, (_, i) => Math.sin(i));
  const model = fromArrays({ "a.weight": { shape: [4, 32], values } }, { name: "/home/me/net" });
  small = await compress(model, linear({ bits: 4, group: 32 }));
  facts = { report: small.report, form: "own folder", engine: "transformers", files, leftOut: [] };
});

test("a text is kept, the section behind it is replaced, and what comes behind that stays too", () => {
  const text = "---\nlicense: mit\n---\n\n# Net\r\n\nWords.\n\n\n";
  const card = modelCard(text, facts);
  expect(card.startsWith("---\nlicense: mit\n---\n\n# Net\r\n\nWords.\n\n<!-- codebook:begin -->\n")).toBe(true);
  expect(card.endsWith("<!-- codebook:end -->\n")).toBe(true);
  expect(modelCard(card, facts)).toBe(card);
  const changed = modelCard(`${card}\nMore words.\n`, { ...facts, form: "other folder" });
  expect(changed).toBe(`${card.replace("A own folder", "A other folder")}\nMore words.\n`);
});

test("it says the recipe, what it cost, the files with their hashes, and what stayed behind; and no path", () => {
  const card = modelCard("# Net", { ...facts, leftOut: [{ path: "data/", bytes: 1e9 }] });
  expect(card).toContain('[\n  {"kind":"linear","bits":4,"symmetric":true,"per":"group","group":32,');
  expect(card).toMatch(
    /Made from `net` \(SHA-256 `[0-9a-f]{64}`\) by Codebook \S+, seed 0\. A own folder for transformers\./,
  );
  expect(card).toContain("| `a.weight` | 4 × 32 |");
  expect(card).toContain(`| \`model.safetensors\` | 1234567 | \`${sha256}\` |`);
  expect(card).toContain("Of the original did not come along, being large: `data/` (1000000000 bytes).");
  expect(card).not.toContain("/home");
});

test("a card of our own has a front matter with a model-index", () => {
  const card = modelCard(undefined, facts);
  const [, yaml = ""] = /^---\n([^]*?)\n---\n\n<!-- codebook:begin -->/.exec(card) ?? [];
  expect(yaml).toContain('model-index:\n- name: "net (linear 4-bit g32)"\n  results:\n  - task:\n');
  expect(yaml).toMatch(
    / {4}metrics:\n {4}- type: bits_per_weight\n {6}value: 7\.375\n {4}- type: sqnr_db\n {6}value: \d/,
  );
  expect(modelCard(" \n", facts)).toBe(card);
});

test("the files that a card lists are known again", () => {
  const source = small.report.model.sha256;
  expect(cardedFiles(modelCard("# Net", facts))).toEqual({ names: files.map(({ path }) => path), source });
  expect(cardedFiles("| `a` | 1 | `x` |")).toEqual({ names: [], source: undefined });
  expect(cardedFiles("<!-- codebook:begin -->")).toEqual({ names: [], source: undefined });
});
