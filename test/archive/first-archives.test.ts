/** Archives that version 0.1.0 wrote open, verify, and give their files back. */
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { open, unpack, verify } from "../../kernel";

const fixtures = resolve(__dirname, "../../../test/fixtures/archives");
const hashes: Record<string, string> = JSON.parse(readFileSync(join(fixtures, "sha256.json"), "utf8"));
let folder = "";
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "first-archives-"))));
afterAll(() => rmSync(folder, { recursive: true }));

test.each(Object.entries(hashes))("%s", async (name, sha256) => {
  const archive = join(fixtures, `${name}.codebook`);
  expect((await verify(archive)).sha256).toBe(sha256);
  const restored = join(folder, name);
  await unpack(archive, restored);
  expect(createHash("sha256").update(readFileSync(restored)).digest("hex")).toBe(sha256);
  const [model, plain] = [await open(archive), await open(restored)];
  expect(model.tensors.map((tensor) => tensor.name)).toEqual(plain.tensors.map((tensor) => tensor.name));
  for (const tensor of plain.tensors)
    expect(await model.tensor(tensor.name).readBytes()).toEqual(await tensor.readBytes());
});
