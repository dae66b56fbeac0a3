import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { open } from "../../kernel";
import { openingNotes } from "../../kernel/checkpoints/select-part";
import { safetensorsParts } from "../../kernel/formats/safetensors-parts";
import { entry, safetensorsFile } from "./files";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "codebook-parts-"))));
afterEach(() => rmSync(folder, { recursive: true }));
const put = (file: string, ...names: string[]): void => {
  const header = names.map((name, i) => entry(name, "F32", [1], 4 * i, 4 * i + 4)).join();
  writeFileSync(join(folder, file), safetensorsFile(`{"__metadata__":{"format":"pt"},${header}}`, 4 * names.length));
};

test("names of parts tell all the others", () => {
  expect(safetensorsParts("m-00002-of-00003.safetensors")).toEqual({
    at: 1,
    names: ["m-00001-of-00003.safetensors", "m-00002-of-00003.safetensors", "m-00003-of-00003.safetensors"],
  });
  expect(safetensorsParts("model.1-of-2.safetensors")?.names).toEqual([
    "model.1-of-2.safetensors",
    "model.2-of-2.safetensors",
  ]);
  for (const name of [
    "m.safetensors",
    "m-00003-of-00002.safetensors",
    "m-0-of-2.safetensors",
    "m-00001-of-99999.safetensors",
  ])
    expect([name, safetensorsParts(name)]).toEqual([name, undefined]);
});

describe("parts without an index", () => {
  it("open together, from their folder or by the first", async () => {
    put("model-00001-of-00002.safetensors", "a", "b");
    put("model-00002-of-00002.safetensors", "c");
    for (const path of [folder, join(folder, "model-00001-of-00002.safetensors")]) {
      const model = await open(path);
      expect([model.format, model.tensors.map(({ name }) => name)]).toEqual(["safetensors", ["a", "b", "c"]]);
      expect({ ...model.metadata }).toEqual({ format: "pt" });
      expect(await model.sha256()).toMatch(/^[0-9a-f]{64}$/);
    }
    expect((await open(join(folder, "model-00002-of-00002.safetensors"))).tensors).toHaveLength(1);
  });

  it("are refused where one is missing, or has a tensor of another", async () => {
    put("model-00001-of-00002.safetensors", "a", "b");
    await expect(open(folder)).rejects.toThrow(/model-00002-of-00002\.safetensors: this shard is missing/);
    put("model-00002-of-00002.safetensors", "b");
    await expect(open(folder)).rejects.toThrow('the tensor "b" is in a part before this one too');
  });
});

it("tensors that an index does not name are taken, with a note", async () => {
  put("one.safetensors", "a", "extra", "b");
  put("two.safetensors", "b");
  writeFileSync(
    join(folder, "model.safetensors.index.json"),
    '{"weight_map":{"a":"one.safetensors","b":"two.safetensors"}}',
  );
  const model = await open(folder);
  expect(model.tensors.map(({ name }) => name)).toEqual(["a", "extra", "b"]);
  expect(openingNotes(model)).toEqual([
    '1 tensors that the index does not name are taken as well ("extra")',
    '1 tensors are in two shards, and are taken from the one that the index names ("b")',
  ]);
  put("two.safetensors", "b", "extra");
  await expect(open(folder)).rejects.toThrow('tensor "extra" is in two shards, and the index does not name it');
});
