/** all-MiniLM-L6-v2 as it is saved: what lies beside the weights comes along to the byte, and sentence-transformers opens the folder and gives the
 *  embeddings of w′ (embeddings.py). The library takes long to load: its part is in the full run. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { compress, linear, open } from "../../kernel";
import { hasModules, itWith, miniLm, referencePython } from "../references";
import { inFull, isFull } from "../tiers";

const script = resolve(__dirname, "../../../test/save/embeddings.py");
const folder = mkdtempSync(join(tmpdir(), "codebook-sentences-"));
const saved = join(folder, "small");
afterAll(() => rmSync(folder, { recursive: true }));

const filesOf = (path: string): string[] =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(path.length + 1))
    .sort();

itWith(miniLm)("what lies beside the weights comes along, to the byte", async () => {
  const small = await compress(await open(miniLm), linear({ bits: 4, group: 64 }), { only: "encoder.layer.0.**" });
  await small.save(`${saved}/`);
  const anew = ["README.md", "config.json", "model.safetensors"];
  // What begins with a dot is the download's own.
  const beside = filesOf(miniLm).filter((name) => !anew.includes(name) && !name.startsWith("."));
  expect(beside).toEqual(expect.arrayContaining(["1_Pooling/config.json", "modules.json", "tokenizer.json"]));
  expect(filesOf(saved)).toEqual([...beside, ...anew].sort());
  for (const name of beside)
    expect([name, Buffer.compare(readFileSync(join(saved, name)), readFileSync(join(miniLm, name)))]).toEqual([
      name,
      0,
    ]);
});

inFull(itWith(isFull && hasModules("sentence_transformers"), miniLm))(
  "sentence-transformers gives the embeddings of w′",
  async () => {
    const small = await compress(await open(miniLm), linear({ bits: 4, group: 64 }));
    await small.save(`${saved}/`);
    // The original's folder with the values w′ in it.
    const values = join(folder, "values");
    cpSync(miniLm, values, { recursive: true });
    await small.save(join(values, "model.safetensors"));
    const run = spawnSync(referencePython, [script, values, saved, miniLm], { encoding: "utf8", timeout: 280_000 });
    expect([run.status, run.status === 0 ? "" : run.stderr]).toEqual([0, ""]);
    const { differences, length } = JSON.parse(run.stdout) as { differences: number[]; length: number };
    const [, ours, original] = differences;
    expect(ours).toBeLessThan(1e-6);
    expect(original).toBeGreaterThan(1e-3);
    // Its module of normalization came along too.
    expect(length).toBeCloseTo(1, 5);
  },
  300_000,
);
