import { createHash } from "node:crypto";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { hashOf, HubCache, isCommit } from "../../kernel/hub/cache";

const commit = "a".repeat(40);
const bytes = new Uint8Array(Buffer.from("hello"));
const sha1 = createHash("sha1").update("blob 5\0hello").digest("hex");
const sha256 = createHash("sha256").update("hello").digest("hex");
let folder: string;
let cache: HubCache;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "cache-")));
  cache = new HubCache(folder, "owner/name");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("a file is named by git's hash, or by SHA-256 where it is large", () => {
  expect(hashOf(sha1, bytes)).toBe(sha1);
  expect(hashOf(sha256, bytes)).toBe(sha256);
  expect([isCommit(commit), isCommit("A".repeat(40)), isCommit("a".repeat(39))]).toEqual([true, false, false]);
});

test("a small file is kept as a blob and a link to it, where every client finds it", async () => {
  const path = await cache.keep(commit, { path: "sub/config.json", sizeBytes: 5, etag: sha1 }, bytes, "config.json");
  expect(path).toBe(join(folder, "models--owner--name", "snapshots", commit, "sub", "config.json"));
  expect(readFileSync(path, "utf8")).toBe("hello");
  expect(join(dirname(path), readlinkSync(path))).toBe(join(folder, "models--owner--name", "blobs", sha1));
  expect(await cache.find(commit, "sub/config.json")).toBe(path);
  expect(await cache.list(commit, "sub")).toEqual(["config.json"]);
  expect(await cache.commits()).toEqual([commit]);
});

test("bytes of another hash are refused and not kept", async () => {
  const file = { path: "a", sizeBytes: 5, etag: "0".repeat(40) };
  await expect(cache.keep(commit, file, bytes, "hf:owner/name/a")).rejects.toThrow(
    `does not have the hash ${file.etag}`,
  );
  expect(await cache.find(commit, "a")).toBeUndefined();
});

test("a blob is here when it is as long as it should be", async () => {
  mkdirSync(join(cache.folder, "blobs"), { recursive: true });
  writeFileSync(join(cache.folder, "blobs", sha1), "hell");
  expect(await cache.hasBlob({ path: "a", sizeBytes: 5, etag: sha1 })).toBe(false);
  writeFileSync(join(cache.folder, "blobs", sha1), "hello");
  expect(await cache.hasBlob({ path: "a", sizeBytes: 5, etag: sha1 })).toBe(true);
});

test("the commit of a branch is remembered; what stands there and is none is not believed", async () => {
  expect(await cache.commitOf("refs/pr/1")).toBeUndefined();
  await cache.keepCommit("refs/pr/1", commit);
  expect(await cache.commitOf("refs/pr/1")).toBe(commit);
  writeFileSync(join(cache.folder, "refs", "refs", "pr", "1"), "../../etc");
  expect(await cache.commitOf("refs/pr/1")).toBeUndefined();
});

test("a link out of the cache is not followed", async () => {
  writeFileSync(join(folder, "secret"), "x");
  mkdirSync(join(cache.folder, "snapshots", commit), { recursive: true });
  symlinkSync(join(folder, "secret"), join(cache.folder, "snapshots", commit, "a"));
  await expect(cache.find(commit, "a")).rejects.toThrow("is a link that leads out of the cache");
});
