/** The parts of `npm test`, and docs/full-run.md, which lists them. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { inFull, isFull, sample, sampleOf } from "./tiers";

const root = join(__dirname, "..", "..");

test("a sample is the named part, in the order of the list, or all of it in a full run", () => {
  const part = sample(["a", "b", "c"], ["c", "a"], (name) => name);
  expect(part).toEqual(isFull ? ["a", "b", "c"] : ["a", "c"]);
  expect(sampleOf({ one: 1, two: 2 }, ["two"])).toEqual(isFull ? { one: 1, two: 2 } : { two: 2 });
});

test("a name that is not in the list is an error, in either tier", () => {
  expect(() => sample(["a", "b"], ["a", "q", "r"], (name) => name)).toThrow("there is no q, r");
});

test("a test of the full run is registered there and nowhere else", () => {
  const registered: string[] = [];
  inFull((name) => registered.push(name))("long", () => undefined);
  expect(registered).toEqual(isFull ? ["long"] : []);
});

test("docs/full-run.md lists every file of tests that takes a part, and no other", () => {
  const taking = readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith(".test.ts") && path !== "tiers.test.ts")
    .filter((path) => /from "(\.\.\/)+tiers"/.test(readFileSync(join(root, "test", path), "utf8")));
  const text = readFileSync(join(root, "docs", "full-run.md"), "utf8");
  const rows = [...text.matchAll(/^\| `test\/([^`]+\.test\.ts)` +\| (.+?) +\| (.+?) +\| (.+?) +\|$/gm)];
  expect(rows.map(([, path]) => path).sort()).toEqual(taking.sort());
  for (const [, path, taken, added, reason] of rows)
    expect([path, taken.length > 5, added.length > 5, reason.length > 15]).toEqual([path, true, true, true]);
});
