// npm run bench [-- SUITE …]: runs every suite in this folder, prints one table at the end, writes out/bench.json.
// A suite is a .mjs file that exports `name` and `async run({ python, peerPython, root })`, which gives rows:
//   { what, who, milliseconds, spread?, cpuSeconds?, rate?, unit?, ratio?, against?, limit?, isMissed?, note? }
// milliseconds is a median and spread the interquartile range, or, by timing.mjs, the fastest run and how far the median lies above it; ratio is how many times faster than `against`, in the same run; cpuSeconds those of all threads; limit what an
// issue asks of the row. A limit that is missed on a quiet machine ends the bench with exit code 1.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..", "..");
const ownPython = join(root, ".venv", process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
const python = process.env.CODEBOOK_PYTHON ?? (existsSync(ownPython) ? ownPython : undefined);
// The large libraries, numpy and torch among them, have an environment of their own (npm run references).
const peerPython = [join(root, ".references", "python", "bin", "python")].find(existsSync) ?? python;
const wanted = process.argv.slice(2);

const suites = [];
const names = [];
for (const file of readdirSync(here).sort()) {
  if (!file.endsWith(".mjs") || file === "bench.mjs") continue;
  const suite = await import(pathToFileURL(join(here, file)).href);
  if (typeof suite.run === "function") names.push(suite.name);
  if (typeof suite.run === "function" && (wanted.length === 0 || wanted.includes(suite.name))) suites.push(suite);
}
if (suites.length === 0) {
  console.error(`No suite is called ${wanted.join(" or ")}; there are ${names.join(", ")}.`);
  process.exit(1);
}

// Others at work make a figure worthless: then a missed limit is printed, and no more.
const isQuiet = loadavg()[0] < 0.25 * availableParallelism();

const results = [];
let failed = false;
for (const { name, run } of suites) {
  console.log(`${name} …`);
  try {
    const rows = await run({ python, peerPython, root });
    const wrong = rows.find(({ what, who }) => typeof what !== "string" || typeof who !== "string");
    if (wrong) throw new TypeError(`a row without what or who: ${JSON.stringify(wrong)}`);
    results.push({ suite: name, rows });
  } catch (error) {
    failed = true;
    console.error(`${name}: ${error.stack ?? error}`);
    results.push({ suite: name, error: String(error), rows: [] });
  }
}

const machine = {
  processor: cpus()[0]?.model ?? "",
  threads: availableParallelism(),
  memoryBytes: totalmem(),
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
};
mkdirSync(join(root, "out"), { recursive: true });
writeFileSync(
  join(root, "out", "bench.json"),
  `${JSON.stringify({ date: new Date().toISOString(), machine, results }, null, 2)}\n`,
);

const number = (value, digits = 3) => (value === undefined ? "" : Number(value.toPrecision(digits)).toString());
const table = results.flatMap(({ suite, rows }) =>
  rows.map((row) => [
    suite,
    row.what,
    row.who,
    number(row.milliseconds),
    row.spread === undefined ? "" : `± ${number(row.spread, 2)}`,
    row.cpuSeconds === undefined ? "" : `${number(row.cpuSeconds)} s`,
    row.rate === undefined ? "" : `${number(row.rate)} ${row.unit ?? ""}`,
    row.ratio === undefined ? "" : `${number(row.ratio)} × ${row.against ?? ""}`,
    row.limit === undefined ? "" : `${row.limit}: ${row.isMissed ? "MISSED" : "met"}`,
    row.note ?? "",
  ]),
);
const headings = ["suite", "what", "who", "ms", "spread", "CPU", "rate", "ratio", "limit", "note"];
const widths = headings.map((heading, at) => Math.max(heading.length, ...table.map((cells) => cells[at].length)));
const line = (cells) =>
  cells
    .map((cell, at) => (at === 3 ? cell.padStart(widths[at]) : cell.padEnd(widths[at])))
    .join("  ")
    .trimEnd();
console.log(`\n${[headings, widths.map((width) => "-".repeat(width)), ...table].map(line).join("\n")}`);
console.log("\nWritten to out/bench.json.");
const missed = results.flatMap(({ rows }) => rows).filter(({ isMissed }) => isMissed);
if (missed.length > 0)
  console.log(
    `${missed.length} of the limits ${missed.length === 1 ? "is" : "are"} missed${isQuiet ? "" : ", on a machine that was busy when the bench began"}.`,
  );
process.exit(failed || (isQuiet && missed.length > 0) ? 1 : 0);
