/** kernel/README.md draws the house that stands: its rooms are the folders, its floors the rules', its arrows the imports. */
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import ts from "typescript";

const root = join(__dirname, "..", "..");
const kernel = join(root, "kernel");
const readme = readFileSync(join(kernel, "README.md"), "utf8");
// eslint-disable-next-line @typescript-eslint/no-require-imports -- the rules are CommonJS outside of what is compiled
const rules = require(join(root, ".dependency-cruiser.cjs")) as { floors: string[][]; forbidden: { from: object }[] };

const files = readdirSync(kernel, { recursive: true, encoding: "utf8" }).filter(
  (path) => path.endsWith(".ts") && !path.endsWith(".d.ts") && !path.startsWith(join("simd", "assembly")),
);
const roomOf = (path: string) => path.split(/[\\/]/)[0];
const standing = [...new Set(files.map(roomOf))].sort();

/** Room → the rooms whose files its files import. */
function imports(): Map<string, Set<string>> {
  const result = new Map(standing.map((room) => [room, new Set<string>()]));
  for (const path of files)
    for (const { fileName } of ts.preProcessFile(readFileSync(join(kernel, path), "utf8"), true, true).importedFiles) {
      if (!fileName.startsWith(".")) continue;
      const first = roomOf(relative(kernel, join(kernel, dirname(path), fileName)));
      const room = standing.includes(first) ? first : `${first}.ts`;
      if (standing.includes(room) && room !== roomOf(path)) result.get(roomOf(path))?.add(room);
    }
  return result;
}

/** Room → rooms that the drawing's arrows from it point at. */
function drawnArrows(): Map<string, string[]> {
  const label = new Map([...readme.matchAll(/(\w+)\[([^\]]+)\]/g)].map((match) => [match[1], match[2]]));
  return new Map(
    [...readme.matchAll(/^ {2}(\w+) --> (.+)$/gm)].map((match) => [
      label.get(match[1]) ?? match[1],
      match[2].split(" & ").map((id) => label.get(id) ?? id),
    ]),
  );
}

function reached(from: string, graph: ReadonlyMap<string, Iterable<string>>, seen = new Set<string>()): Set<string> {
  for (const to of graph.get(from) ?? [])
    if (!seen.has(to)) {
      seen.add(to);
      reached(to, graph, seen);
    }
  return seen;
}

const rows = [...readme.matchAll(/^\| *(\d*) *\| `([^`]+)` *\| (.+?) *\|$/gm)].map((match) => ({
  floor: match[1],
  room: match[2].replace(/\/$/, ""),
  idea: match[3],
}));
const drawn = [...readme.matchAll(/\w+\[([^\]]+)\]/g)].map((match) => match[1]);

describe("the house", () => {
  test("has a floor for every room that stands, and no floor names another", () => {
    expect(rules.floors.flat().sort()).toEqual(standing);
  });

  test("is told in the README from the top floor down, a sentence for each room", () => {
    expect(rows.map(({ room }) => room)).toEqual(rules.floors.slice().reverse().flat());
    expect(rows.filter(({ floor }) => floor).map(({ floor }) => Number(floor))).toEqual(
      rules.floors.map((_, index) => rules.floors.length - index),
    );
    for (const { idea } of rows) expect(idea.length).toBeGreaterThan(9);
  });

  test("fits on a screen of 120 lines, drawing and table", () => {
    expect(readme.split("\n").length).toBeLessThanOrEqual(120);
  });

  test("has imports that only run down", () => {
    const floorOf = new Map(rules.floors.flatMap((floor, index) => floor.map((room) => [room, index] as const)));
    for (const [room, targets] of imports())
      for (const target of targets)
        expect([room, target, Number(floorOf.get(target)) < Number(floorOf.get(room))]).toEqual([room, target, true]);
  });

  test("needs no exemption: no rule names a file inside a room that it leaves out", () => {
    for (const { from } of rules.forbidden) expect(JSON.stringify(from)).not.toMatch(/pathNot.*kernel\/\w+\/[\w-]+\./);
  });
});

describe("the drawing", () => {
  const arrows = drawnArrows();
  const real = imports();

  test("shows every folder and the three doors", () => {
    expect(drawn.slice().sort()).toEqual(
      standing.filter((room) => !room.endsWith(".ts") || ["index.ts", "main.ts", "cli.ts"].includes(room)).sort(),
    );
  });

  test("has an arrow only where a file imports another", () => {
    for (const [from, targets] of arrows)
      for (const to of targets) expect([from, to, real.get(from)?.has(to)]).toEqual([from, to, true]);
  });

  test("leads from each room to all that it imports", () => {
    for (const [from, targets] of real)
      for (const to of targets)
        if (drawn.includes(from) && drawn.includes(to))
          expect([from, to, reached(from, arrows).has(to)]).toEqual([from, to, true]);
  });

  test("has no arrow that others imply", () => {
    for (const [from, targets] of arrows)
      for (const to of targets) {
        const without = new Map(
          [...arrows].map(([room, all]) => [room, all.filter((one) => room !== from || one !== to)]),
        );
        expect([from, to, reached(from, without).has(to)]).toEqual([from, to, false]);
      }
  });
});
