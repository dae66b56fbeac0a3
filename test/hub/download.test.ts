/** A file of the Hub on its way into the cache: what reaches the disk, in what order, and what a try leaves to the next. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { RemoteRanges } from "../../kernel/bytes/url-source";
import { CancelledError, SourceError, WriteError } from "../../kernel/errors";
import { HubCache } from "../../kernel/hub/cache";
import { download } from "../../kernel/hub/download";
import { ScriptedClient } from "../bytes/scripted-client";

/** Calls that make a file last, in their order: of its bytes, of its name, of its folder. */
const mockOrder: string[] = [];
/** What happens in the place of a call of that name. */
const mockInstead: Record<string, (...words: unknown[]) => Promise<unknown>> = {};
type MockCall = (...words: unknown[]) => Promise<unknown>;

jest.mock("node:fs/promises", () => {
  const real = jest.requireActual<Record<string, MockCall>>("node:fs/promises");
  const wrapped = (handle: object, what: string): unknown =>
    new Proxy(handle, {
      get(target, key) {
        const member: unknown = Reflect.get(target, key, target);
        if (typeof member !== "function") return member;
        const name = String(key);
        if (["write", "truncate", "sync", "close"].includes(name)) mockOrder.push(`${name} ${what}`);
        return mockInstead[name] ?? (member.bind(target) as MockCall);
      },
    });
  return {
    ...real,
    statfs: (...words: unknown[]) => (mockInstead.statfs ?? real.statfs)(...words),
    open: async (...words: unknown[]) => {
      if (mockInstead.open) return mockInstead.open(...words);
      return wrapped(
        (await real.open(...words)) as object,
        String(words[0]).endsWith(".incomplete") ? "part" : "folder",
      );
    },
    rename: (...words: unknown[]) => {
      const name = String(words[1]).replace(/.*[\\/]/, "");
      mockOrder.push(`rename ${name.endsWith(".incomplete") ? "part" : name}`);
      return real.rename(...words);
    },
  };
});

jest.mock("node:timers/promises", () => ({
  ...jest.requireActual<object>("node:timers/promises"),
  setTimeout: () => Promise.resolve(), // pauses before another try
}));

const content = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => (i * 13) & 255));
const etag = createHash("sha256").update(content).digest("hex");
const file = { path: "model.bin", sizeBytes: content.length, etag };
const commit = "c".repeat(40);
const host = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);
/** No process has this number: Linux gives 2²² at most. */
const nobody = 2 ** 22 + 1;

let folder: string;
let blobs: string;
let cache: HubCache;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "codebook-download-"));
  cache = new HubCache(folder, "owner/name");
  blobs = join(cache.folder, "blobs");
  mockOrder.length = 0;
  for (const name of Object.keys(mockInstead)) delete mockInstead[name];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const remote = { name: "model.bin", url: new URL("https://example.org/model.bin") };
function fetched(client = new ScriptedClient(content), own: { signal?: AbortSignal; file?: typeof file } = {}) {
  const told: number[] = [];
  const done = download({
    cache,
    commit,
    file: own.file ?? file,
    ranges: new RemoteRanges(client, remote, ({ message }) => message),
    name: "hf:owner/name/model.bin",
    signal: own.signal,
    onProgress: (bytes) => void told.push(bytes),
  });
  return { done, told, client };
}
const failing = (code: string) => () => Promise.reject(Object.assign(new Error(`${code}: in the test`), { code }));
/** Leaves the first bytes of the file as a try did whose process had that number. */
function leave(bytes: Uint8Array, process: number, machine = host): string {
  mkdirSync(blobs, { recursive: true });
  const name = `${etag}.${machine}-${process}-0123abcd.incomplete`;
  writeFileSync(join(blobs, name), bytes);
  return name;
}

test("the bytes are forced to the disk before the file has its name, and the folder after it", async () => {
  const { done, told } = fetched();
  const path = await done;
  expect(path).toBe(join(cache.folder, "snapshots", commit, "model.bin"));
  expect(Buffer.compare(readFileSync(path), content)).toBe(0);
  expect(readdirSync(blobs)).toEqual([etag]);
  expect(told).toEqual([content.length]);
  const after = ["sync part", "close part", `rename ${etag}`, "sync folder", "close folder"];
  const last = mockOrder.lastIndexOf("write part");
  expect(mockOrder.slice(last + 1)).toEqual([...after, "rename model.bin"]);
  expect(new Set(mockOrder.slice(0, last))).toEqual(new Set(mockOrder.slice(0, last).map(() => "write part")));
});

test("a file that is here whole is linked, and not asked for", async () => {
  await fetched().done;
  rmSync(join(cache.folder, "snapshots"), { recursive: true });
  const { done, client } = fetched();
  expect(Buffer.compare(readFileSync(await done), content)).toBe(0);
  expect(client.asked).toEqual([]);
});

test("a small file is named by git's hash", async () => {
  const small = content.subarray(0, 9);
  const git = createHash("sha1").update("blob 9\0").update(small).digest("hex");
  const { done } = fetched(new ScriptedClient(small), { file: { path: "a", sizeBytes: 9, etag: git } });
  expect(readFileSync(await done)).toEqual(small);
});

describe("what an earlier try left", () => {
  test.each([0, 1, 1_500_000, 2_097_152, content.length])("%d bytes: the next goes on behind them", async (size) => {
    leave(content.subarray(0, size), 0);
    const { done, told, client } = fetched();
    expect(Buffer.compare(readFileSync(await done), content)).toBe(0);
    expect(client.asked).toEqual(size === content.length ? [] : [`example.org bytes=${size}-${content.length - 1}`]);
    const slices = Array.from({ length: Math.ceil(size / 2 ** 20) }, (_, i) => Math.min(size, (i + 1) * 2 ** 20));
    expect(told).toEqual(size === content.length ? slices : [...slices, content.length]);
    expect(readdirSync(blobs)).toEqual([etag]);
  });

  test("more bytes than the file has: they are cut off, and it begins anew", async () => {
    leave(Buffer.concat([content, Buffer.from("more")]), 0);
    const { done, client } = fetched();
    expect(Buffer.compare(readFileSync(await done), content)).toBe(0);
    expect(mockOrder.filter((call) => call === "truncate part")).toHaveLength(1);
    expect(client.asked).toEqual([`example.org bytes=0-${content.length - 1}`]);
  });

  test("of a process that is gone is taken over, of one that runs or of another machine it is not", async () => {
    const stay = [leave(content.subarray(0, 10), process.ppid), leave(content.subarray(0, 10), nobody, "00000000")];
    const alien = `${etag}.${host}-x-0123abcd.incomplete`;
    writeFileSync(join(blobs, alien), "");
    const first = fetched();
    await first.done;
    expect(first.client.asked).toEqual([`example.org bytes=0-${content.length - 1}`]);
    expect(readdirSync(blobs).sort()).toEqual([etag, alien, ...stay].sort());
    rmSync(join(blobs, etag));
    leave(content.subarray(0, 10), nobody);
    const second = fetched();
    await second.done;
    expect(second.client.asked).toEqual([`example.org bytes=10-${content.length - 1}`]);
    expect(readdirSync(blobs).sort()).toEqual([etag, alien, ...stay].sort());
  });

  test("one part is taken over, not two", async () => {
    leave(content.subarray(0, 10), 0);
    writeFileSync(join(blobs, `${etag}.${host}-0-ffffffff.incomplete`), content.subarray(0, 20));
    await fetched().done;
    expect(readdirSync(blobs)).toHaveLength(2);
  });
});

describe("a download that ends early", () => {
  const part = () => readdirSync(blobs).filter((name) => name.endsWith(".incomplete"));

  test("keeps its bytes for the next, under the number of no process", async () => {
    const stop = new AbortController();
    const client = new ScriptedClient(content, (call) =>
      call === 1 ? { pieces: [content.subarray(0, 1000)] } : (stop.abort(), { status: 200 }),
    );
    await expect(fetched(client, { signal: stop.signal }).done).rejects.toThrow(SourceError);
    expect(part()).toEqual([expect.stringMatching(new RegExp(`^${etag}\\.${host}-0-[0-9a-f]{8}\\.incomplete$`))]);
    expect(readFileSync(join(blobs, part()[0]))).toEqual(content.subarray(0, 1000));
    expect(existsSync(join(blobs, etag))).toBe(false);
  });

  test("by its signal while it reads what is there, keeps that", async () => {
    leave(content.subarray(0, 2_500_000), 0);
    const { done, told, client } = fetched(undefined, { signal: AbortSignal.abort() });
    await expect(done).rejects.toThrow(new CancelledError("downloading hf:owner/name/model.bin"));
    expect([told, client.asked]).toEqual([[2 ** 20], []]);
    expect(readFileSync(join(blobs, part()[0]))).toHaveLength(2_500_000);
  });

  test("with other bytes than those of its hash keeps none", async () => {
    const wrong = new ScriptedClient(Buffer.alloc(content.length));
    await expect(fetched(wrong).done).rejects.toThrow(
      `hf:owner/name/model.bin: what the server sent does not have the hash ${etag}`,
    );
    expect(readdirSync(blobs)).toEqual([]);
    leave(Buffer.alloc(10), 0);
    await expect(fetched().done).rejects.toThrow("does not have the hash");
    expect(readdirSync(blobs)).toEqual([]);
  });
});

describe("a disk that fails", () => {
  test.each([
    ["open", "ENOSPC", "it cannot be kept in the cache: the disk is full"],
    ["write", "EIO", "it cannot be kept in the cache: EIO: in the test"],
    ["sync", "EIO", "it cannot be kept in the cache: EIO: in the test"],
    ["stat", "EIO", "it cannot be kept in the cache: EIO: in the test"],
  ])("in %s by %s is told, and nothing has the file's name", async (call, code, words) => {
    mockInstead[call] = failing(code);
    const { done } = fetched();
    await expect(done).rejects.toThrow(WriteError);
    await expect(done).rejects.toThrow(`hf:owner/name/model.bin: ${words}`);
    expect(existsSync(join(blobs, etag))).toBe(false);
    expect(mockOrder).not.toContain(`rename ${etag}`);
  });

  test("that takes halves is written to again, one that takes nothing is an error", async () => {
    const bytes = { written: Buffer.alloc(0) };
    mockInstead.write = (piece, from, length) => {
      const half = Math.ceil((length as number) / 2);
      bytes.written = Buffer.concat([
        bytes.written,
        (piece as Uint8Array).subarray(from as number, (from as number) + half),
      ]);
      return Promise.resolve({ bytesWritten: half });
    };
    await fetched().done;
    expect(Buffer.compare(bytes.written, content)).toBe(0);
    rmSync(blobs, { recursive: true });
    mockInstead.write = () => Promise.resolve({ bytesWritten: 0 });
    await expect(fetched().done).rejects.toThrow("hf:owner/name/model.bin: the disk takes no more");
  });

  test("with less room than the file and 64 MiB is not begun; one that tells no room is tried", async () => {
    const room = (bytes: number) => () => Promise.resolve({ bavail: bytes / 512, bsize: 512 });
    const spare = 64 * 2 ** 20;
    const needed = 512 * Math.ceil(content.length / 512) + spare;
    mockInstead.statfs = room(needed - 512);
    const short = fetched();
    await expect(short.done).rejects.toThrow(
      `${content.length} more bytes are to come, and the disk of ${blobs} has ${needed - 512} free; HF_HOME may name another place`,
    );
    expect(short.client.asked).toEqual([]);
    // What is here already needs no room.
    leave(content.subarray(0, 512), 0);
    await fetched().done;
    rmSync(blobs, { recursive: true });
    mockInstead.statfs = room(needed);
    await fetched().done;
    rmSync(blobs, { recursive: true });
    mockInstead.statfs = failing("ENOSYS");
    await fetched().done;
  });
});
