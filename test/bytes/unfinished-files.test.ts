import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { machine } from "../../kernel/bytes/atomic-file";
import { lock, partialOf, removeUnfinished } from "../../kernel/bytes/unfinished-files";

let folder: string;
let target: string;
beforeEach(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), "codebook-unfinished-"));
  target = join(folder, "m.gguf");
});
afterEach(() => fs.rm(folder, { recursive: true, force: true }));

/** No process has this number: Linux gives 2²² at most. */
const nobody = 2 ** 22 + 1;
const left = async () => (await fs.readdir(folder)).sort();

describe("where a file lies until it is whole", () => {
  test("is told by the target and the key, beside the target", () => {
    expect(partialOf(target, "a")).toBe(partialOf(target, "a"));
    expect(partialOf(target, "a")).not.toBe(partialOf(target, "b"));
    expect(partialOf(target, "a")).toMatch(/\.m\.gguf\.[0-9a-f]{16}\.partial$/);
    expect(partialOf(join(folder, "x".repeat(250)), "a").length).toBeLessThan(folder.length + 130);
  });
});

describe("removeUnfinished", () => {
  test("removes what nobody will finish, and nothing else", async () => {
    const [own, other] = [partialOf(target, "own"), partialOf(target, "other")];
    const foreign = partialOf(join(folder, "n.gguf"), "other");
    for (const partial of [own, other, foreign]) for (const end of ["", ".done"]) await fs.writeFile(partial + end, "");
    await fs.writeFile(join(folder, ".m.gguf.0123.partial"), "");
    await removeUnfinished(target, own);
    const stay = [own, `${own}.done`, foreign, `${foreign}.done`, join(folder, ".m.gguf.0123.partial")];
    expect(await left()).toEqual(stay.map((name) => name.slice(folder.length + 1)).sort());
  });

  test("leaves what a process writes, here or on another machine, and takes what one left that is gone", async () => {
    const names = {
      mine: partialOf(target, "1"),
      elsewhere: partialOf(target, "2"),
      gone: partialOf(target, "3"),
      empty: partialOf(target, "4"),
    };
    for (const name of Object.values(names)) await fs.writeFile(name, "");
    await fs.writeFile(`${names.mine}.lock`, `${machine} ${process.ppid}`);
    await fs.writeFile(`${names.elsewhere}.lock`, `00000000 ${nobody}`);
    await fs.writeFile(`${names.gone}.lock`, `${machine} ${nobody}`);
    await fs.writeFile(`${names.empty}.lock`, "");
    await removeUnfinished(target);
    // A lock without a word is one that somebody is just writing: it stays.
    const stay = [names.mine, `${names.mine}.lock`, names.elsewhere, `${names.elsewhere}.lock`, `${names.empty}.lock`];
    expect(await left()).toEqual(stay.map((name) => name.slice(folder.length + 1)).sort());
  });
});

describe("a lock", () => {
  test("lets one writer in at a time, and the next after it was given back", async () => {
    const name = join(folder, "a.lock");
    const unlock = await lock(target, name);
    expect(await fs.readFile(name, "utf8")).toBe(`${machine} ${process.pid}`);
    await expect(lock(target, name)).rejects.toThrow(
      `process ${process.pid} is writing it; if it is gone, delete ${name}`,
    );
    await unlock();
    expect(await left()).toEqual([]);
    await (
      await lock(target, name)
    )();
  });

  test("of a process that is gone, or had our number before us, counts for nothing", async () => {
    const name = join(folder, "a.lock");
    for (const holder of [nobody, process.pid]) {
      await fs.writeFile(name, `${machine} ${holder}`);
      const unlock = await lock(target, name);
      expect(await fs.readFile(name, "utf8")).toBe(`${machine} ${process.pid}`);
      await unlock();
    }
  });

  test("of another machine counts, and the error says so", async () => {
    const name = join(folder, "a.lock");
    await fs.writeFile(name, `00000000 ${nobody}`);
    await expect(lock(target, name)).rejects.toThrow(`process ${nobody} of another machine is writing it`);
  });

  test("that cannot be written is an error with its reason", async () => {
    await expect(lock(target, join(folder, "no", "a.lock"))).rejects.toMatchObject({
      code: "WRITE",
      message: expect.stringContaining("there is no such folder") as string,
    });
  });
});
