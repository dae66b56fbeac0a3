/** npm run mutants: which faults it makes, and that an equal seed makes equal ones. What it finds is its own to tell. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "..", "..", "..");
const script = join(root, "scripts", "mutants.mjs");

function mutants(...args: string[]): { lines: string[]; status: number | null; said: string } {
  const { stdout, stderr, status } = spawnSync(process.execPath, [script, ...args], {
    encoding: "utf8",
    timeout: 60_000,
  });
  return { lines: stdout.trim().split("\n"), status, said: stderr.trim() };
}
const file = "kernel/bytes/resumable-file.ts";

test("the calls that make a file last are left out and change places; texts of errors stay", () => {
  const { lines, status } = mutants("--list", "--file", file);
  expect(status).toBe(0);
  const made = lines.map((line) => line.replace(/^.*?:\d+ {2}/, ""));
  const folder = "await syncFolder(fs, dirname(target), path);";
  expect(made).toContain(`StatementRemoval: ${folder} → ;`);
  expect(made).toContain(`StatementSwap: ${folder} await finish?.(); → await finish?.(); ${folder}`);
  expect(made).toContain("EqualityOperator: written !== size → written === size");
  expect(lines.every((line) => line.startsWith(`${file}:`))).toBe(true);
  expect(lines.filter((line) => line.includes("bytes reached the file"))).toEqual([]);
});

test("an equal seed tries the same, first of all; another one tries others", () => {
  const sample = (...args: string[]) => mutants("--list", "--room", "open", ...args).lines;
  const six = sample("--count", "6");
  expect(six).toHaveLength(6);
  const three = sample("--count", "3");
  expect(six.filter((line) => three.includes(line))).toEqual(three);
  expect(sample("--count", "6", "--seed", "2")).not.toEqual(six);
}, 60_000);

test("every room is tried, at least four times, two hundred times in all", () => {
  const { rooms } = JSON.parse(readFileSync(join(root, "scripts", "mutants", "places.json"), "utf8")) as {
    rooms: Record<string, number>;
  };
  const folders = Object.keys(rooms).filter((name) => name !== "kernel" && name !== "extension");
  expect(folders.filter((name) => !existsSync(join(root, "kernel", name)))).toEqual([]);
  expect(Math.min(...Object.values(rooms))).toBe(4);
  expect(Object.values(rooms).reduce((sum, count) => sum + count)).toBe(200);
});

test("a room that is none is refused in a sentence", () => {
  const { status, said } = mutants("--room", "cellar");
  expect([status, said.split("\n").length]).toEqual([2, 1]);
  expect(said).toContain('there is no room "cellar"; choose from analysis, archive');
});
