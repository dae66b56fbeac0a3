/** Packing that is taken up again: wherever it breaks off, the archive has the bytes of one that was packed in one go, no batch that lay on the
 *  disk is coded again, and a file that was changed meanwhile gives its own archive. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CancelledError, OptionError, pack, unpack, WriteError, type PackOptions } from "../../kernel";
import { safetensorsFile } from "../formats/files";

const root = mkdtempSync(join(tmpdir(), "codebook-packing-"));
afterAll(() => rmSync(root, { recursive: true }));

/** Numbers of 26 random bits in 32. */
function bytesOf(length: number, seed: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = seed;
  for (let i = 0; i < words.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    words[i] = 0x3c000000 | (state >>> 6);
  }
  return new Uint8Array(words.buffer, 0, length);
}

/** A tensor that ends in the first batch of 4 MiB, one that ends in the third, small ones, an empty one, and one more. */
function model(seed: number): Uint8Array {
  const sizes = [3_000_000, 6_000_000, ...Array.from({ length: 40 }, (_, i) => 8 * i), 1_500_000];
  let at = 0;
  const entries = sizes.map((size, i) => {
    const range = [at, (at += size)];
    return `"w${i}":{"dtype":"${size % 3 ? "F32" : "BF16"}","shape":[${size / (size % 3 ? 4 : 2)}],"data_offsets":[${range.join(",")}]}`;
  });
  return safetensorsFile(`{${entries.join(",")}}`, bytesOf(at, seed));
}

let folder: string;
let source: string;
let target: string;
const original = model(1);
beforeEach(() => {
  folder = mkdtempSync(join(root, "case-"));
  source = join(folder, "m.safetensors");
  target = join(folder, "m.codebook");
  writeFileSync(source, original);
});

const shaOf = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("hex");
const find = (end: string): string => join(folder, readdirSync(folder).find((name) => name.endsWith(end)) ?? "none");

/** Packs, and breaks off before the end of batch number `breakAt`; tells how many batches were coded. */
async function packed(breakAt = Infinity, options: PackOptions = {}): Promise<number> {
  let coded = 0;
  const onProgress: PackOptions["onProgress"] = ({ task }) => {
    if (task === "packing" && coded++ === breakAt) throw new Error("broken off");
  };
  await pack(source, target, { resume: true, workers: 1, onProgress, ...options }).catch((error: unknown) => {
    if (!(error instanceof Error && error.message === "broken off")) throw error;
  });
  return coded;
}

async function inOneGo(options: PackOptions = {}): Promise<string> {
  const other = join(root, "once.codebook");
  await pack(source, other, options);
  return shaOf(other);
}

const batches = 3;

test("broken off at each batch and taken up, by one worker or two: the bytes of one go, and each batch once", async () => {
  const once = await inOneGo();
  for (let at = 0; at < batches; at++) {
    rmSync(target, { force: true });
    expect(await packed(at)).toBe(at + 1);
    expect(existsSync(target)).toBe(false);
    expect(readdirSync(folder)).toHaveLength(3);
    expect(await packed(Infinity, { workers: 1 + (at % 2) })).toBe(batches - at);
    expect(shaOf(target)).toBe(once);
    expect(readdirSync(folder).sort()).toEqual(["m.codebook", "m.safetensors"]);
  }
  // And batch after batch, each in a call of its own.
  for (let at = 0; at < batches; at++) expect(await packed(1)).toBe(Math.min(2, batches - at));
  expect(shaOf(target)).toBe(once);
  await unpack(target, join(folder, "back"));
  expect(Buffer.compare(readFileSync(join(folder, "back")), original)).toBe(0);
});

test.each([
  ["an empty file", new Uint8Array(0)],
  ["text", Buffer.from("no model at all ".repeat(5000))],
  ["one part of several batches", bytesOf(9_000_001, 3)],
])("%s", async (_, bytes) => {
  writeFileSync(source, bytes);
  const once = await inOneGo();
  await packed(0);
  await packed(1);
  await packed();
  expect(shaOf(target)).toBe(once);
  expect(readdirSync(folder)).toHaveLength(2);
});

describe("a file that changes between two calls", () => {
  const change = (at: number): void => {
    const bytes = Uint8Array.from(original);
    bytes[at] ^= 1;
    writeFileSync(source, bytes);
  };
  test.each([
    ["in the first batch", 100_000, 3],
    ["in the second", 6_000_000, 2],
    ["behind what is packed", original.length - 1, 1],
  ])("%s: packed anew from there", async (_, at, coded) => {
    await packed(batches - 1);
    change(at);
    const once = await inOneGo();
    expect(await packed()).toBe(coded);
    expect(shaOf(target)).toBe(once);
    expect(readdirSync(folder)).toHaveLength(2);
  });

  test("in size or header: packed anew, and what was begun goes", async () => {
    await packed(batches - 1);
    writeFileSync(source, Buffer.from(Buffer.from(original).toString("latin1").replace('"w1"', '"wI"'), "latin1"));
    const once = await inOneGo();
    expect(await packed()).toBe(batches);
    expect(shaOf(target)).toBe(once);
    await packed(batches - 1);
    appendFileSync(source, "x");
    expect(await packed()).toBe(batches);
    expect(shaOf(target)).toBe(await inOneGo());
    expect(readdirSync(folder)).toHaveLength(2);
  });

  test("in name or date alone: nothing of it is in the way, as far as the archive does not hold it", async () => {
    await packed(batches - 1);
    writeFileSync(source, original);
    utimesSync(source, 1, 1);
    expect(await packed(batches - 1)).toBe(1);
    renameSync(source, join(folder, "n.safetensors"));
    source = join(folder, "n.safetensors");
    expect(await packed()).toBe(batches);
    expect(shaOf(target)).toBe(await inOneGo());
  });

  test("while it is packed: an error, and no archive", async () => {
    await packed(0);
    const onProgress: PackOptions["onProgress"] = ({ task }) => {
      if (task === "packing") utimesSync(source, 1, 1);
    };
    await expect(packed(Infinity, { onProgress })).rejects.toThrow("was changed or replaced");
    expect(existsSync(target)).toBe(false);
  });
});

test("against a base: what differs, to the same bytes; another base begins anew", async () => {
  const base = join(folder, "base.safetensors");
  const bytes = Uint8Array.from(original);
  for (let at = original.length - 15_000_000; at < original.length; at += 14) bytes[at] ^= (at >> 3) & 3;
  writeFileSync(base, bytes);
  const once = await inOneGo({ base });
  await packed(1, { base });
  expect(await packed(Infinity, { base })).toBe(batches - 1);
  expect(shaOf(target)).toBe(once);
  await packed(1, { base });
  bytes[bytes.length - 1] ^= 255;
  writeFileSync(base, bytes);
  expect(await packed(Infinity, { base })).toBe(batches);
  expect(readdirSync(folder)).toHaveLength(3);
});

test("what lies on the disk is believed as far as it is right", async () => {
  const once = await inOneGo();
  const flip = (path: string, at: number): void => {
    const bytes = readFileSync(path);
    bytes[at] ^= 1;
    writeFileSync(path, bytes);
  };
  await packed(batches - 1);
  flip(find(".partial"), 6_000_000);
  expect(await packed()).toBe(batches - 1);
  expect(shaOf(target)).toBe(once);
  // Damaged in what the list says of the last batch.
  for (const back of [2, 150]) {
    await packed(batches - 1);
    flip(find(".done"), readFileSync(find(".done")).length - back);
    expect(await packed()).toBe(2);
    expect(shaOf(target)).toBe(once);
  }
  // Damaged after the last look: the archive is read back, and not kept.
  await packed(batches - 1);
  const onProgress: PackOptions["onProgress"] = ({ task, done }) => {
    if (task === "packing" && done === original.length) setImmediate(() => flip(find(".partial"), 1_000_000));
  };
  writeFileSync(target, "old");
  await expect(packed(Infinity, { onProgress })).rejects.toThrow(/does not read back/);
  expect(readFileSync(target, "utf8")).toBe("old");
  expect(readdirSync(folder)).toHaveLength(2);
});

test("a stop keeps what has reached the disk; two at once are refused; without resume nothing is kept", async () => {
  writeFileSync(source, model(2));
  const stop = new AbortController();
  const onProgress: PackOptions["onProgress"] = ({ task }) => {
    if (task === "verifying") stop.abort();
  };
  await expect(packed(Infinity, { signal: stop.signal, onProgress })).rejects.toThrow(CancelledError);
  expect(readdirSync(folder)).toHaveLength(3);
  const both = await Promise.allSettled([packed(), packed()]);
  expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  const [refused] = both.filter((one) => one.status === "rejected");
  expect(refused.reason).toBeInstanceOf(WriteError);
  expect(both.find((one) => one.status === "fulfilled")).toHaveProperty("value", 0);
  expect(shaOf(target)).toBe(await inOneGo());
  rmSync(target);
  await packed(1, { resume: false });
  expect(readdirSync(folder)).toEqual(["m.safetensors"]);
  await expect(unpack(target, source, { resume: true } as never)).rejects.toThrow(OptionError);
});

test("killed again and again, while it codes and while it reads back: the bytes of one go, and no batch on the disk twice", async () => {
  const [size, step] = [38_000_000, 4 * 2 ** 20];
  writeFileSync(source, bytesOf(size, 5));
  const script = `
    const { pack } = require(${JSON.stringify(join(__dirname, "../../kernel"))});
    const { writeSync } = require("node:fs");
    const [source, target, task, most] = process.argv.slice(1);
    let seen = 0;
    const onProgress = (progress) => {
      writeSync(1, progress.task + "=" + progress.done + "\\n");
      if (progress.task === task && ++seen == most) process.kill(process.pid, "SIGKILL");
    };
    pack(source, target, { resume: true, workers: 1, onProgress });`;
  let before = 0;
  for (const [task, most] of [
    ["packing", 6],
    ["packing", 2],
    ["verifying", 6],
    ["verifying", 1],
    ["none", 0],
  ] as const) {
    const words = ["-e", script, source, target, task, String(most)];
    const { stdout, signal } = spawnSync(process.execPath, words, { encoding: "utf8" });
    expect(signal).toBe(task === "none" ? null : "SIGKILL");
    const coded = [...stdout.matchAll(/^packing=(\d+)$/gm)].map(([, done]) => Number(done));
    // Each batch behind those that the list had is made, and none of those.
    expect(coded).toEqual(coded.map((_, i) => Math.min(size, before + (i + 1) * step)));
    if (task !== "packing") expect(coded).toHaveLength(Math.ceil((size - before) / step));
    expect(existsSync(target)).toBe(task === "none");
    if (task === "none") break;
    // Lines behind that of the header.
    const noted = readFileSync(find(".done"), "utf8").split("\n").length - 2;
    before = Math.min(size, Math.max(0, noted) * step);
    expect(before).toBeGreaterThan(0);
  }
  expect(shaOf(target)).toBe(await inOneGo());
  expect(readdirSync(folder)).toHaveLength(2);
}, 120_000);
