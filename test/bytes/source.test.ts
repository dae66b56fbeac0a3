import { createHash } from "node:crypto";
import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sha256, sha256OfParts } from "../../kernel/bytes/hash";
import { fileSource, memorySource } from "../../kernel/bytes/source";
import { decodeUtf8, firstInvalidUtf8, isWellFormed } from "../../kernel/bytes/utf8";

let folder: string;
let path: string;
const content = Uint8Array.from({ length: 1000 }, (_, i) => (i * 7) & 255);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "codebook-source-"));
  path = join(folder, "bytes");
  writeFileSync(path, content);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe.each([
  ["file", () => fileSource(path)],
  ["memory", async () => memorySource(content)],
])("a %s source", (_, make) => {
  it("reads ranges and counts", async () => {
    const source = await make();
    expect(source.byteLength).toBe(1000);
    expect(await source.read(10, 20)).toEqual(content.slice(10, 20));
    expect(await source.read(1000, 1000)).toEqual(new Uint8Array(0));
    expect(await source.read(0, 1000)).toEqual(content);
    expect([source.bytesRead, source.reads]).toEqual([1010, 3]);
    const target = new Uint8Array(5);
    await source.readInto(target, 995);
    expect(target).toEqual(content.slice(995));
  });

  it("hands out bytes of its own", async () => {
    const source = await make();
    (await source.read(0, 10)).fill(1);
    expect(await source.read(0, 10)).toEqual(content.slice(0, 10));
  });

  it.each([
    [-1, 5],
    [5, 4],
    [0, 1001],
    [0.5, 2],
    [NaN, 2],
    [0, Infinity],
    [2 ** 53, 2 ** 53],
  ])("refuses the range %p to %p", async (start, end) => {
    const source = await make();
    await expect(source.read(start, end)).rejects.toMatchObject({ code: "SOURCE" });
    expect(source.bytesRead).toBe(0);
  });

  it("stops by its signal, and reads no more once closed", async () => {
    const source = await make();
    await expect(source.read(0, 10, AbortSignal.abort())).rejects.toMatchObject({ code: "CANCELLED" });
    await source.close();
    await expect(source.read(0, 10)).rejects.toThrow("was closed");
  });

  it("is hashed as a whole", async () => {
    const expected = createHash("sha256").update(content).update(content).digest("hex");
    const seen: number[] = [];
    const source = await make();
    expect(await sha256([source, source], { onProgress: (done) => seen.push(done) })).toBe(expected);
    expect(seen).toEqual([1000, 2000]);
    expect(await sha256OfParts([content, new Uint8Array(0), content])).toBe(expected);
    await expect(sha256([source], { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "CANCELLED" });
  });
});

describe("a file that changes underneath", () => {
  const change = async (act: () => void, message: RegExp): Promise<void> => {
    const source = await fileSource(path);
    await source.read(0, 10);
    act();
    await expect(source.read(0, 10)).rejects.toThrow(message);
  };
  it("truncated", () => change(() => truncateSync(path, 500), /has 500 bytes now and had 1000/));
  it("grown", () => change(() => appendFileSync(path, "x"), /has 1001 bytes now/));
  it("written to", () => change(() => writeFileSync(path, content.slice().reverse()), /changed or replaced/));
  it("replaced", () =>
    change(() => {
      writeFileSync(`${path}2`, content);
      renameSync(`${path}2`, path);
    }, /changed or replaced/));
  it("removed", () => change(() => rmSync(path), /there is no such file/));
});

describe("what is no file", () => {
  it("is refused in plain words", async () => {
    await expect(fileSource(join(folder, "none"))).rejects.toThrow("there is no such file");
    mkdirSync(join(folder, "sub"));
    await expect(fileSource(join(folder, "sub"))).rejects.toThrow("is a folder");
    await expect(fileSource("/dev/null")).rejects.toThrow("not a regular file");
    await expect(fileSource("a\0b")).rejects.toMatchObject({ code: "SOURCE" });
  });
});

describe("a long read", () => {
  it("lets timers run", async () => {
    const source = memorySource(new Uint8Array(64 * 1024 * 1024));
    let turns = 0;
    let next = setImmediate(function turn() {
      turns++;
      next = setImmediate(turn);
    });
    await source.read(0, source.byteLength);
    expect(turns).toBeGreaterThanOrEqual(64 / 8 - 1);
    turns = 0;
    await sha256([source]);
    clearImmediate(next);
    expect(turns).toBeGreaterThanOrEqual(64 / 8 - 1);
  });
});

describe("UTF-8", () => {
  const bytes = (...list: number[]): Uint8Array => Uint8Array.from(list);
  it.each([
    ["overlong", bytes(0x41, 0xc0, 0x80), 1],
    ["overlong in three", bytes(0xe0, 0x80, 0x80), 0],
    ["a surrogate", bytes(0x41, 0x42, 0xed, 0xa0, 0x80), 2],
    ["past U+10FFFF", bytes(0xf4, 0x90, 0x80, 0x80), 0],
    ["cut short", bytes(0x41, 0xe2, 0x82), 1],
    ["a lone continuation", bytes(0x41, 0x80), 1],
    ["0xff", bytes(0xff), 0],
  ])("%s is found", (_, list, at) => expect(firstInvalidUtf8(list)).toBe(at));

  it("text goes through, a byte order mark too", () => {
    const text = "\ufeffé日本😀\u{10ffff}\0";
    const encoded = new TextEncoder().encode(text);
    expect(firstInvalidUtf8(encoded)).toBe(-1);
    expect(decodeUtf8(encoded)).toBe(text);
    expect(isWellFormed(text)).toBe(true);
    expect([isWellFormed("a\ud800"), isWellFormed("\udc00"), isWellFormed("\udc00\ud800")]).toEqual([
      false,
      false,
      false,
    ]);
  });
});
