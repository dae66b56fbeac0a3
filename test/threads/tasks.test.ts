import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { WorkerPool } from "../../kernel/threads/pool";
import type { TaskModule } from "../../kernel/threads/tasks";
import { tasks as surgeryTasks } from "../../kernel/surgery/tasks";

const kernel = resolve(__dirname, "../../kernel");
const rooms = readdirSync(kernel).filter((room) => existsSync(join(kernel, room, "tasks.js")) && room !== "threads");

let pool: WorkerPool;
beforeAll(() => (pool = new WorkerPool(1)));
afterAll(() => pool.close());

test("six rooms have work for threads", () => {
  expect(rooms).toEqual(["analysis", "archive", "layer", "recipe", "save", "surgery"]);
});

test.each(rooms)("%s/tasks.ts names itself as the file of its tasks, and a thread can load it", async (room) => {
  const file = join(kernel, room, "tasks.js");
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { tasks } = require(file) as { tasks: TaskModule };
  expect(tasks.path).toBe(file);
  expect(Object.keys(tasks.functions).length).toBeGreaterThan(0);
  await expect(pool.run(tasks, "missing", undefined as never)).rejects.toThrow('the worker has no task "missing"');
});

test("a task's result arrives as it would from the function itself", async () => {
  const job = { name: "a", values: Float32Array.of(1, -2, 3) };
  expect(await pool.run(surgeryTasks, "sumOfSquares", job)).toBe(14);
});
