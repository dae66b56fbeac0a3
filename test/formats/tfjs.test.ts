import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { open } from "../../kernel";
import { memorySource } from "../../kernel/bytes/source";
import { readTfjsManifest } from "../../kernel/formats/tfjs";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "codebook-tfjs-"))));
afterEach(() => rmSync(folder, { recursive: true }));

const values = Float32Array.of(1, -2, 3, 4);
const group = (path: string) => ({
  paths: [path],
  weights: [{ name: "dense/kernel", shape: [2, 2], dtype: "float32" }],
});

it("a manifest alone is a model, without settings", async () => {
  writeFileSync(join(folder, "group1-shard1of1"), Buffer.from(values.buffer));
  writeFileSync(join(folder, "weights_manifest.json"), JSON.stringify([group("group1-shard1of1")]));
  for (const path of [folder, join(folder, "weights_manifest.json")]) {
    const model = await open(path);
    expect([model.format, model.config]).toEqual(["tfjs", undefined]);
    expect(await model.tensor("dense/kernel").read()).toEqual(values);
  }
});

it("weights may lie in folders below, not above", async () => {
  mkdirSync(join(folder, "m", "weights"), { recursive: true });
  writeFileSync(join(folder, "m", "weights", "a.bin"), Buffer.from(values.buffer));
  writeFileSync(join(folder, "a.bin"), Buffer.from(values.buffer));
  const write = (path: string): void =>
    writeFileSync(
      join(folder, "m", "model.json"),
      JSON.stringify({ modelTopology: {}, weightsManifest: [group(path)] }),
    );
  write("weights/a.bin");
  expect(await (await open(join(folder, "m"))).tensor("dense/kernel").read()).toEqual(values);
  for (const path of ["../a.bin", "weights/../../a.bin", "/etc/passwd", "weights//a.bin", "weights/"]) {
    write(path);
    await expect(open(join(folder, "m"))).rejects.toThrow("the plain path of a file in the same folder or below");
  }
});

it("the list alone is read as the list in a model is", async () => {
  const groups = [group("a.bin"), { paths: ["b.bin"], weights: [{ name: "bias", shape: [2], dtype: "float32" }] }];
  const read = (value: unknown) => readTfjsManifest(memorySource(new Uint8Array(Buffer.from(JSON.stringify(value)))));
  const of = async (value: unknown) => (await read(value)).map(({ paths, weights }) => ({ paths, weights }));
  expect(await of(groups)).toEqual(await of({ weightsManifest: groups }));
});
