/** Files written in pieces and taken up again: whatever call fails and whenever the process is killed, the file is the old one or the whole
 *  new one, the next call comes to the same bytes, and it makes no piece again that had reached the disk. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import type { KeptPiece, Piece, PieceSource } from "../../kernel/bytes/pieces";
import { writeFileResumably } from "../../kernel/bytes/resumable-file";
import { CancelledError, WriteError } from "../../kernel/errors";
import { isFull } from "../tiers";

type Fault = "ENOSPC" | "EIO" | "short" | "nothing";
const mockState: { calls: number; at: number; fault: Fault } = { calls: 0, at: 0, fault: "EIO" };
/** Writes to the pieces and to the lines, waits for the disk, and the renaming, in their order. */
const mockOrder: string[] = [];

async function mockCall<Result>(
  act: () => Promise<Result>,
  short?: (share: number) => Promise<Result>,
): Promise<Result> {
  if (++mockState.calls !== mockState.at) return act();
  if (mockState.fault === "short") return short ? short(0.5) : act();
  if (mockState.fault === "nothing") return short ? short(0) : act();
  throw Object.assign(new Error(`${mockState.fault}: in the test`), { code: mockState.fault });
}

type MockFs = Record<string, (...words: unknown[]) => Promise<unknown>>;
type MockWrite = (bytes: Uint8Array, offset: number, length: number, at: number) => Promise<{ bytesWritten: number }>;

jest.mock("node:fs/promises", () => {
  const real = jest.requireActual<MockFs>("node:fs/promises");
  const watched = ["unlink", "realpath", "stat", "readdir", "readFile", "writeFile"];
  const wrapped = (handle: object, file: string): unknown =>
    new Proxy(handle, {
      get(target, key) {
        const member: unknown = Reflect.get(target, key, target);
        if (typeof member !== "function") return member;
        const own = member.bind(target) as (...words: unknown[]) => Promise<unknown>;
        const what = file.endsWith(".done") ? "lines" : file.endsWith(".partial") ? "pieces" : "folder";
        if (["write", "datasync", "sync"].includes(String(key))) mockOrder.push(`${String(key)} ${what}`);
        if (key === "write")
          return (...[bytes, offset, length, at]: Parameters<MockWrite>) =>
            mockCall(
              () => (own as MockWrite)(bytes, offset, length, at),
              (share) =>
                share === 0
                  ? Promise.resolve({ bytesWritten: 0 })
                  : (own as MockWrite)(bytes, offset, Math.ceil(share * length), at),
            );
        if (key === "close") return () => mockCall(own).finally(() => own().catch(() => undefined));
        return ["read", "stat", "sync", "datasync", "truncate", "readFile"].includes(String(key))
          ? (...words: unknown[]) => mockCall(() => own(...words))
          : own;
      },
    });
  return {
    ...real,
    ...Object.fromEntries(watched.map((name) => [name, (...words: unknown[]) => mockCall(() => real[name](...words))])),
    rename: (...words: unknown[]) => {
      mockOrder.push("rename");
      return mockCall(() => real.rename(...words));
    },
    open: async (...words: unknown[]) =>
      wrapped((await mockCall(() => real.open(...words))) as object, String(words[0])),
  };
});

const root = mkdtempSync(join(tmpdir(), "codebook-resumed-"));
afterAll(() => rmSync(root, { recursive: true }));
let folder: string;
let target: string;
beforeEach(() => {
  mockState.at = 0;
  folder = mkdtempSync(join(root, "case-"));
  target = join(folder, "model.gguf");
});

/** The last ones are small, so that they share a line of the disk's. */
const sizes = [200, 17 * 2 ** 20, 0, 3_000_000, 16 * 2 ** 20, 1, 300, 300];
const contents = sizes.map((size, i) => new Uint8Array(size).fill(i + 1));
const whole = createHash("sha256").update(Buffer.concat(contents)).digest("hex");
const shaOf = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");

function pieces(made: number[] = [], failAt?: number): Piece[] {
  return contents.map((bytes, number) => ({
    bytes: bytes.length,
    make: () => {
      if (number === failAt) throw new Error("the weights cannot be had");
      made.push(number);
      return bytes;
    },
  }));
}

const write = (list = pieces(), key = "a") => writeFileResumably(target, list, { key });

test("writes all pieces, and leaves nothing else", async () => {
  const made: number[] = [];
  expect(await write(pieces(made))).toBe(sizes.reduce((a, b) => a + b));
  expect(made).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(shaOf(target)).toBe(whole);
  expect(readdirSync(folder)).toEqual(["model.gguf"]);
});

test("a line is written once its piece is on the disk; all is on the disk before the renaming, the folder after it", async () => {
  const small = [10, 20, 5, 30].map((bytes, i): Piece => ({ bytes, make: () => new Uint8Array(bytes).fill(i) }));
  mockOrder.length = 0;
  const finish = () => Promise.resolve(void mockOrder.push("finish"));
  await writeFileResumably(target, small, { key: "a", syncBytes: 25, finish });
  const line = ["datasync pieces", "write lines", "datasync lines"];
  const writes = ["write pieces", "write pieces", ...line, "write pieces", "write pieces", ...line];
  expect(mockOrder).toEqual([...writes, "sync pieces", "rename", "sync folder", "finish"]);
});

test("what a call wrote before it failed is kept, and the next goes on from there", async () => {
  writeFileSync(target, "old");
  await expect(write(pieces([], 5))).rejects.toThrow("the weights cannot be had");
  expect(readFileSync(target, "utf8")).toBe("old");
  expect(readdirSync(folder)).toHaveLength(3);
  const made: number[] = [];
  await write(pieces(made));
  expect(made).toEqual([5, 6, 7]);
  expect(shaOf(target)).toBe(whole);
  expect(readdirSync(folder)).toEqual(["model.gguf"]);
});

describe("a full disk", () => {
  const failingAt = async (call: number) => {
    Object.assign(mockState, { calls: 0, at: call, fault: "ENOSPC" });
    const error: unknown = await write().catch((reason: unknown) => reason);
    mockState.at = 0;
    return error;
  };
  const writeOf = async (number: number) => {
    // The call that writes piece `number`: the mock notes only writes, so calls are tried until that many were made before.
    for (let call = 1; ; call++) {
      mockOrder.length = 0;
      const error = await failingAt(call);
      if (mockOrder.filter((one) => one === "write pieces").length === number + 1) return error;
      for (const name of readdirSync(folder)) rmSync(join(folder, name));
    }
  };

  test("in the first piece: nothing is kept, and the message says so", async () => {
    const error = await writeOf(0);
    expect(error).toBeInstanceOf(WriteError);
    expect(String(error)).toMatch(/writing failed: the disk is full; nothing of it is kept$/);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("in a later piece: the whole ones are kept, and the room of the other is free again", async () => {
    const error = await writeOf(1);
    expect(String(error)).toMatch(/the first 200 bytes are kept in \.model\.gguf\..*\.partial, and the same call/);
    const partial = readdirSync(folder).find((name) => name.endsWith(".partial")) ?? "none";
    expect(statSync(join(folder, partial)).size).toBe(200);
    const made: number[] = [];
    await write(pieces(made));
    expect(made).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(shaOf(target)).toBe(whole);
  });

  test("as what is kept is read: it is left as it was", async () => {
    await write(pieces([], 5)).catch(() => undefined);
    const partial = readdirSync(folder).find((name) => name.endsWith(".partial")) ?? "none";
    const names = readdirSync(folder);
    const found = new Map(names.map((name) => [name, readFileSync(join(folder, name))]));
    const size = found.get(partial)?.length;
    let error: unknown;
    for (let call = 1; !/is left as it was, and the same call begins with it/.test(String(error)); call++) {
      for (const name of readdirSync(folder)) rmSync(join(folder, name));
      for (const [name, bytes] of found) writeFileSync(join(folder, name), bytes);
      error = await failingAt(call);
    }
    expect(statSync(join(folder, partial)).size).toBe(size);
  });
});

describe("what is found is believed only as far as it is right", () => {
  const partialOf = () => join(folder, readdirSync(folder).find((name) => name.endsWith(".partial")) ?? "none");
  const cases: [string, (partial: string) => void, number[]][] = [
    [
      "a byte of a piece was changed",
      (partial) => {
        const bytes = readFileSync(partial);
        bytes[200 + 5_000_000] ^= 1;
        writeFileSync(partial, bytes);
      },
      [1, 2, 3, 4, 5, 6, 7],
    ],
    ["the pieces are cut off", (partial) => truncateSync(partial, 18 * 2 ** 20), [3, 4, 5, 6, 7]],
    ["there is more behind them", (partial) => appendFileSync(partial, new Uint8Array(10 ** 6)), [5, 6, 7]],
    ["the list is cut in a line", (partial) => truncateSync(`${partial}.done`, 100), [1, 2, 3, 4, 5, 6, 7]],
    ["the list is gone", (partial) => rmSync(`${partial}.done`), [0, 1, 2, 3, 4, 5, 6, 7]],
    [
      "the list is nonsense",
      (partial) => writeFileSync(`${partial}.done`, "\0\n".repeat(1000)),
      [0, 1, 2, 3, 4, 5, 6, 7],
    ],
    ["the pieces are gone", (partial) => rmSync(partial), [0, 1, 2, 3, 4, 5, 6, 7]],
  ];
  test.each(cases)("%s", async (_, damage, expected) => {
    await write(pieces([], 5)).catch(() => undefined);
    damage(partialOf());
    const made: number[] = [];
    await write(pieces(made));
    expect(made).toEqual(expected);
    expect(shaOf(target)).toBe(whole);
    expect(readdirSync(folder)).toEqual(["model.gguf"]);
  });
});

test("another key begins anew, and the unfinished file of the old one goes", async () => {
  await write(pieces([], 5)).catch(() => undefined);
  const made: number[] = [];
  await write(pieces(made), "b");
  expect(made).toHaveLength(8);
  expect(readdirSync(folder)).toEqual(["model.gguf"]);
});

test("one writer at a time; the lock of a process that is gone counts for nothing", async () => {
  await write(pieces([], 5)).catch(() => undefined);
  const name = `${readdirSync(folder).find((one) => one.endsWith(".partial"))}.lock`;
  const here = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);
  for (const holder of [`${here} ${process.ppid}`, "00000000 1"]) {
    writeFileSync(join(folder, name), holder);
    await expect(write()).rejects.toThrow(/is writing it; if it is gone, delete/);
    await expect(write()).rejects.toThrow(WriteError);
  }
  writeFileSync(join(folder, name), `${here} ${2 ** 22 + 1}`);
  await write();
  expect(readdirSync(folder)).toEqual(["model.gguf"]);
  // Two calls of one process.
  const both = await Promise.allSettled([write(), write()]);
  expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  expect(shaOf(target)).toBe(whole);
});

test("another key takes away what a killed process left, its lock too, and nothing of one that lives", async () => {
  await write(pieces([], 5)).catch(() => undefined);
  const names = readdirSync(folder);
  const name = `${names.find((one) => one.endsWith(".partial"))}.lock`;
  const here = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);
  writeFileSync(join(folder, name), `${here} ${process.ppid}`);
  await write(pieces(), "b");
  expect(readdirSync(folder).sort()).toEqual([...names, name, "model.gguf"].sort());
  writeFileSync(join(folder, name), `${here} ${2 ** 22 + 1}`);
  await write(pieces(), "b");
  expect(readdirSync(folder)).toEqual(["model.gguf"]);
});

test("what comes behind the file: where it breaks off, the next call begins with it", async () => {
  const save = (made: number[], finish: () => Promise<void>) =>
    writeFileResumably(target, pieces(made), { key: "a", finish });
  const broken = save([], () => Promise.reject(new WriteError("config.json", "the disk is full")));
  await expect(broken).rejects.toThrow("config.json: the disk is full");
  expect(shaOf(target)).toBe(whole);
  const made: number[] = [];
  let finished = 0;
  const finish = () => Promise.resolve(void finished++);
  expect(await save(made, finish)).toBe(sizes.reduce((a, b) => a + b));
  expect([made, finished]).toEqual([[], 1]);
  expect(readdirSync(folder)).toEqual(["model.gguf"]);
  // A file that was changed since is not taken for it.
  await save([], () => Promise.reject(new Error("again"))).catch(() => undefined);
  appendFileSync(target, "more");
  await save(made, finish);
  expect([made, finished]).toEqual([[0, 1, 2, 3, 4, 5, 6, 7], 2]);
  expect(shaOf(target)).toBe(whole);
});

test("what the last look refuses is not kept; where the look itself fails, all is", async () => {
  const look = (error: Error) => () => Promise.reject(error);
  const save = (made: number[], error: Error) =>
    writeFileResumably(target, pieces(made), { key: "a", verify: look(error) });
  await expect(save([], new CancelledError("reading"))).rejects.toThrow(CancelledError);
  const made: number[] = [];
  await expect(save(made, new WriteError(target, "other bytes"))).rejects.toThrow("other bytes");
  expect(made).toEqual([]);
  expect(readdirSync(folder)).toEqual([]);
});

/** Pieces of sizes that nobody knows before: of a text, line by line; the note of each is the hash of the text up to it. */
class Lines implements PieceSource {
  private at = 0;
  private readonly lines: string[];
  constructor(
    text: string,
    private readonly made: string[] = [],
    private readonly breakAt = Infinity,
  ) {
    this.lines = text.split(/(?<=\n)/);
  }
  private note(): string {
    const upTo = this.lines.slice(0, this.at + 1).join("");
    return `upto ${createHash("sha256").update(upTo).digest("hex")}`;
  }
  get isWhole() {
    return this.at === this.lines.length;
  }
  keep({ note }: KeptPiece): boolean {
    const isSame = !this.isWhole && note === this.note();
    if (isSame) this.at++;
    return isSame;
  }
  async *make() {
    for (; !this.isWhole; this.at++) {
      if (this.at === this.breakAt) throw new Error("the source is gone");
      this.made.push(this.lines[this.at].trim());
      yield { bytes: Buffer.from(this.lines[this.at]), note: this.note() };
      await Promise.resolve();
    }
  }
}

test("pieces that are known when they are made: kept as far as their source is the same", async () => {
  const text = "one\ntwo\nthree\nfour\nfive\n";
  const save = (own: string, made: string[] = [], breakAt?: number) =>
    writeFileResumably(target, () => new Lines(own, made, breakAt), { key: "a", syncBytes: 1 });
  await expect(save(text, [], 3)).rejects.toThrow("the source is gone");
  const made: string[] = [];
  await save(text, made);
  expect(made).toEqual(["four", "five"]);
  expect(readFileSync(target, "utf8")).toBe(text);
  // Another source: what it has in common is kept.
  await expect(save(text, [], 4)).rejects.toThrow("the source is gone");
  const changed = text.replace("three", "3");
  made.length = 0;
  await save(changed, made);
  expect(made).toEqual(["3", "four", "five"]);
  expect(readFileSync(target, "utf8")).toBe(changed);
  // A note that was changed is not believed, though the bytes are there.
  await expect(save(text, [], 4)).rejects.toThrow("the source is gone");
  const list = join(folder, readdirSync(folder).find((name) => name.endsWith(".done")) ?? "none");
  const lines = readFileSync(list, "utf8").split("\n");
  lines[1] = lines[1].slice(0, -1) + (lines[1].endsWith("0") ? "1" : "0");
  writeFileSync(list, lines.join("\n"));
  made.length = 0;
  await save(text, made);
  expect(made).toEqual(["two", "three", "four", "five"]);
  expect(readdirSync(folder)).toEqual(["model.gguf"]);
});

test("stops on its signal, and keeps what is written", async () => {
  const stop = new AbortController();
  const list = pieces().map((piece, i) => (i === 4 ? { ...piece, make: () => (stop.abort(), contents[4]) } : piece));
  await expect(writeFileResumably(target, list, { key: "a", signal: stop.signal })).rejects.toThrow(CancelledError);
  const made: number[] = [];
  await write(pieces(made));
  // Three megabytes had not been waited for.
  expect(made).toEqual([2, 3, 4, 5, 6, 7]);
});

test("a piece of another size than was said is an error, not a file", async () => {
  const list = pieces().map((piece, i) => (i === 3 ? { ...piece, make: () => new Uint8Array(5) } : piece));
  await expect(write(list)).rejects.toThrow(/5 bytes, and 3000000 were announced/);
  expect(existsSync(target)).toBe(false);
});

test.each<Fault>(["ENOSPC", "EIO", "short", "nothing"])(
  "%s at every call: the old file or the new one, and the next call ends it",
  async (fault) => {
    const small = [200, 3000, 0, 5000, 1, 700].map((size, i) => new Uint8Array(size).fill(i + 1));
    const whole = createHash("sha256").update(Buffer.concat(small)).digest("hex");
    const save = (made: number[] = []) =>
      writeFileResumably(
        target,
        small.map((bytes, number) => ({ bytes: bytes.length, make: () => (made.push(number), bytes) })),
        { key: "a", syncBytes: 1000 },
      );
    let [refused, saved] = [0, 0];
    for (let at = 1; ; at++) {
      rmSync(folder, { recursive: true });
      mkdirSync(folder);
      writeFileSync(target, "old");
      Object.assign(mockState, { calls: 0, at, fault });
      const error: unknown = await save().then(
        () => undefined,
        (reason: unknown) => reason,
      );
      const calls = mockState.calls;
      mockState.at = 0;
      expect(["old", whole]).toContain(readFileSync(target).length === 3 ? "old" : shaOf(target));
      if (error !== undefined) {
        expect(error).toBeInstanceOf(WriteError);
        refused++;
      } else expect(shaOf(target)).toBe(whole);
      const made: number[] = [];
      await save(made);
      expect(shaOf(target)).toBe(whole);
      if (made.length < small.length) saved++;
      expect(readdirSync(folder)).toEqual(["model.gguf"]);
      if (calls < at) break;
    }
    // Halves are written on; the rest is refused in words.
    if (fault === "short") expect(refused).toBe(0);
    else expect(refused).toBeGreaterThan(fault === "nothing" ? 5 : 15);
    process.stdout.write(`  ${fault}: ${refused} refused, ${saved} taken up behind the first piece\n`);
  },
  120_000,
);

/** How many pieces each process makes before it is killed. npm test has two kills; test/archive/packing.test.ts sweeps the places there. */
const kills = isFull ? [1, 17, 18, 5, 33, 2, 16] : [20, 30];

test("killed again and again: the same bytes, and at most 16 MB made twice each time", () => {
  const script = `
    const { writeFileResumably } = require(${JSON.stringify(join(__dirname, "../../kernel/bytes/resumable-file"))});
    const { writeSync } = require("node:fs");
    const [target, most] = process.argv.slice(1);
    let seen = 0;
    const pieces = Array.from({ length: 60 }, (_, i) => ({
      bytes: 2 ** 20,
      make: () => {
        if (++seen > most) process.kill(process.pid, "SIGKILL");
        writeSync(1, i + "\\n");
        return new Uint8Array(2 ** 20).fill(i);
      },
    }));
    writeFileResumably(target, pieces, { key: "k" }).then(() => process.exit(0));`;
  let last = -1;
  for (const most of [...kills, Infinity]) {
    const { stdout, signal } = spawnSync(process.execPath, ["-e", script, target, String(most)], { encoding: "utf8" });
    expect([most, signal]).toEqual([most, most === Infinity ? null : "SIGKILL"]);
    const made = stdout.trim().split("\n").map(Number);
    if (most !== Infinity) expect(made).toHaveLength(most);
    expect(made[0]).toBeGreaterThanOrEqual(last - 16);
    last = Math.max(last, ...made);
    expect(existsSync(target)).toBe(most === Infinity);
  }
  expect(readdirSync(folder)).toEqual(["model.gguf"]);
  const bytes = readFileSync(target);
  expect(bytes.length).toBe(60 * 2 ** 20);
  for (let i = 0; i < 60; i++)
    expect(bytes.subarray(i * 2 ** 20, (i + 1) * 2 ** 20).every((byte) => byte === i)).toBe(true);
}, 120_000);
