import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { open, pack, unpack } from "../../kernel";
import { awkwardFile, manyBlocksFile, manyTypesFile } from "./archives";

const golden = resolve(__dirname, "../../../test/golden/encode");
let folder = "";
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "golden-"))));
afterAll(() => rmSync(folder, { recursive: true }));

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

test("version 1 stays readable: the committed archive gives the committed file", async () => {
  await unpack(join(golden, "version-1.codebook"), join(folder, "one"));
  const original = readFileSync(join(golden, "version-1.safetensors"));
  expect(Buffer.compare(readFileSync(join(folder, "one")), original)).toBe(0);
  expect((await open(join(golden, "version-1.codebook"))).tensors.length).toBe(10);
});

/** Some values moved by a little, a row copied, a row cleared: a tuned model. */
function tuned(file: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(file);
  for (let at = file.length - 60_000; at < file.length; at += 14) copy[at] ^= (at >> 3) & 3;
  copy.fill(0, file.length - 5000, file.length - 4000);
  return copy;
}

const cases: { name: string; file: () => Uint8Array; base?: () => Uint8Array }[] = [
  { name: "version-2-awkward", file: awkwardFile },
  { name: "version-2-types", file: manyTypesFile },
  { name: "version-2-blocks", file: manyBlocksFile },
  { name: "version-2-base", file: () => tuned(manyTypesFile()), base: manyTypesFile },
];

test.each(cases)("$name: packing gives the committed bytes, and they the file", async ({ name, file, base }) => {
  const path = join(golden, `${name}.codebook`);
  const original = join(folder, name);
  writeFileSync(original, file());
  const options = base ? { base: join(folder, "base") } : {};
  if (base) writeFileSync(join(folder, "base"), base());
  await pack(original, `${original}.packed`, options);
  if (!existsSync(path)) writeFileSync(path, readFileSync(`${original}.packed`));
  expect(sha256(readFileSync(`${original}.packed`))).toBe(sha256(readFileSync(path)));
  await unpack(path, `${original}.restored`, options);
  expect(sha256(readFileSync(`${original}.restored`))).toBe(sha256(file()));
});
