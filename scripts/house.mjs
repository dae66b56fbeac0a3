// node scripts/house.mjs: fails when kernel/README.md is not the house that stands; --write renews its order, its counts and its drawing.
// The sentence of each room is written by hand in the README and kept; floors come from .dependency-cruiser.cjs, arrows from the imports.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, posix } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const require = createRequire(import.meta.url);
const readme = join(root, "kernel", "README.md");
/** Floors in words: files of the kernel that are no folder. Only these three are drawn; almost every room imports the others. */
const doors = ["index.ts", "main.ts", "cli.ts"];

/** The TypeScript files below kernel/, as paths from there; AssemblyScript is compiled apart. */
function sources() {
  return readdirSync(join(root, "kernel"), { recursive: true })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".d.ts") && !path.startsWith("simd/assembly/"));
}

const roomOf = (path) => path.split("/")[0];

/** What a file imports inside the kernel, as paths from there without their suffix; types too. */
function importsOf(path) {
  const text = readFileSync(join(root, "kernel", path), "utf8");
  const found = text.matchAll(
    /^(?:import|export|\})[^;]*?\bfrom "(\.[^"]+)"|\bimport\("(\.[^"]+)"\)|^import "(\.[^"]+)"/gm,
  );
  return [...found].map((match) => posix.join(posix.dirname(path), match[1] ?? match[2] ?? match[3]));
}

/** Floors as the rules of imports have them, from the ground up. */
export function floors() {
  return require("../.dependency-cruiser.cjs").floors;
}

/** Rooms that stand: the folders of kernel/ that hold TypeScript, and the files beside them. */
export function rooms() {
  return [...new Set(sources().map(roomOf))].sort();
}

/** Map of each room to the rooms that it imports directly. */
export function arrows() {
  const names = rooms();
  const result = new Map(names.map((room) => [room, new Set()]));
  for (const path of sources())
    for (const target of importsOf(path)) {
      const first = roomOf(target);
      const room = names.includes(first) ? first : `${first}.ts`;
      if (names.includes(room) && room !== roomOf(path)) result.get(roomOf(path)).add(room);
    }
  return result;
}

/** The arrows that no longer way through other rooms implies. */
export function reduced(graph) {
  const reach = (from, seen = new Set()) => {
    for (const to of graph.get(from) ?? []) if (!seen.has(to)) (seen.add(to), reach(to, seen));
    return seen;
  };
  const result = new Map();
  for (const [room, targets] of graph) {
    const kept = [...targets].filter((to) => ![...targets].some((other) => other !== to && reach(other).has(to)));
    result.set(room, kept.sort());
  }
  return result;
}

const drawn = (room) => !room.endsWith(".ts") || doors.includes(room);
const idOf = (room) => room.replace(/\W/g, "_");

/** The drawing: a row of nodes for each floor, and the reduced arrows. */
export function drawing() {
  const graph = new Map();
  for (const [room, targets] of arrows()) if (drawn(room)) graph.set(room, new Set([...targets].filter(drawn)));
  const lines = ["```mermaid", "flowchart TD"];
  for (const floor of floors().slice().reverse()) {
    const nodes = floor.filter(drawn).map((room) => `${idOf(room)}[${room}]`);
    if (nodes.length) lines.push(`  ${nodes.join("; ")}`);
  }
  for (const [room, targets] of reduced(graph))
    if (targets.length) lines.push(`  ${idOf(room)} --> ${targets.map(idOf).join(" & ")}`);
  return [...lines, "```"].join("\n");
}

/** Each room's sentence, as the README has it: room → text. */
export function sentences(text) {
  return new Map(
    [...text.matchAll(/^\| +\d* *\| `([^`]+)` +\| (.+?) +\|$/gm)].map((match) => [
      match[1].replace(/\/$/, ""),
      match[2],
    ]),
  );
}

/** The table of rooms, from the top floor down. Throws when a room has no sentence. */
export function table(said) {
  const rows = floors()
    .map((floor, index) => floor.map((room, place) => [place ? "" : String(index + 1), room]))
    .reverse()
    .flat();
  const missing = rows.filter(([, room]) => !said.get(room));
  if (missing.length) throw new Error(`kernel/README.md says nothing of ${missing.map(([, room]) => room).join(", ")}`);
  const cells = rows.map(([floor, room]) => [
    floor,
    room.endsWith(".ts") ? `\`${room}\`` : `\`${room}/\``,
    said.get(room),
  ]);
  const all = [["floor", "room", "its one idea"], ...cells];
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column].length)));
  const line = (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |`;
  return [line(all[0]), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...cells.map(line)].join("\n");
}

/** The README with its table and its drawing renewed. */
export function renewed(text) {
  return text
    .replace(/^\| floor[^]*?\|$(?!\n\|)/m, () => table(sentences(text)))
    .replace(/^```mermaid[^]*?^```$/m, () => drawing());
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const text = readFileSync(readme, "utf8");
  const standing = renewed(text);
  if (process.argv.includes("--write")) writeFileSync(readme, standing);
  else if (standing !== text) {
    console.error("kernel/README.md is not the house that stands: node scripts/house.mjs --write renews it");
    process.exit(1);
  }
}
