// Every quantizer on one matrix: ours on one and two workers, beside what others have: ggml's C through its shared library (the build for any
// x86-64), gguf-py, bitsandbytes, compressed-tensors and numpy, on the same weights in one run, in turn. Millions of weights a second; the
// floors that a release must meet stand beside their row.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tasks } from "./quantizers-task.cjs";
import { gaussian, inRounds, limited, peerEnvironment, times } from "./timing.mjs";

export const name = "quantizers";

const [rows, columns] = [512, 4096];
const rounds = 3;
/** ours / peer that must be reached on one worker. */
const floors = { Q8_0: 1, Q3_K: 1, Q4_K: 1, Q4_0: 1 / 3 };

export async function run({ peerPython: python, root }) {
  const require = createRequire(join(root, "lib", "kernel", "index.js"));
  const { WorkerPool } = require("./threads/pool.js");
  const schemes = schemesOf(require("./index.js"));
  const weights = gaussian(rows * columns, 2);
  const pools = [1, 2].map((size) => new WorkerPool(size));
  const folder = mkdtempSync(join(tmpdir(), "codebook-bench-"));
  const copy = new Float32Array(weights.length);
  let measured;
  try {
    const file = join(folder, "weights.f32");
    writeFileSync(file, weights);
    const place = (pool, parts) => Promise.all(parts.map((values) => pool.run(tasks, "place", { values })));
    await place(pools[0], [weights]);
    await place(pools[1], [weights.slice(0, weights.length / 2), weights.slice(weights.length / 2)]);
    const candidates = { copy: () => times(() => copy.set(weights)) };
    for (const [scheme, { step }] of Object.entries(schemes)) {
      candidates[`${scheme}\n1`] = () => onWorkers(pools[0], 1, root, step);
      candidates[`${scheme}\n2`] = () => onWorkers(pools[1], 2, root, step);
    }
    if (python !== undefined) candidates.peers = () => peers(python, root, file);
    measured = await inRounds(rounds, candidates);
  } finally {
    rmSync(folder, { recursive: true });
    await Promise.all(pools.map((pool) => pool.close()));
  }
  const row = (what, who, key) => ({
    ...{ what, who, ...measured[key], unit: "M weights/s" },
    rate: weights.length / 1000 / measured[key].milliseconds,
  });
  const result = [{ ...row("memory copy, 1 thread: the ceiling", "", "copy") }];
  for (const scheme of Object.keys(schemes)) {
    const [one, two] = [`${scheme}\n1`, `${scheme}\n2`];
    const known = Object.keys(measured).filter((key) => key.startsWith(`${scheme}\t`));
    const of = (key) => measured[key].milliseconds / measured[one].milliseconds;
    const [peer] = known;
    result.push({
      ...row(scheme, "ours, 1 worker", one),
      ...(peer ? { ratio: of(peer), against: peer.split("\t")[1] } : {}),
      ...limitOf(scheme, peer, peer && of(peer)),
    });
    result.push({
      ...row(scheme, "ours, 2 workers", two),
      ratio: measured[one].milliseconds / measured[two].milliseconds,
      against: "1 worker",
    });
    for (const key of known) result.push(row(scheme, key.split("\t")[1], key));
  }
  return result;
}

function limitOf(scheme, peer, ratio) {
  const floor = floors[scheme];
  if (floor === undefined) return {};
  const words = `at least ${floor === 1 ? "1" : "1/3"} × ggml's C`;
  return peer?.includes("ggml") ? limited(words, ratio >= floor) : { note: `${words}: it is not here` };
}

/** On one worker the time of each run; on two the time until both have done their halves. */
async function onWorkers(pool, workers, root, step) {
  const shape = [rows / workers, columns];
  const task = { root, step, shape, least: 3, budget: 120 };
  if (workers === 1) return pool.run(tasks, "quantize", task);
  const once = { ...task, least: 1, budget: 0 };
  const all = [];
  for (const begin = performance.now(); all.length < 3 || performance.now() - begin < 120;) {
    const halves = await Promise.all([pool.run(tasks, "quantize", once), pool.run(tasks, "quantize", once)]);
    // Without the copy into the kernels' memory, as on one worker; both run at the same time.
    all.push(Math.max(...halves.flat()));
  }
  return all;
}

function schemesOf(kernel) {
  const {
    fp4,
    fp8,
    ggml,
    hqq,
    int,
    kMeans,
    linear,
    meanConstrained,
    mxfp4,
    mxfp8,
    nf4,
    nvfp4,
    sorted,
    ternary,
    trellis,
  } = kernel;
  const blocks = [
    "Q4_0",
    "Q4_1",
    "Q5_0",
    "Q5_1",
    "Q8_0",
    "Q2_K",
    "Q3_K",
    "Q4_K",
    "Q5_K",
    "Q6_K",
    "IQ4_NL",
    "IQ4_XS",
    "TQ1_0",
    "TQ2_0",
    "MXFP4",
  ];
  const steps = {
    ...Object.fromEntries(blocks.map((type) => [type, ggml({ type })])),
    "linear 4-bit g128": linear({ bits: 4, group: 128 }),
    "linear 4-bit g128 mse": linear({ bits: 4, group: 128, range: "mse" }),
    "meanConstrained 4-bit g128": meanConstrained({ bits: 4, group: 128 }),
    "int 4-bit g128": int({ bits: 4, group: 128 }),
    "fp8 channel": fp8(),
    nf4: nf4(),
    fp4: fp4(),
    mxfp4: mxfp4(),
    mxfp8: mxfp8(),
    nvfp4: nvfp4(),
    ternary: ternary(),
    "sorted 4-bit": sorted({ bits: 4 }),
    "kMeans 4-bit, Lloyd": kMeans({ bits: 4, exact: false }),
    "kMeans 4-bit, exact": kMeans({ bits: 4, exact: true }),
    "hqq 4-bit g64": hqq({ bits: 4, group: 64 }),
    "linear, one step": linear({ step: 0.004 }),
    "trellis, 8 states": trellis({ step: 0.004, states: 8 }),
  };
  return Object.fromEntries(Object.entries(steps).map(([scheme, step]) => [scheme, { step }]));
}

function peers(python, root, file) {
  const library = join(
    root,
    ".references",
    "node_modules",
    "@node-llama-cpp",
    "linux-x64",
    "bins",
    "linux-x64",
    "libggml-base.so",
  );
  const script = join(root, "test", "bench", "quantizers_peers.py");
  const options = { env: peerEnvironment(), encoding: "utf8", timeout: 300_000, stdio: ["ignore", "pipe", "ignore"] };
  const words = [script, file, String(rows), String(columns), existsSync(library) ? library : ""];
  return JSON.parse(execFileSync(python, words, options));
}
