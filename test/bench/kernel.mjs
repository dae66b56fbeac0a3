// The kernel from outside, beside ipykernel in the same run: ready, cells, 100,000 printed lines; and how soon an interrupt takes.
//   node test/bench/kernel.mjs [PYTHON]     alone; PYTHON has jupyter_client and ipykernel (default: .venv's)
// A row is { measure, unit, ours, peers }, where ours and each peer are { median, minimum, maximum, p99, samples }; less is better.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const name = "kernel";

/** `quick` takes a few samples of each, to see that all runs. */
export async function run({ python, root, quick = false }) {
  const main = join(root, "lib", "kernel", "main.js");
  if (!existsSync(main)) throw new Error(`${main} is missing; run npm run build first`);
  const counts = quick ? ["--rounds", "2", "--trips", "10", "--interrupts", "1"] : [];
  const script = join(dirname(fileURLToPath(import.meta.url)), "kernel.py");
  const times = JSON.parse(await output(python, [script, "--root", root, "--node", process.execPath, ...counts]));
  const both = (measure, pick) => ({
    measure,
    unit: "ms",
    ours: summarize(pick("codebook")),
    peers: { ipykernel: summarize(pick("ipykernel")) },
  });
  const alone = (measure, seconds) => ({ measure, unit: "ms", ours: summarize(seconds), peers: {} });
  const interrupts = times.interrupt.codebook;
  return [
    both("kernel ready: start to kernel_info_reply", (kernel) => times[kernel].ready),
    both("first cell", (kernel) => times[kernel]["first cell"]),
    alone('first cell when it imports "codebook"', times.library),
    both("cell round trip", (kernel) => times[kernel]["round trip"]),
    both("100,000 printed lines", (kernel) => times.lines[kernel]),
    both("interrupt, a busy loop", (kernel) => times.interrupt[kernel]["a busy loop"]),
    alone(`interrupt, ${Object.keys(interrupts).length} kinds of code`, Object.values(interrupts).flat()),
    ...Object.entries(interrupts).map(([kind, seconds]) => alone(`interrupt: ${kind}`, seconds)),
  ];
}

/** In milliseconds; the 99th percentile is the smallest sample that 99 % of the samples do not exceed. */
export function summarize(seconds) {
  const sorted = seconds.map((value) => value * 1000).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return {
    median: sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2,
    minimum: sorted[0],
    maximum: sorted[sorted.length - 1],
    p99: sorted[Math.ceil(sorted.length * 0.99) - 1],
    samples: sorted.length,
  };
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
  const rows = await run({ python, root, quick: process.argv.includes("--quick") });
  const cell = (summary) =>
    summary ? `${summary.median.toFixed(1)} (${summary.minimum.toFixed(1)}–${summary.maximum.toFixed(1)})` : "";
  for (const { measure, unit, ours, peers } of rows)
    console.log(
      `${measure.padEnd(58)} ${`${cell(ours)} ${unit}`.padEnd(34)} p99 ${ours.p99.toFixed(1).padStart(7)}  ${Object.entries(
        peers,
      )
        .map(([peer, summary]) => `${peer} ${cell(summary)}  ${(summary.median / ours.median).toFixed(2)}×`)
        .join("  ")}`,
    );
}
