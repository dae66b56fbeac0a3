// Linear quantization, asymmetric 4 bits in groups of 128, with its squared error: ours by SIMD, plain JavaScript, numpy, torch, on the same
// weights in one run; and opening the two example models.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const name = "linear";

const [rows, columns] = [1024, 4096];
const runs = 25;

/** Gaussian weights of deviation 0.02 from a seed (mulberry32 and Box–Muller). */
function gaussian(length, seed) {
  const next = () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return Float32Array.from(
    { length },
    () => 0.02 * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  );
}

function summary(times) {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share) => sorted[Math.floor(share * (sorted.length - 1))];
  return { milliseconds: at(0.5), spread: at(0.75) - at(0.25) };
}

async function measure(run, times = runs) {
  for (let i = 0; i < 3; i++) await run();
  const all = [];
  for (let i = 0; i < times; i++) {
    const start = performance.now();
    await run();
    all.push(performance.now() - start);
  }
  return summary(all);
}

export async function run({ python, root }) {
  const require = createRequire(join(root, "lib", "kernel", "index.js"));
  const { linear, linearQuantizer } = require("./quantize/linear.js");
  const { quantizeGroups } = require("./simd/linear.js");
  const { WorkerPool } = require("./simd/pool.js");
  const weights = gaussian(rows * columns, 1);
  const gigabytes = weights.byteLength / 1e9;
  const step = linear({ bits: 4, group: 128, symmetric: false });
  const room = new Uint8Array(weights.length);
  const matrix = { weights, rows, columns, group: 128 };
  const grid = { bits: 4, symmetric: false, halfScales: true };
  const what = `4-bit g128 asymmetric, ${rows} × ${columns}`;
  const result = quantizeGroups(matrix, grid, room);
  const plain = linearQuantizer.quantize(weights, [rows, columns], step);
  if (Buffer.compare(result.codes, plain.codes) !== 0) throw new Error("SIMD and plain JavaScript do not agree");
  const squaredError = result.squaredErrors.reduce((sum, one) => sum + one, 0);

  const measured = [["ours, SIMD, 1 thread", await measure(() => quantizeGroups(matrix, grid, room))]];
  const pool = new WorkerPool(join(import.meta.dirname ?? join(root, "test", "bench"), "linear-task.cjs"), 2);
  const half = (rows / 2) * columns;
  const parts = [weights.slice(0, half), weights.slice(half)];
  const onTwo = async () => {
    const errors = await Promise.all(
      parts.map(async (part, at) => {
        const argument = { root, weights: part, rows: rows / 2, columns };
        const done = await pool.run("quantize", argument, { transfer: [part.buffer] });
        parts[at] = done.weights;
        return done.squaredError;
      }),
    );
    return errors[0] + errors[1];
  };
  if (Math.abs((await onTwo()) - squaredError) > 1e-9 * squaredError)
    throw new Error("two threads do not agree with one");
  measured.push(["ours, SIMD, 2 threads", await measure(onTwo)]);
  await pool.close();
  measured.push([
    "ours, plain JavaScript",
    await measure(() => linearQuantizer.quantize(weights, [rows, columns], step), 7),
  ]);
  const copy = new Float32Array(weights.length);
  const copying = ["memory copy, 1 thread: the ceiling", await measure(() => copy.set(weights))];
  if (python) {
    const folder = mkdtempSync(join(tmpdir(), "codebook-bench-"));
    try {
      const file = join(folder, "weights.f32");
      writeFileSync(file, weights);
      // numpy and torch choose their own code for the processor.
      const { OPENBLAS_CORETYPE: _core, OPENBLAS_L2_SIZE: _cache, ...environment } = process.env;
      const script = join(root, "test", "bench", "linear_peers.py");
      const output = execFileSync(python, [script, file, rows, columns, runs].map(String), {
        env: environment,
        encoding: "utf8",
        timeout: 300_000,
      });
      for (const [who, peer] of Object.entries(JSON.parse(output))) {
        if (Math.abs(peer.squaredError / squaredError - 1) > 0.01) throw new Error(`${who} has another error`);
        measured.push([who, summary(peer.milliseconds)]);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
  measured.push(copying);
  const base = measured.find(([who]) => who.startsWith("numpy")) ?? measured.find(([who]) => who.includes("plain"));
  const speeds = measured.map(([who, times]) => ({
    what,
    who,
    ...times,
    rate: gigabytes / (times.milliseconds / 1000),
    unit: "GB/s",
    ratio: base[1].milliseconds / times.milliseconds,
    against: base[0].split(" ")[0],
  }));
  return [...speeds, ...(await openModels(root, require))];
}

/** Opening reads headers only: time, and bytes read from the file. */
async function openModels(root, require) {
  const { openSource } = require("./formats/open.js");
  const { fileSource } = require("./bytes/source.js");
  const rows = [];
  for (const file of ["all-MiniLM-L6-v2/model.safetensors", "SmolLM2-135M-Instruct.Q4_1.gguf"]) {
    const path = join(root, "models", file);
    if (!existsSync(path)) {
      console.log(`  models/${file} is not there: npm start fetches it`);
      continue;
    }
    let bytesRead = 0;
    const open = async () => {
      const source = await fileSource(path);
      bytesRead = 0;
      const counting = new Proxy(source, {
        get(target, key) {
          const member = Reflect.get(target, key, target);
          if (typeof member !== "function") return member;
          if (key === "read")
            return (start, end, ...rest) => ((bytesRead += end - start), member.call(target, start, end, ...rest));
          if (key === "readInto")
            return (into, ...rest) => ((bytesRead += into.byteLength), member.call(target, into, ...rest));
          return member.bind(target);
        },
      });
      await openSource(counting);
    };
    const times = await measure(open, 11);
    rows.push({ what: `open ${file}`, who: "ours", ...times, note: `${bytesRead} bytes read` });
  }
  return rows;
}
