import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { namesToType } from "../../kernel/open/names-to-type";

let folder: string;
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "names-")));
  for (const inner of ["shelf", "shelf/mini", "here", "here/sub", "here/node_modules"]) mkdirSync(join(folder, inner));
  for (const file of ["shelf/a.gguf", "shelf/read.me", "here/b.safetensors", "here/sub/c.gguf", "here/notes.txt"])
    writeFileSync(join(folder, file), "");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const place = (of: string, typed = "", receiver?: unknown) => ({
  of,
  typed,
  receiver,
  values: () => [
    { tensors: [{ name: "x.weight" }, { name: "y.weight" }] },
    5,
    null,
    { tensors: [{ name: "x.weight" }] },
  ],
  folder: join(folder, "here"),
});
const offered = (...all: Parameters<typeof place>) =>
  namesToType(place(...all), [join(folder, "shelf"), join(folder, "none")]);

test("open() takes the models of the shelves by name, and files and folders beside the notebook", () => {
  expect([...(offered("open") ?? [])].sort()).toEqual(["a.gguf", "b.safetensors", "mini", "sub/"]);
  expect(offered("open", "sub/")).toEqual(["sub/c.gguf"]);
  expect(offered("open", "nowhere/")).toEqual([]);
});

test("tensor() takes the names of the model before it, or of all models", () => {
  expect(offered("tensor", "", { tensors: [{ name: "z.weight" }] })).toEqual(["z.weight"]);
  expect(offered("tensor")).toEqual(["x.weight", "y.weight"]);
  expect(offered("tensor", "", "no model")).toEqual([]);
});

test("a recipe chooses among the layers of all models; elsewhere nothing is known", () => {
  for (const option of ["match", "only", "skip"]) expect(offered(option)).toEqual(["x.weight", "y.weight"]);
  expect(offered("title")).toBeUndefined();
});
