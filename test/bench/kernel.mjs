// The kernel from outside, beside ipykernel in the same run: ready, cells, 100,000 printed lines; and how soon an interrupt takes.
//   node test/bench/kernel.mjs [PYTHON]     alone; PYTHON has jupyter_client and ipykernel (default: .venv's)
// Medians and interquartile ranges; less is better.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { limited } from "./timing.mjs";

export const name = "kernel";

/** `quick` takes a few samples of each, to see that all runs. */
export async function run({ python, root, quick = false }) {
  const main = join(root, "lib", "kernel", "main.js");
  if (!existsSync(main)) throw new Error(`${main} is missing; run npm run build first`);
  const counts = quick ? ["--rounds", "2", "--trips", "10", "--interrupts", "1", "--cells", "60"] : [];
  const script = join(dirname(fileURLToPath(import.meta.url)), "kernel.py");
  const times = JSON.parse(await output(python, [script, "--root", root, "--node", process.execPath, ...counts]));
  const row = (what, who, seconds) => {
    const { median, spread, p99, samples } = summarize(seconds);
    return { what, who, milliseconds: median, spread, note: `99 % within ${p99.toFixed(1)} ms, ${samples} samples` };
  };
  const both = (what, pick) => {
    const [ours, peer] = [row(what, "ours", pick("codebook")), row(what, "ipykernel", pick("ipykernel"))];
    return [{ ...ours, ratio: peer.milliseconds / ours.milliseconds, against: "ipykernel" }, peer];
  };
  const alone = (what, seconds) => [row(what, "ours", seconds)];
  const held = (what, seconds, limit, isMet) => {
    const own = row(what, "ours", seconds);
    return [{ ...own, ...limited(limit, isMet(own.milliseconds)) }];
  };
  const within = (what, seconds, most) => held(what, seconds, `${most} ms`, (found) => found <= most);
  const beside = (what, seconds, other, most, words) =>
    held(what, seconds, `at most ${most} times ${words}`, (found) => found <= most * summarize(other).median);
  const { cells } = times;
  const interrupts = times.interrupt.codebook;
  return [
    both("kernel ready: start to kernel_info_reply", (kernel) => times[kernel].ready),
    both("first cell", (kernel) => times[kernel]["first cell"]),
    alone('first cell when it imports "codebook"', times.library),
    within("start of the process to the first reply", times["first reply"], 800),
    within("the same, when the cell imports codebook", times["first reply of the library"], 1000),
    alone("a good cell", cells.good),
    beside("a cell with an error", cells.error, cells.good, 1.5, "a good cell"),
    alone("the tenth cell that declares", cells.tenth),
    beside("the last of many cells that declare", cells.last, cells.tenth, 2, "the tenth"),
    alone("a cell before a large literal", cells["before literal"]),
    beside("a cell behind a large literal", cells["after literal"], cells["before literal"], 1.5, "one before it"),
    both("cell round trip", (kernel) => times[kernel]["round trip"]),
    both("100,000 printed lines", (kernel) => times.lines[kernel]),
    both("interrupt, a busy loop", (kernel) => times.interrupt[kernel]["a busy loop"]),
    alone(`interrupt, ${Object.keys(interrupts).length} kinds of code`, Object.values(interrupts).flat()),
    ...Object.entries(interrupts).map(([kind, seconds]) => alone(`interrupt: ${kind}`, seconds)),
  ].flat();
}

/** In milliseconds; a percentile is the smallest sample that so many of the samples do not exceed. */
export function summarize(seconds) {
  const sorted = seconds.map((value) => value * 1000).sort((a, b) => a - b);
  const at = (share) => sorted[Math.ceil(sorted.length * share) - 1];
  return { median: at(0.5), spread: at(0.75) - at(0.25), p99: at(0.99), samples: sorted.length };
}

function output(program, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
    let text = "";
    child.stdout.on("data", (data) => (text += data));
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve(text) : reject(new Error(`${program} ended with ${code}`))));
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
  const args = process.argv.slice(2).filter((word) => word !== "--quick");
  const python = args[0] ?? join(root, ".venv", "bin", "python");
  console.table(await run({ python, root, quick: process.argv.includes("--quick") }));
}
