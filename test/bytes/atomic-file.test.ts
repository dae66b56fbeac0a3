import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAlive, machine, sliceBytes, writeFileAtomically } from "../../kernel/bytes/atomic-file";
import type { OutputFileSystem, OutputHandle } from "../../kernel/bytes/atomic-file";

let folder: string;
let target: string;
const before = Buffer.from("the old file");
const parts = [Buffer.alloc(3000, 1), Buffer.alloc(0), Buffer.alloc(5000, 2), Buffer.alloc(1, 3)];
const after = Buffer.concat(parts);

beforeEach(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), "codebook-write-"));
  target = join(folder, "model.safetensors");
  await fs.writeFile(target, before);
});
afterEach(() => fs.rm(folder, { recursive: true, force: true }));

type Fault = "ENOSPC" | "EIO" | "short" | "nothing" | "crash";

/** The real file system, whose call number `n` fails: by an error, by writing half or nothing, or by the end of the process, after
 *  which every call fails. `calls` counts them. */
function faulty(n: number, fault: Fault): { system: OutputFileSystem; calls: () => number } {
  const state = { calls: 0, crashed: false };
  async function call<T>(act: () => Promise<T>, short?: (half: boolean) => Promise<T>): Promise<T> {
    state.calls++;
    if (state.crashed) throw new Error("the process is gone");
    if (state.calls !== n) return act();
    if (fault === "short") return short ? short(true) : act();
    if (fault === "nothing") return short ? short(false) : act();
    if (fault === "crash") {
      state.crashed = true;
      throw new Error("the process is gone");
    }
    throw Object.assign(new Error(fault), { code: fault });
  }
  const wrap = (handle: fs.FileHandle): OutputHandle => ({
    write: (bytes, offset, length) =>
      call(
        () => handle.write(bytes, offset, length),
        (half) => (half ? handle.write(bytes, offset, Math.ceil(length / 2)) : Promise.resolve({ bytesWritten: 0 })),
      ),
    stat: () => call(() => handle.stat()),
    sync: () => call(() => handle.sync()),
    close: () => call(() => handle.close()).finally(() => handle.close().catch(() => undefined)),
  });
  return {
    system: {
      open: async (path, flags, mode) => wrap(await call(() => fs.open(path, flags, mode))),
      rename: (from, to) => call(() => fs.rename(from, to)),
      unlink: (path) => call(() => fs.unlink(path)),
      realpath: (path) => call(() => fs.realpath(path)),
      stat: (path) => call(() => fs.stat(path)),
    },
    calls: () => state.calls,
  };
}

describe("writing a file atomically", () => {
  it("writes all parts, keeps the mode, leaves nothing else", async () => {
    await fs.chmod(target, 0o640);
    expect(await writeFileAtomically(target, parts)).toBe(after.length);
    expect(await fs.readFile(target)).toEqual(after);
    expect((await fs.stat(target)).mode & 0o777).toBe(0o640);
    expect(await fs.readdir(folder)).toEqual(["model.safetensors"]);
  });

  it("follows a link, and makes a new file where there was none", async () => {
    await fs.symlink(target, join(folder, "link"));
    await writeFileAtomically(join(folder, "link"), parts);
    expect((await fs.lstat(join(folder, "link"))).isSymbolicLink()).toBe(true);
    expect(await fs.readFile(target)).toEqual(after);
    await writeFileAtomically(join(folder, "new"), []);
    expect((await fs.stat(join(folder, "new"))).size).toBe(0);
  });

  it.each<Fault>(["ENOSPC", "EIO", "short", "nothing", "crash"])(
    "%s at every call: the old file or the new one, never a torn one",
    async (fault) => {
      let failures = 0;
      for (let n = 1; ; n++) {
        await fs.writeFile(target, before);
        const fileSystem = faulty(n, fault);
        const outcome = await writeFileAtomically(target, parts, { fileSystem: fileSystem.system }).then(
          () => "done",
          (error: unknown) => error,
        );
        const now = await fs.readFile(target);
        const left = await fs.readdir(folder);
        if (outcome === "done") expect(now).toEqual(after);
        else {
          failures++;
          expect(outcome).toMatchObject({ code: "WRITE" });
          expect(now.equals(before) || now.equals(after)).toBe(true);
        }
        if (fault === "crash")
          for (const name of left.filter((entry) => entry.endsWith(".tmp"))) await fs.rm(join(folder, name));
        else expect(left).toEqual(["model.safetensors"]);
        if (fileSystem.calls() < n) break;
      }
      // A short write is repeated, and so no failure; the others fail at each call that matters.
      if (fault === "short") expect(failures).toBe(0);
      else expect(failures).toBeGreaterThan(2);
    },
  );

  it("what the parts throw comes through, and nothing is left", async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield parts[0];
      throw new RangeError("the source broke");
    }
    await expect(writeFileAtomically(target, failing())).rejects.toThrow(new RangeError("the source broke"));
    expect(await fs.readFile(target)).toEqual(before);
    expect(await fs.readdir(folder)).toEqual(["model.safetensors"]);
  });

  it("stops by its signal", async () => {
    await expect(writeFileAtomically(target, parts, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "CANCELLED",
    });
    expect(await fs.readdir(folder)).toEqual(["model.safetensors"]);
    expect(await fs.readFile(target)).toEqual(before);
  });

  it("removes what killed processes of this machine left of this file, and nothing else", async () => {
    const nobody = 2 ** 22 + 1; // Linux gives no process this number.
    const left = (name: string, of: string, process: number, end = "0123456789ab.tmp") =>
      `.${name}.${of}.${process}.${end}`;
    const stay = [
      left("model.safetensors", machine, process.ppid),
      left("model.safetensors", "00000000", nobody),
      left("model.gguf", machine, nobody),
      left("model.safetensors", machine, nobody, "0123.tmp"),
      left("model.safetensors", machine, nobody, "0123456789ab.tmp.txt"),
    ];
    for (const name of [...stay, left("model.safetensors", machine, nobody)])
      await fs.writeFile(join(folder, name), "");
    await writeFileAtomically(target, parts);
    expect((await fs.readdir(folder)).sort()).toEqual([...stay, "model.safetensors"].sort());
  });

  it("stops by its signal in the last moment before the file has its name", async () => {
    const stop = new AbortController();
    const look = { signal: stop.signal, verify: () => Promise.resolve(stop.abort()) };
    await expect(writeFileAtomically(target, parts, look)).rejects.toMatchObject({ code: "CANCELLED" });
    expect(await fs.readFile(target)).toEqual(before);
    expect(await fs.readdir(folder)).toEqual(["model.safetensors"]);
  });

  it("says what is wrong in plain words", async () => {
    await expect(writeFileAtomically(join(folder, "no", "file"), parts)).rejects.toThrow("there is no such folder");
    await expect(writeFileAtomically(folder, parts)).rejects.toThrow("not a regular file");
    await expect(writeFileAtomically("/dev/full", parts)).rejects.toThrow("not a regular file");
    await expect(writeFileAtomically(target, parts, { fileSystem: faulty(4, "ENOSPC").system })).rejects.toThrow(
      "writing failed: the disk is full",
    );
  });
});

describe("the order of calls", () => {
  /** The real file system, with the name of each call. */
  function recording(): { system: OutputFileSystem; calls: string[]; written: () => number } {
    const calls: string[] = [];
    let written = 0;
    const nameOf = (path: string) => (path === folder ? "folder" : path.endsWith(".tmp") ? "temporary" : "target");
    const system: OutputFileSystem = {
      async open(path, flags, mode) {
        const handle = await fs.open(path, flags, mode);
        const name = nameOf(path);
        calls.push(`open ${name} ${flags}`);
        return {
          write: async (bytes, offset, length) => {
            calls.push(`write ${name}`);
            const done = await handle.write(bytes, offset, length);
            written += done.bytesWritten;
            return done;
          },
          stat: async () => (calls.push(`stat ${name}`), handle.stat()),
          sync: async () => (calls.push(`sync ${name}`), handle.sync()),
          close: async () => (calls.push(`close ${name}`), handle.close()),
        };
      },
      rename: async (from, to) => (calls.push(`rename ${nameOf(from)} to ${nameOf(to)}`), fs.rename(from, to)),
      unlink: async (path) => (calls.push(`unlink ${nameOf(path)}`), fs.unlink(path)),
      realpath: (path) => fs.realpath(path),
      stat: (path) => fs.stat(path),
    };
    return { system, calls, written: () => written };
  }

  it("is write, check the size, force to disk, close, rename, force the folder to disk", async () => {
    const { system, calls } = recording();
    await writeFileAtomically(target, [parts[0]], { fileSystem: system });
    expect(calls).toEqual([
      "open temporary wx",
      "write temporary",
      "stat temporary",
      "sync temporary",
      "close temporary",
      "rename temporary to target",
      "open folder r",
      "sync folder",
      "close folder",
    ]);
  });

  it("leaves out the folder on Windows, where none can be opened", async () => {
    const platform = Object.getOwnPropertyDescriptor(process, "platform");
    const { system, calls } = recording();
    Object.defineProperty(process, "platform", { ...platform, value: "win32" });
    await writeFileAtomically(target, [parts[0]], { fileSystem: system }).finally(() =>
      Object.defineProperty(process, "platform", { ...platform }),
    );
    expect(calls.at(-1)).toBe("rename temporary to target");
  });

  it("has the caller's look between the file on the disk and its name", async () => {
    const { system, calls } = recording();
    await writeFileAtomically(target, [parts[0]], {
      fileSystem: system,
      verify: async (path) => {
        calls.push("verify");
        expect(await fs.readFile(path)).toEqual(parts[0]);
        expect(await fs.readFile(target)).toEqual(before);
      },
    });
    expect(calls.slice(3, 7)).toEqual(["sync temporary", "close temporary", "verify", "rename temporary to target"]);
  });

  it("removes the temporary file where the caller's look refuses it, and keeps the old one", async () => {
    const { system, calls } = recording();
    const refused = new Error("not what it should be");
    const look = { fileSystem: system, verify: () => Promise.reject(refused) };
    await expect(writeFileAtomically(target, [parts[0]], look)).rejects.toBe(refused);
    expect(calls.at(-1)).toBe("unlink temporary");
    expect(await fs.readFile(target)).toEqual(before);
  });

  it("never renames a file that is shorter than what was written", async () => {
    const { system, calls } = recording();
    const open = system.open;
    system.open = async (...all) => {
      const handle = await open(...all);
      return { ...handle, stat: async () => ({ size: (await handle.stat()).size - 1 }) };
    };
    await expect(writeFileAtomically(target, [parts[0]], { fileSystem: system })).rejects.toThrow(
      "2999 of 3000 bytes reached the file",
    );
    expect(calls.filter((call) => call.startsWith("rename"))).toEqual([]);
    expect(await fs.readFile(target)).toEqual(before);
  });

  it("looks at the signal between two slices of a part", async () => {
    const { system, calls, written } = recording();
    const stop = new AbortController();
    const open = system.open;
    system.open = async (...all) => {
      const handle = await open(...all);
      return { ...handle, write: (...one) => handle.write(...one).finally(() => stop.abort()) };
    };
    const part = new Uint8Array(sliceBytes + 1);
    await expect(
      writeFileAtomically(target, [part], { fileSystem: system, signal: stop.signal }),
    ).rejects.toMatchObject({ code: "CANCELLED" });
    expect([written(), calls.filter((call) => call.startsWith("write")).length]).toEqual([sliceBytes, 1]);
  });

  it("forces nothing to disk that the signal has stopped", async () => {
    const { system, calls } = recording();
    const stop = new AbortController();
    async function* stopping(): AsyncGenerator<Uint8Array> {
      yield parts[0];
      stop.abort();
    }
    await expect(
      writeFileAtomically(target, stopping(), { fileSystem: system, signal: stop.signal }),
    ).rejects.toMatchObject({ code: "CANCELLED" });
    expect(calls.filter((call) => call.startsWith("sync"))).toEqual([]);
  });

  it("closes once, also where that fails", async () => {
    const { system, calls } = recording();
    const open = system.open;
    system.open = async (...all) => {
      const handle = await open(...all);
      const close = () => (handle.close(), Promise.reject(Object.assign(new Error("EIO"), { code: "EIO" })));
      return { ...handle, close: () => (calls.push("failed close"), close()) };
    };
    await expect(writeFileAtomically(target, parts, { fileSystem: system })).rejects.toThrow("closing failed");
    expect(calls.filter((call) => call === "failed close").length).toBe(1);
    expect(calls.filter((call) => call.startsWith("rename"))).toEqual([]);
  });

  it("does not sync a second time after a sync that failed", async () => {
    const { system, calls } = recording();
    const open = system.open;
    system.open = async (...all) => {
      const handle = await open(...all);
      return {
        ...handle,
        sync: () => (calls.push("failed sync"), Promise.reject(Object.assign(new Error("EIO"), { code: "EIO" }))),
      };
    };
    await expect(writeFileAtomically(target, parts, { fileSystem: system })).rejects.toThrow("forcing to disk failed");
    expect(calls.filter((call) => call === "failed sync").length).toBe(1);
    expect(calls.filter((call) => call.startsWith("rename"))).toEqual([]);
  });
});

test("a process is alive while it runs, also one that may not be signalled", () => {
  const kill = jest.spyOn(process, "kill");
  const failing = (code: string) => () => {
    throw Object.assign(new Error(code), { code });
  };
  expect([isAlive(process.pid), isAlive(2 ** 22 + 1)]).toEqual([true, false]);
  kill.mockImplementation(failing("EPERM"));
  expect(isAlive(1)).toBe(true);
  kill.mockImplementation(failing("ESRCH"));
  expect(isAlive(1)).toBe(false);
  kill.mockRestore();
});
