import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compress, fromArrays, linear, open, type CompressedModel } from "../../kernel";
import { convertCommand, describeCompressed } from "../../kernel/cli/convert";
import { infoCommand, verifyCommand } from "../../kernel/cli/pack";
import { TensorSet } from "../../kernel/tensor/tensor-set";

let folder: string;
let small: CompressedModel;
const path = (name: string): string => join(folder, name);
const values = Float32Array.from({ length: 128 }, (_, i) => Math.sin(i));
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "codebook-convert-"));
  const { tensors, format } = fromArrays({ "h.0.fc.weight": { shape: [4, 32], values } });
  const sha256 = () => Promise.resolve("ab".repeat(32));
  small = await compress(
    new TensorSet({ name: "toy", format, tensors, sha256, config: { model_type: "own" } }),
    linear({ bits: 4, group: 32 }),
  );
  await small.save(path("small.codebook"));
  writeFileSync(path("tokenizer.json"), "{}");
});
afterAll(() => rmSync(folder, { recursive: true }));

async function said(work: () => Promise<void>): Promise<string> {
  const lines: string[] = [];
  const log = jest.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
  await work().finally(() => log.mockRestore());
  return lines.join("\n");
}

test("a folder is the one that the compressed model saves, with the small files of --from", async () => {
  const text = await said(() => convertCommand([path("small.codebook"), path("out/"), "--from", folder]));
  expect(text).toContain("compressed-tensors folder");
  await small.save(path("direct/"), { from: folder });
  for (const name of ["model.safetensors", "config.json", "tokenizer.json"])
    expect(readFileSync(join(path("out"), name)).equals(readFileSync(join(path("direct"), name)))).toBe(true);
});

test("a file holds w′", async () => {
  await said(() => convertCommand([path("small.codebook"), path("out.safetensors")]));
  const model = await open(path("out.safetensors"));
  expect(await model.tensors[0].read()).toEqual(await small.tensors[0].read());
  await said(() => convertCommand([path("small.codebook"), path("half.safetensors"), "--dtype", "F16"]));
  expect((await open(path("half.safetensors"))).tensors[0].dtype).toBe("F16");
});

test("refused: what is there, other words, files that are no compressed model", async () => {
  await expect(convertCommand([path("small.codebook"), path("tokenizer.json")])).rejects.toThrow(/exists already/);
  await expect(convertCommand([path("small.codebook")])).rejects.toThrow(/1 words were given/);
  await small.save(path("plain.safetensors"));
  await expect(convertCommand([path("plain.safetensors"), path("x.gguf")])).rejects.toThrow(
    /holds no compressed model/,
  );
  await expect(convertCommand([path("small.codebook"), path("y.safetensors"), "--dtype", "F8"])).rejects.toThrow(/F16/);
});

test("info and verify know it", async () => {
  const lines = await describeCompressed(path("small.codebook"));
  expect(lines[0]).toMatch(/^toy, compressed as linear 4-bit g32: 512 bytes as [\d,]+ .* bits a weight, version 3$/);
  expect(lines[1]).toContain("ab".repeat(32));
  expect(lines[5]).toMatch(/^h\.0\.fc\.weight +linear 4-bit g32 +4 × 32 +72 +4\.50$/);
  expect(await said(() => infoCommand([path("small.codebook")]))).toContain("h.0.fc.weight");
  expect(await said(() => verifyCommand([path("small.codebook")]))).toMatch(/^verified .* 1 tensors\nSHA-256 abab/);
});
