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
  expect(checkDisk("/x", () => ({ bavail: 1e6, bsize: 1000 }))).toMatchObject({ state: "note" });
  expect(checkDisk("/x", () => ({ bavail: 1e7, bsize: 4096 })).text).toBe("41.0 GB free in /x");
});
