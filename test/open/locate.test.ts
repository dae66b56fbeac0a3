import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { locateModel } from "../../kernel/open/locate";

let folder: string;
const before = process.env.CODEBOOK_MODELS;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "locate-")));
  mkdirSync(join(folder, "tiny"));
  writeFileSync(join(folder, "tiny", "model.safetensors"), "");
  writeFileSync(join(folder, "small.gguf"), "");
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  if (before === undefined) delete process.env.CODEBOOK_MODELS;
  else process.env.CODEBOOK_MODELS = before;
});

test("a path is a file, with or without its suffix, or a folder with a model", async () => {
  expect(await locateModel(join(folder, "small.gguf"))).toEqual({ file: join(folder, "small.gguf"), name: "small" });
  expect(await locateModel(join(folder, "small"))).toEqual({ file: join(folder, "small.gguf"), name: "small" });
  expect(await locateModel(join(folder, "tiny"))).toEqual({
    file: join(folder, "tiny", "model.safetensors"),
    name: "tiny",
  });
  expect(await locateModel(join(folder, "tiny", "model.safetensors"))).toMatchObject({ name: "tiny" });
  expect(await locateModel(pathToFileURL(join(folder, "small.gguf")).href)).toMatchObject({ name: "small" });
});

test("a name is looked for in the folder of models, and a near one is guessed", async () => {
  process.env.CODEBOOK_MODELS = folder;
  expect(await locateModel("tiny")).toMatchObject({ file: join(folder, "tiny", "model.safetensors") });
  await expect(locateModel("tinny")).rejects.toThrow(/there is no such model.*did you mean "tiny"\?/);
});

test("a name with one slash may be one of the Hub", async () => {
  await expect(locateModel("nobody-here/nothing-there")).rejects.toThrow(
    'did you mean "hf:nobody-here/nothing-there"?',
  );
});

test("what is no name, and a folder without a model, are refused", async () => {
  for (const wrong of ["", undefined as never])
    await expect(locateModel(wrong)).rejects.toThrow("it takes the path or the name of a model");
  await expect(locateModel("a\0b")).rejects.toThrow("NUL");
  for (const wrong of [42, null, {}, Symbol("a")])
    await expect(locateModel(wrong as never)).rejects.toMatchObject({ code: "OPTION" });
  for (const wrong of ["file://host/x", "FILE://host/x", "file:///%zz"])
    await expect(locateModel(wrong)).rejects.toMatchObject({ code: "OPTION" });
  for (const wrong of ["%", "%zz", "file:///%", "a".repeat(5000), "a/".repeat(3000), "file:///a%00b"])
    await expect(locateModel(wrong)).rejects.toMatchObject({
      code: wrong === "file:///%" ? "OPTION" : "SOURCE",
    });
  symlinkSync("loop.gguf", join(folder, "loop.gguf"));
  await expect(locateModel(join(folder, "loop.gguf"))).rejects.toThrow("too many symbolic links");
  mkdirSync(join(folder, "empty"));
  await expect(locateModel(join(folder, "empty"))).rejects.toThrow("the folder holds no model");
});
