import { spawn } from "node:child_process";
import { descendants, parsePs, parseStat, processTable, signalAll } from "../../kernel/transport/processes";

test("a row of /proc is read whatever the program's name holds", () => {
  expect(parseStat("12 (a) b (c) S 3 4 5 0 -1")).toEqual({ pid: 12, parent: 3, group: 4, isZombie: false });
  expect(parseStat("12 (x) Z 3 4 5")).toMatchObject({ isZombie: true });
});

test("the rows of ps are read", () => {
  expect(parsePs("    1     0     1 Ss\n  123     1   100 Z+\n\n")).toEqual([
    { pid: 1, parent: 0, group: 1, isZombie: false },
    { pid: 123, parent: 1, group: 100, isZombie: true },
  ]);
});

test("descendants are those of the same group, with theirs; detached, dead and spared ones and theirs are not", () => {
  const row = (pid: number, parent: number, group = 9, isZombie = false) => ({ pid, parent, group, isZombie });
  const table = [
    row(9, 1),
    row(10, 9),
    row(11, 10),
    row(12, 9, 12),
    row(13, 12),
    row(14, 9, 9, true),
    row(15, 9),
    row(16, 15),
  ];
  expect(descendants(table, 9).sort()).toEqual([10, 11, 15, 16]);
  expect(descendants(table, 9, new Set([15]))).toEqual([10, 11]);
  expect(descendants(table, 99)).toEqual([]);
});

test("a child of this process is in the table, and ends by a signal", async () => {
  const child = spawn("sleep", ["60"]);
  const ended = new Promise((resolve) => child.once("exit", (_, signal) => resolve(signal)));
  await new Promise((resolve) => child.once("spawn", resolve));
  const found = descendants(processTable(), process.pid);
  expect(found).toContain(child.pid);
  signalAll([child.pid ?? 0], "SIGINT");
  expect(await ended).toBe("SIGINT");
  signalAll([child.pid ?? 0], "SIGINT");
});
