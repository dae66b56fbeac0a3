import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { checkDisk, checkHistory, checkModels, checkTensorFlow } from "../../../kernel/cli/checks/surroundings";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "codebook-doctor-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(file: string, content: unknown): void {
  const target = path.join(folder, file);
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, typeof content === "string" ? content : JSON.stringify(content));
}

test("what lies around is found or noted with what to do", () => {
  const nowhere = () => {
    throw new Error("not found");
  };
  expect(checkTensorFlow(nowhere)).toMatchObject({ state: "note" });
  write("tfjs-node/lib/napi-v8/tfjs_binding.node", "");
  expect(checkTensorFlow(() => path.join(folder, "tfjs-node", "package.json")).state).toBe("ok");
  expect(checkModels([path.join(folder, "none")]).text).toContain("codebook fetch");
  write("models/one/model.safetensors", "");
  write("models/.fetch-x/part", "");
  expect(checkModels([path.join(folder, "models")])).toMatchObject({ state: "ok", text: "one" });
  expect(checkHistory(path.join(folder, "new", "history")).state).toBe("ok");
});

test("a history in whose way a file is, or whose folder is closed, is a note", () => {
  write("file", "");
  expect(checkHistory(path.join(folder, "file", "history"))).toMatchObject({ state: "note" });
  expect(checkHistory(path.join(folder, "file")).text).toContain("CODEBOOK_HISTORY names another folder");
});

test("a folder of models that cannot be read is broken", () => {
  write("models", "no folder");
  expect(checkModels([path.join(folder, "models")])).toMatchObject({
    state: "broken",
    text: expect.stringMatching(/models cannot be read \(ENOTDIR\)/) as string,
  });
});

test("of several disks the fullest counts; a full one is broken", () => {
  const free = (bytes: number) => () => ({ bavail: bytes / 1000, bsize: 1000 });
  expect(checkDisk([folder], free(1e9))).toEqual({
    state: "note",
    what: "Disk",
    text: `1.0 GB free in ${folder}; models and checkpoints need room`,
  });
  expect(checkDisk([folder], free(41e9)).text).toBe(`41.0 GB free in ${folder}`);
  expect(checkDisk([folder], free(2e6))).toMatchObject({
    state: "broken",
    text: `2.0 MB free in ${folder}; nothing can be saved: make room`,
  });
  write("there/file", "");
  const there = path.join(folder, "there");
  const statfs = (asked: string) => free(asked === there ? 1e9 : 9e9)();
  expect(checkDisk([folder, path.join(there, "new", "folder")], statfs).text).toContain(`1.0 GB free in ${there};`);
});
