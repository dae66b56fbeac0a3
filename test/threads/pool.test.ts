import { execFileSync } from "node:child_process";
import { getEventListeners } from "node:events";
import { join } from "node:path";
import { CancelledError, CodebookError, NonFiniteError, WorkerError } from "../../kernel/errors";
import { WorkerPool, mapInOrder, sharedPool } from "../../kernel/threads/pool";
import { taskModule, type TaskModule } from "../../kernel/threads/tasks";
import { tasks } from "./pool-tasks";
import { tasks as otherTasks } from "./other-pool-tasks";

let pool: WorkerPool;
beforeEach(() => (pool = new WorkerPool(2)));
afterEach(() => pool.close());

test("runs tasks and gives results in the order of the calls", async () => {
  const results = await Promise.all(Array.from({ length: 20 }, (_, i) => pool.run(tasks, "double", i)));
  expect(results).toEqual(Array.from({ length: 20 }, (_, i) => 2 * i));
});

test("moves buffers both ways, and shares what is shared", async () => {
  const sent = new Float32Array(1000);
  expect(await pool.run(tasks, "own", sent, { transfer: [sent.buffer] })).toBe(1000);
  expect(sent.length).toBe(0);
  const got = await pool.run(tasks, "fill", 5);
  expect(got).toEqual({ data: new Float32Array(5).fill(0.5), note: "moved" });
  const cells = new Int32Array(new SharedArrayBuffer(4));
  await Promise.all(Array.from({ length: 9 }, () => pool.run(tasks, "increment", cells)));
  expect(cells[0]).toBe(9);
});

test("a signal ends a thread in an endless loop, and one that waits; the pool goes on", async () => {
  for (const task of ["forever", "never"] as const) {
    const stop = new AbortController();
    const running = pool.run(tasks, task, undefined, { signal: stop.signal, label: "block.3" });
    await pool.run(tasks, "double", 1); // the other thread works meanwhile
    stop.abort();
    await expect(running).rejects.toBeInstanceOf(CancelledError);
    await expect(running).rejects.toThrow("block.3 was interrupted");
    expect(await pool.run(tasks, "double", 21)).toBe(42);
  }
});

test("a signal takes a waiting task out of the queue; one already fired starts nothing", async () => {
  const stopRunning = new AbortController();
  const stopWaiting = new AbortController();
  const running = [0, 1].map(() => pool.run(tasks, "forever", undefined, { signal: stopRunning.signal }));
  const waiting = pool.run(tasks, "double", 1, { signal: stopWaiting.signal });
  stopWaiting.abort();
  await expect(waiting).rejects.toBeInstanceOf(CancelledError);
  stopRunning.abort();
  for (const one of running) await expect(one).rejects.toBeInstanceOf(CancelledError);
  await expect(pool.run(tasks, "double", 1, { signal: AbortSignal.abort() })).rejects.toBeInstanceOf(CancelledError);
  expect(await pool.run(tasks, "double", 4)).toBe(8);
});

test("a task that has ended listens to its signal no more", async () => {
  const { signal } = new AbortController();
  await pool.run(tasks, "double", 1, { signal });
  await expect(pool.run(tasks, "refuse", undefined, { signal })).rejects.toBeInstanceOf(NonFiniteError);
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

test("an error of ours keeps its class and its fields", async () => {
  const error: unknown = await pool.run(tasks, "refuse", undefined).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(NonFiniteError);
  expect(error).toMatchObject({ code: "NON_FINITE", layer: "block.0.weight", index: 17, value: NaN });
  expect((error as Error).message).toBe("block.0.weight: weight 17 is NaN; linear needs finite weights");
  expect((error as Error).stack).toContain("pool-tasks");
});

test.each([
  ["fail", "Array buffer allocation failed"],
  ["exit", "ended with code 3"],
  ["throwLater", "outside the task"],
  ["missing", 'no task "missing"'],
])(
  "a thread that dies (%s) is a WorkerError that names the layer and the cause; the pool goes on",
  async (task, why) => {
    const error: unknown = await pool
      .run(tasks as TaskModule, task, null as never, { label: "block.1.weight" })
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WorkerError);
    expect((error as WorkerError).item).toBe("block.1.weight");
    expect((error as Error).message).toMatch(new RegExp(`^block\\.1\\.weight: .*${why}`));
    expect(await pool.run(tasks, "double", 3)).toBe(6);
  },
);

test("a thread that is out of memory is a WorkerError", async () => {
  const small = new WorkerPool(1, { maxOldGenerationSizeMb: 16 });
  await expect(small.run(tasks, "exhaust", undefined, { label: "block.1.weight" })).rejects.toThrow(
    /^block\.1\.weight: its worker thread died: .*memory/,
  );
  expect(await small.run(tasks, "double", 3)).toBe(6);
  await small.close();
});

test("a module that cannot be loaded, and an argument that cannot be sent, are WorkerErrors", async () => {
  const missing = taskModule(join(__dirname, "no-such-module.js"), { double: (x: number) => 2 * x });
  const broken = new WorkerPool(1);
  await expect(broken.run(missing, "double", 1, { label: "x" })).rejects.toThrow(
    /^x: its worker thread died: Cannot find module/,
  );
  await broken.close();
  await expect(pool.run(tasks as TaskModule, "double", (() => 1) as never)).rejects.toBeInstanceOf(WorkerError);
  expect(await pool.run(tasks, "double", 3)).toBe(6);
});

test("a closed pool refuses work and rejects what was running", async () => {
  const running = pool.run(tasks, "forever", undefined);
  const refused = expect(running).rejects.toBeInstanceOf(CancelledError);
  await pool.close();
  await refused;
  await expect(pool.run(tasks, "double", 1)).rejects.toBeInstanceOf(CodebookError);
});

test("one pool serves the tasks of all modules and grows when asked", () => {
  const one = sharedPool(1);
  expect(sharedPool(12)).toBe(one);
  expect(one.size).toBe(12);
});

test("a thread loads only the modules of its tasks, and comes first for the next task of one that it has loaded", async () => {
  const loaded = (): Promise<string[]> => pool.run(tasks, "loaded", __dirname);
  expect(await pool.run(tasks, "double", 1)).toBe(2);
  expect(await loaded()).toEqual([tasks.path]);
  // The first thread is busy: the second one starts, and loads the other module only.
  const stop = new AbortController();
  const busy = pool.run(tasks, "never", undefined, { signal: stop.signal });
  const other = await pool.run(otherTasks, "identity", __dirname);
  expect(other.loaded).toEqual([otherTasks.path]);
  stop.abort();
  await expect(busy).rejects.toBeInstanceOf(CancelledError);
  expect((await pool.run(otherTasks, "identity", __dirname)).thread).toBe(other.thread);
});

test("an idle pool does not keep a script alive", () => {
  const script = `
    const { WorkerPool } = require(${JSON.stringify(join(__dirname, "../../kernel/threads/pool.js"))});
    const { tasks } = require(${JSON.stringify(tasks.path)});
    const pool = new WorkerPool(2);
    Promise.all([pool.run(tasks, "double", 4), pool.run(tasks, "double", 5)]).then((all) => console.log(all.join()));`;
  expect(execFileSync(process.execPath, ["-e", script], { encoding: "utf8", timeout: 20000 })).toBe("8,10\n");
});

describe("mapInOrder", () => {
  test("keeps the order, whatever finishes first, and the limit", async () => {
    let running = 0;
    let most = 0;
    const results = await mapInOrder([5, 1, 3, 2, 4], 2, async (wait) => {
      most = Math.max(most, ++running);
      for (let i = 0; i < wait; i++) await null;
      running--;
      return wait * 10;
    });
    expect(results).toEqual([50, 10, 30, 20, 40]);
    expect(most).toBe(2);
    expect(await mapInOrder([], 4, () => Promise.resolve(1))).toEqual([]);
  });

  test("throws the failure that comes first in the order of the items, after what was begun has ended", async () => {
    const ended: number[] = [];
    const work = mapInOrder([0, 1, 2, 3], 2, async (item) => {
      for (let i = 0; i < (item === 0 ? 5 : 1); i++) await null;
      ended.push(item);
      throw new Error(`item ${item}`);
    });
    await expect(work).rejects.toThrow("item 0");
    expect(ended.sort()).toEqual([0, 1]);
  });
});
