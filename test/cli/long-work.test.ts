/** The line that shows how far a command is, and how Ctrl-C ends it. */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { verify } from "../../kernel";
import { printable, ProgressLine, runLongWork } from "../../kernel/cli/long-work";
import { CancelledError } from "../../kernel/errors";

/** What is written, and a clock that the test moves. */
function terminal(isTTY: boolean, columns = 60) {
  const written: string[] = [];
  const clock = { now: 0 };
  const line = new ProgressLine({ isTTY, columns, write: (text) => written.push(text) }, () => clock.now);
  const report = (done: number, item = "w") => line.report({ task: "packing", done, total: 1e6, unit: "bytes", item });
  return { written, clock, line, report };
}

test("a line that is written anew at most ten times a second, once the work takes long", () => {
  const { written, clock, line, report } = terminal(true);
  report(0);
  clock.now = 290;
  report(100_000);
  expect(written).toEqual([]);
  clock.now = 310;
  report(250_000);
  clock.now = 350;
  report(300_000);
  clock.now = 420;
  report(500_000);
  expect(written).toHaveLength(2);
  expect(written[0]).toContain("25 %");
  expect(written[1].startsWith("\r\x1b[K")).toBe(true);
  expect([...written[1]].length).toBeLessThanOrEqual(4 + 59);
  line.clear();
  expect(written[2]).toBe("\r\x1b[K");
  line.clear();
  expect(written).toHaveLength(3);
});

test("no terminal, no line; a name cannot steer the terminal", () => {
  const { written, clock, report, line } = terminal(false);
  clock.now = 1000;
  report(1);
  line.clear();
  expect(written).toEqual([]);
  expect(printable("a\x1b]0;title\x07b\u202ec")).toBe("a�]0;title�b�c");
});

test("the line is cut to the terminal's width, but not below 20 characters, and is 80 wide where the width is not known", () => {
  const widths = [200, 10, undefined].map((columns) => {
    const written: string[] = [];
    const clock = { now: 0 };
    const sink = { isTTY: true, write: (text: string) => written.push(text) };
    const line = new ProgressLine(columns === undefined ? sink : { ...sink, columns }, () => clock.now);
    clock.now = 300;
    line.report({ task: "packing", done: 1, total: 2, unit: "bytes", item: "x".repeat(500) });
    return [...(written[0] ?? "")].length - "\r\x1b[K".length;
  });
  expect(widths).toEqual([199, 20, 79]);
});

test("the time of a task counts from its own begin", () => {
  const { written, clock, line } = terminal(true, 200);
  line.report({ task: "reading", done: 0, total: 100, unit: "bytes" });
  clock.now = 10_000;
  line.report({ task: "packing", done: 0, total: 100, unit: "bytes" });
  clock.now = 12_000;
  line.report({ task: "packing", done: 50, total: 100, unit: "bytes" });
  expect(written.at(-1)).toContain("25 B/s");
});

describe("long work", () => {
  const before = process.exitCode;
  let complained: string[];
  beforeEach(() => {
    complained = [];
    jest.spyOn(console, "error").mockImplementation((text: string) => void complained.push(text));
  });
  afterEach(() => {
    process.exitCode = before;
    jest.restoreAllMocks();
  });
  const listeners = () => ["SIGINT", "SIGTERM", "SIGHUP"].map((signal) => process.listenerCount(signal));

  test("gives its result, and listens for signals only while it runs", async () => {
    const idle = listeners();
    const result = await runLongWork(async ({ signal }) => {
      expect(listeners()).toEqual(idle.map((count) => count + 1));
      return signal.aborted;
    });
    expect(result).toBe(false);
    expect(listeners()).toEqual(idle);
    expect([process.exitCode, complained]).toEqual([before, []]);
  });

  test.each([
    ["SIGHUP", 129],
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("that %s stops ends with exit code %d, and says what it leaves", async (name, exitCode) => {
    const idle = listeners();
    const result = await runLongWork(async ({ signal }) => {
      process.emit(name, name);
      process.emit("SIGTERM", "SIGTERM"); // The first signal counts.
      if (signal.aborted) throw new CancelledError("packing");
      return 1;
    }, "the rest is kept");
    expect([result, process.exitCode, complained]).toEqual([
      undefined,
      exitCode,
      ["codebook: stopped; the rest is kept"],
    ]);
    expect(listeners()).toEqual(idle);
  });

  test("that fails fails, whether it was stopped or not, and so does what is cancelled without a signal", async () => {
    const idle = listeners();
    const failure = new Error("the disk is full");
    await expect(runLongWork(() => Promise.reject(failure))).rejects.toBe(failure);
    await expect(runLongWork(async () => (process.emit("SIGINT", "SIGINT"), Promise.reject(failure)))).rejects.toBe(
      failure,
    );
    const cancelled = new CancelledError("packing");
    await expect(runLongWork(() => Promise.reject(cancelled))).rejects.toBe(cancelled);
    expect(listeners()).toEqual(idle);
    expect([process.exitCode, complained]).toEqual([before, []]);
  });

  test("that ends although it was stopped gives its result", async () => {
    expect(await runLongWork(async () => (process.emit("SIGINT", "SIGINT"), 7))).toBe(7);
    expect(process.exitCode).toBe(before);
  });

  test("says that nothing was written where nothing else is said", async () => {
    await runLongWork(async () => {
      process.emit("SIGINT", "SIGINT");
      throw new CancelledError("packing");
    });
    expect(complained).toEqual(["codebook: stopped; nothing was written"]);
  });
});

test.each(["SIGINT", "SIGTERM"] as const)(
  "%s in the middle: the signal's exit code, and nothing left behind",
  async (signal) => {
    const folder = mkdtempSync(join(tmpdir(), "codebook-stop-"));
    try {
      const file = join(folder, "large.safetensors");
      const bytes = 2 ** 31;
      const header = Buffer.from(`{"w":{"dtype":"F32","shape":[${bytes / 4}],"data_offsets":[0,${bytes}]}}`);
      const length = Buffer.alloc(8);
      length.writeUInt32LE(header.length);
      const handle = openSync(file, "w");
      writeSync(handle, Buffer.concat([length, header]));
      closeSync(handle);
      truncateSync(file, 8 + header.length + bytes);
      const cli = join(__dirname, "../../kernel/cli.js");
      const child = spawn(process.execPath, [cli, "pack", file], { stdio: ["ignore", "pipe", "pipe"] });
      let said = "";
      child.stderr.on("data", (text: Buffer) => (said += text.toString()));
      const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
      // It works once its temporary file is there.
      for (let wait = 0; readdirSync(folder).length < 2 && wait < 1000; wait++)
        await new Promise((done) => setTimeout(done, 25));
      expect(readdirSync(folder).length).toBe(2);
      child.kill(signal);
      expect(await ended).toBe(signal === "SIGINT" ? 130 : 143);
      expect(said).toContain("stopped; nothing was written");
      expect(readdirSync(folder)).toEqual(["large.safetensors"]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

test("Ctrl-C with --resume: what is packed is kept, and the same command ends it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "codebook-resume-"));
  try {
    const file = join(folder, "m.bin");
    writeFileSync(file, randomBytes(96 * 2 ** 20));
    const run = () => {
      const cli = join(__dirname, "../../kernel/cli.js");
      const child = spawn(process.execPath, [cli, "pack", file, "--resume"], { stdio: ["ignore", "pipe", "pipe"] });
      const said = { text: "" };
      for (const stream of [child.stdout, child.stderr])
        stream.on("data", (text: Buffer) => (said.text += text.toString()));
      return { child, said, ended: new Promise<number | null>((resolve) => child.on("close", resolve)) };
    };
    const first = run();
    const done = () => {
      const name = readdirSync(folder).find((one) => one.endsWith(".done"));
      return name === undefined ? "" : readFileSync(join(folder, name), "utf8");
    };
    for (let wait = 0; done() === "" && wait < 2000; wait++) await new Promise((next) => setTimeout(next, 5));
    first.child.kill("SIGINT");
    expect(await first.ended).toBe(130);
    expect(first.said.text).toContain("stopped; what is packed is kept, and the same command goes on from there");
    expect(readdirSync(folder)).toHaveLength(3);
    const second = run();
    expect(await second.ended).toBe(0);
    expect(second.said.text).toContain("packed");
    expect(readdirSync(folder).sort()).toEqual(["m.bin", "m.bin.codebook"]);
    await verify(`${file}.codebook`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 60_000);
