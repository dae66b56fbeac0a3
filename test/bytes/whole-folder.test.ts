/** A folder that is written as one, killed at each call that changes the disk: the old folder or the new one, whole, and the next call ends it. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { writeFileAtomically } from "../../kernel/bytes/atomic-file";
import { foldersBeside, mendFolder } from "../../kernel/bytes/folder-names";
import { writeFolderAsOne } from "../../kernel/bytes/whole-folder";
import { writeFileResumably } from "../../kernel/bytes/resumable-file";
import { CancelledError, WriteError } from "../../kernel/errors";
import { callsMade, forgetProcesses, untilKilled, watch } from "./watched-files";

jest.mock("node:fs/promises", () => jest.requireActual<{ watchedFiles(): object }>("./watched-files").watchedFiles());

let root: string;
let target: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "codebook-whole-"));
  target = join(root, "small");
  watch(0, "EIO");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

interface Choice {
  readonly resume?: boolean;
  readonly signal?: AbortSignal;
  readonly keeps?: (name: string) => boolean;
  readonly path?: string;
}

/** Writes a folder whose files say `word`. */
const write = (word: string, { resume = false, signal, keeps = () => false, path = target }: Choice = {}) =>
  writeFolderAsOne(path, { key: word, resume, signal, keeps }, async (folder) => {
    const bytes = Buffer.from(word.repeat(50));
    if (resume)
      await writeFileResumably(join(folder, "weights"), [{ bytes: bytes.length, make: () => bytes }], { key: word });
    else await writeFileAtomically(join(folder, "weights"), [bytes]);
    await writeFileAtomically(join(folder, "config.json"), [Buffer.from(word)]);
    return word;
  });

/** The word of a folder that is whole; `undefined` for one that is not there. */
function wordOf(folder: string): string | undefined {
  if (!existsSync(folder)) return undefined;
  const word = readFileSync(join(folder, "config.json"), "utf8");
  expect(readFileSync(join(folder, "weights"), "utf8")).toBe(word.repeat(50));
  expect(readdirSync(folder).sort()).toEqual(["config.json", "weights"]);
  return word;
}

test("the folder has its files, and nothing lies beside it", async () => {
  expect(await write("a")).toBe("a");
  expect(await write("b")).toBe("b");
  expect([wordOf(target), readdirSync(root)]).toEqual(["b", ["small"]]);
});

describe.each([false, true])("killed, resume: %p", (resume) => {
  test.each([undefined, "old"])("where there was %p before: old or new, and the next call ends it", async (before) => {
    for (let at = 1; ; at++) {
      rmSync(root, { recursive: true });
      mkdirSync(root);
      watch(0, "EIO");
      if (before !== undefined) await write(before);
      watch(at, "killed");
      const end = await untilKilled(() => write("new", { resume }));
      if (end === "ended") {
        expect(callsMade()).toBeLessThan(at);
        expect(at).toBeGreaterThan(resume ? 15 : 10);
        break;
      }
      watch(0, "EIO");
      forgetProcesses(root);
      const found = wordOf(target);
      if (found !== undefined) expect([at, [before, "new"].includes(found)]).toEqual([at, true]);
      // A torn swap is one in which nothing has the name; it ends in the new folder.
      if (found === undefined) {
        const isTorn = (await foldersBeside(target)).whole.length > 0;
        if (before !== undefined) expect([at, isTorn]).toEqual([at, true]);
        expect([at, await mendFolder(target)]).toEqual([at, isTorn ? target : undefined]);
        expect([at, wordOf(target)]).toEqual([at, isTorn ? "new" : undefined]);
      }
      // Whoever comes next, with the same or with another folder, ends alone.
      const next = at % 2 === 0 ? "new" : "third";
      await write(next, { resume });
      expect([at, wordOf(target), readdirSync(root)]).toEqual([at, next, ["small"]]);
    }
  });
});

test("a call that fails leaves the old folder under its name, and nothing beside it", async () => {
  for (let at = 1; ; at++) {
    rmSync(root, { recursive: true });
    mkdirSync(root);
    watch(0, "EIO");
    await write("old");
    watch(at, "EIO");
    const error: unknown = await write("new").then(
      () => undefined,
      (reason: unknown) => reason,
    );
    const calls = callsMade();
    watch(0, "EIO");
    expect([at, ["old", "new"].includes(wordOf(target) ?? "")]).toEqual([at, true]);
    if (error === undefined) expect([at, wordOf(target)]).toEqual([at, "new"]);
    else expect([at, error instanceof WriteError]).toEqual([at, true]);
    expect([at, readdirSync(root).filter((name) => !name.endsWith(".lock"))]).toEqual([at, ["small"]]);
    if (calls < at) break;
  }
});

test("what is whole is not made again, and what is begun is told with its size", async () => {
  await write("old");
  let made = 0;
  const piece = { bytes: 1000, make: () => (made++, new Uint8Array(1000)) };
  const begin = (fails: boolean) =>
    writeFolderAsOne(target, { key: "k", resume: true, signal: undefined, keeps: () => false }, async (folder) => {
      if (!existsSync(join(folder, "weights")))
        await writeFileResumably(join(folder, "weights"), [piece], { key: "k" });
      if (fails) throw new WriteError(join(folder, "next"), "writing failed: the disk is full");
    });
  const failing = begin(true);
  await expect(failing).rejects.toThrow(
    /^.*\/small\/next: writing failed: the disk is full; small\.partial-[0-9a-f]{16} beside it holds 1000 bytes, from which the same call goes on$/,
  );
  expect(wordOf(target)).toBe("old");
  await begin(false);
  expect([made, readdirSync(target), readdirSync(root)]).toEqual([1, ["weights"], ["small"]]);
});

test("what the reader has put into the folder stays, in folders too, and what the new one has is the new one's", async () => {
  await write("old");
  mkdirSync(join(target, "notes/deep"), { recursive: true });
  mkdirSync(join(target, "empty"));
  writeFileSync(join(target, "notes/deep/own.txt"), "own");
  writeFileSync(join(target, "gone.txt"), "gone");
  symlinkSync("notes", join(target, "link"));
  const { ino } = statSync(join(target, "notes/deep/own.txt"));
  const asked: string[] = [];
  mkdirSync(join(target, "mixed/some"), { recursive: true });
  for (const name of ["own.txt", "gone.txt"]) writeFileSync(join(target, "mixed", name), name);
  const gone = ["gone.txt", "mixed/", "mixed/gone.txt"];
  await write("new", { keeps: (name) => (asked.push(name), !gone.includes(name)) });
  expect(readdirSync(target).sort()).toEqual(["config.json", "empty", "link", "mixed", "notes", "weights"]);
  expect(readdirSync(join(target, "mixed")).sort()).toEqual(["own.txt", "some"]);
  expect(statSync(join(target, "notes/deep/own.txt")).ino).toBe(ino);
  expect(readFileSync(join(target, "link/deep/own.txt"), "utf8")).toBe("own");
  expect(readFileSync(join(target, "config.json"), "utf8")).toBe("new");
  expect(asked).not.toContain("config.json");
});

test("a link to a folder is followed", async () => {
  await write("old");
  symlinkSync(target, join(root, "link"));
  await write("new", { path: join(root, "link") });
  expect([wordOf(target), readdirSync(root).sort()]).toEqual(["new", ["link", "small"]]);
});

test("a name that is no folder's, one in which this process runs, and one below a file are refused", async () => {
  writeFileSync(target, "a file");
  await expect(write("new")).rejects.toThrow(`${target}: there is something of this name that is not a folder`);
  await expect(write("new", { path: join(target, "below") })).rejects.toThrow("the folder cannot be made");
  const cwd = jest.spyOn(process, "cwd");
  for (const place of ["folder", "folder/in/it"]) {
    mkdirSync(join(root, place), { recursive: true });
    cwd.mockReturnValue(join(root, place));
    await expect(write("new", { path: join(root, "folder") })).rejects.toThrow(
      "this process runs in the folder, which is replaced as one; name a folder in it",
    );
  }
  cwd.mockReturnValue(root);
  await write("new", { path: join(root, "folder") });
  cwd.mockRestore();
  expect(relative(root, join(root, "folder"))).toBe("folder");
  expect(wordOf(join(root, "folder"))).toBe("new");
});

test("a stop leaves the old folder, and two writers do not write one folder", async () => {
  await write("old");
  await expect(write("new", { signal: AbortSignal.abort() })).rejects.toThrow(CancelledError);
  expect([wordOf(target), readdirSync(root)]).toEqual(["old", ["small"]]);
  const both = await Promise.allSettled([write("a"), write("b")]);
  expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  expect(readdirSync(root)).toEqual(["small"]);
});

test("a swap that another process mended meanwhile has come to its end", async () => {
  await write("old");
  const fs = jest.requireMock<{ rename: (from: string, to: string) => Promise<void> }>("node:fs/promises");
  const own = fs.rename;
  fs.rename = async (from, to) => {
    if (to === target) await own(from, to);
    return own(from, to);
  };
  await write("new");
  fs.rename = own;
  expect([wordOf(target), readdirSync(root)]).toEqual(["new", ["small"]]);
});
