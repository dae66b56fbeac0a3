import { memorySource } from "../../kernel/bytes/source";
import { CancelledError, SourceError } from "../../kernel/errors";
import { readConfig, withSettings } from "../../kernel/formats/config";
import { fromArrays } from "../../kernel/tensor/memory";

const source = (text: string) => memorySource(new Uint8Array(Buffer.from(text)), "f");
const beside = (text: string) => async (name: string) => {
  if (name !== "config.json") throw new SourceError(name, "no such file");
  return source(text);
};
const missing = async (name: string): Promise<never> => {
  throw new SourceError(name, "no such file");
};

test("the settings are those of config.json, where it is a JSON object", async () => {
  expect(await readConfig("beside", source(""), beside('{"a":1}'), undefined)).toEqual({ a: 1 });
  for (const text of ["[1]", "null", "7", "{", ""])
    expect(await readConfig("beside", source(""), beside(text), undefined)).toBeUndefined();
  expect(await readConfig("beside", source(""), missing, undefined)).toBeUndefined();
});

test("a model.json has its own, without the list of weights; a GGUF has them in its metadata", async () => {
  expect(await readConfig("file", source('{"modelTopology":{},"weightsManifest":[1]}'), missing, undefined)).toEqual({
    modelTopology: {},
  });
  expect(await readConfig("metadata", source(""), beside('{"a":1}'), undefined)).toBeUndefined();
});

test("a stop is no missing file", async () => {
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
