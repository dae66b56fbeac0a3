import { mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { open } from "../../kernel";
import { formats } from "../../kernel/catalog/formats";
import { claimsOf, headBytes } from "../../kernel/catalog/recognize";
import { files } from "./files";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "codebook-formats-"))));
afterEach(() => rmSync(folder, { recursive: true }));

/** What a model of the row's file calls its format: an index and an archive have that of what they hold, the forms of torch are one. */
const formatOf: Readonly<Record<string, string>> = {
  ...{ index: "safetensors", codebook: "safetensors" },
  ...{ "pytorch stream": "pytorch", "pytorch tar": "pytorch" },
};

it("has a file for each row, and each row once", () => {
  expect(formats.map(({ name }) => name).sort()).toEqual(Object.keys(files).sort());
});

describe.each(formats.map((format) => [format.name, format] as const))("%s", (name, format) => {
  it("opens its own file", async () => {
    const model = await open(join(folder, await files[name](folder)));
    expect(model.format).toBe(formatOf[name] ?? name);
    expect(model.tensors.length).toBeGreaterThan(0);
    for (const tensor of model.tensors) expect((await tensor.read()).length).toBe(tensor.parameters);
  });

  it("is told by its first bytes, whatever its file is called", async () => {
    const file = await files[name](folder);
    for (const wrong of [".xyz", ".gguf", ".safetensors", ".json", ".npz"]) {
      const path = join(folder, `other${wrong}`);
      renameSync(join(folder, file), path);
      expect((await open(path)).format).toBe(formatOf[name] ?? name);
      renameSync(path, join(folder, file));
    }
  });

  it("begins as no other row's files do", async () => {
    const head = readFileSync(join(folder, await files[name](folder))).subarray(0, headBytes);
    const claims = claimsOf(head);
    const { reader } = format;
    expect(claims).toEqual(["container" in reader ? reader.container : format]);
  });
});

it("rows share neither endings nor names", () => {
  for (const key of ["endings", "sharedEndings", "usualNames"] as const) {
    const all = formats.flatMap((format) => format[key] ?? []);
    expect(new Set(all).size).toBe(all.length);
  }
  for (const { impliedEnding, endings } of formats)
    if (impliedEnding !== undefined) expect(endings).toContain(impliedEnding);
});

it("a header of safetensors whose first byte is a brace is no JSON", () => {
  // 123 is "{"; lengths that are so modulo 256.
  const head = (length: number): Buffer => {
    const bytes = Buffer.from('........{"w":   ');
    bytes.writeBigUInt64LE(BigInt(length));
    return bytes;
  };
  for (const length of [123, 379, 123 + 256 * 0x2020])
    expect(claimsOf(head(length)).map((claim) => "name" in claim && claim.name)).toEqual(["safetensors"]);
});
