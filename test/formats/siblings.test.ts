import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileSource } from "../../kernel/bytes/source";
import { HttpFailure } from "../../kernel/bytes/http";
import { SourceError } from "../../kernel/errors";
import {
  folderSiblings,
  isMissing,
  isPlainName,
  isPlainPath,
  missingFile,
  siblingFile,
} from "../../kernel/formats/siblings";

test("plain names stay in their folder on every system", () => {
  for (const name of ["a.bin", "model-00001-of-00002.safetensors", "con1", "com10"])
    expect([name, isPlainName(name)]).toEqual([name, true]);
  for (const name of [
    "",
    ".",
    "..",
    ".hidden",
    "a/b",
    "a\\b",
    "C:a",
    "a\0",
    "a\n",
    "con",
    "NUL.txt",
    "lpt1",
    "com1.bin",
    "x".repeat(256),
  ])
    expect([name, isPlainName(name)]).toEqual([name, false]);
});

test("a server has no such file where it says so, and where it cannot be reached; other failures are failures", () => {
  const failed = (status: number | undefined): SourceError =>
    new SourceError("f", "failed", {
      cause: new HttpFailure("failed", { mayPass: false, ...(status !== undefined && { status }) }),
    });
  expect([401, 403, 404, 410, undefined].map((status) => isMissing(failed(status)))).toEqual(Array(5).fill(true));
  expect([200, 416, 429, 500, 503].map((status) => isMissing(failed(status)))).toEqual(Array(5).fill(false));
  expect(isMissing(missingFile("f", "gone"))).toBe(true);
  expect([new SourceError("f", "permission denied"), new Error("no"), undefined].map(isMissing)).toEqual([
    ...[false, false, false],
  ]);
});

test("plain paths stay below their folder", () => {
  for (const path of ["a.bin", "a/b.bin", "a/b/c"]) expect([path, isPlainPath(path)]).toEqual([path, true]);
  for (const path of ["", "/a", "a/", "a//b", "a/../b", "./a", "a/.b", "a\\b", "x/".repeat(600) + "x"])
    expect([path, isPlainPath(path)]).toEqual([path, false]);
});

describe("files beside the first", () => {
  let folder: string;
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "siblings-")));
    mkdirSync(join(folder, "model"));
    writeFileSync(join(folder, "model", "index.json"), "{}");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const siblings = async () => folderSiblings(await fileSource(join(folder, "model", "index.json")));

  test("are opened by name", async () => {
    writeFileSync(join(folder, "model", "a.bin"), "abc");
    expect((await (await siblings())("a.bin", 0)).byteLength).toBe(3);
  });

  test("are opened in folders below, which are no links out of it", async () => {
    mkdirSync(join(folder, "model", "sub"));
    mkdirSync(join(folder, "other"));
    writeFileSync(join(folder, "model", "sub", "a.bin"), "abc");
    writeFileSync(join(folder, "other", "a.bin"), "abc");
    expect((await (await siblings())("sub/a.bin", 0)).byteLength).toBe(3);
    symlinkSync(join(folder, "other"), join(folder, "model", "out"));
    await expect((await siblings())("out/a.bin", 5)).rejects.toMatchObject({ code: "FORMAT", offset: 5 });
  });

  test("that are missing are told with who names them", async () => {
    await expect((await siblings())("a.bin", 0)).rejects.toThrow(
      "this shard is missing or cannot be read; index.json names it",
    );
  });

  test("are absent, or there, or an error", async () => {
    expect(await siblingFile(join(folder, "a.json"))).toBeUndefined();
    symlinkSync("nowhere", join(folder, "a.json"));
    await expect(siblingFile(join(folder, "a.json"))).rejects.toThrow("there is no such file");
    await expect(siblingFile(folder)).rejects.toThrow("is a folder");
    expect((await siblingFile(join(folder, "model", "index.json")))?.byteLength).toBe(2);
  });

  test("that are links to nothing are not missing", async () => {
    symlinkSync("nowhere", join(folder, "model", "a.bin"));
    const error = await (await siblings())("a.bin", 0).catch((reason: unknown) => reason);
    expect(String(error)).toContain("this file is a link to nothing");
    expect(isMissing(error)).toBe(false);
    expect(isMissing(await (await siblings())("b.bin", 0).catch((reason: unknown) => reason))).toBe(true);
  });

  test("that are links out of the folder are refused, with the byte that names them", async () => {
    writeFileSync(join(folder, "secret"), "abc");
    symlinkSync(join(folder, "secret"), join(folder, "model", "a.bin"));
    await expect((await siblings())("a.bin", 17)).rejects.toMatchObject({ code: "FORMAT", offset: 17 });
  });

  test("of a cache whose files are links into one store are taken", async () => {
    mkdirSync(join(folder, "store"));
    mkdirSync(join(folder, "cache"));
    for (const name of ["index.json", "a.bin"]) {
      writeFileSync(join(folder, "store", name), "abc");
      symlinkSync(join(folder, "store", name), join(folder, "cache", name));
    }
    const cached = folderSiblings(await fileSource(join(folder, "cache", "index.json")));
    expect((await cached("a.bin", 0)).byteLength).toBe(3);
  });
});
