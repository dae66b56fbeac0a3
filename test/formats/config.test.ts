import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memorySource } from "../../kernel/bytes/source";
import { CancelledError, SourceError } from "../../kernel/errors";
import { readConfig, readJsonFile, withSettings } from "../../kernel/formats/config";
import { missingFile } from "../../kernel/formats/siblings";
import { fromArrays } from "../../kernel/tensor/memory";

const source = (text: string) => memorySource(new Uint8Array(Buffer.from(text)), "f");
const beside = (text: string) => async (name: string) => {
  if (name !== "config.json") throw missingFile(name, "no such file");
  return source(text);
};
const missing = async (name: string): Promise<never> => {
  throw missingFile(name, "no such file");
};

test("the settings are those of config.json; a file that is there and is no JSON object is an error", async () => {
  expect(await readConfig("beside", source(""), beside('{"a":1}'), undefined)).toEqual({ a: 1 });
  for (const text of ["[1]", "null", "7", "{", ""])
    await expect(readConfig("beside", source(""), beside(text), undefined)).rejects.toMatchObject({ code: "FORMAT" });
  expect(await readConfig("beside", source(""), missing, undefined)).toBeUndefined();
});

test("a model.json has its own, without the list of weights; a GGUF has them in its metadata", async () => {
  expect(await readConfig("file", source('{"modelTopology":{},"weightsManifest":[1]}'), missing, undefined)).toEqual({
    modelTopology: {},
  });
  expect(await readConfig("metadata", source(""), beside('{"a":1}'), undefined)).toBeUndefined();
});

test("a file beside the weights is absent, or read, or an error", async () => {
  const folder = mkdtempSync(join(tmpdir(), "config-"));
  try {
    expect(await readJsonFile(join(folder, "a.json"))).toBeUndefined();
    writeFileSync(join(folder, "a.json"), '{"a":1}');
    expect(await readJsonFile(join(folder, "a.json"))).toEqual({ a: 1 });
    await expect(readJsonFile(folder)).rejects.toThrow("is a folder");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a stop or a failure is no missing file", async () => {
  const refused = () => Promise.reject(new SourceError("config.json", "permission denied"));
  await expect(readConfig("beside", source(""), refused, undefined)).rejects.toThrow("permission denied");
  const stopped = () => Promise.reject(new CancelledError("reading"));
  await expect(readConfig("beside", source(""), stopped, undefined)).rejects.toMatchObject({ code: "CANCELLED" });
});

test("a model gets its settings and their folder, or stays as it is", () => {
  const model = fromArrays({ a: { shape: [1], values: new Float32Array(1) } });
  expect(withSettings(model, undefined, "/f")).toBe(model);
  expect(model.folder).toBeUndefined();
  const settled = withSettings(model, { a: 1 }, "/f");
  expect([settled.config, settled.folder, Object.isFrozen(settled.config)]).toEqual([{ a: 1 }, "/f", true]);
});
