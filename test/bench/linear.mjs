// Linear quantization, asymmetric 4 bits in groups of 128, with its squared error: ours by SIMD, plain JavaScript, numpy, torch, on the same
// weights in one run, in turn; and opening the two example models.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tasks } from "./linear-task.cjs";
import { gaussian, inRounds, limited, peerEnvironment, summary, times } from "./timing.mjs";

export const name = "linear";

const [rows, columns] = [1024, 4096];
const rounds = 3;

export async function run({ peerPython: python, root }) {
  const require = createRequire(join(root, "lib", "kernel", "index.js"));
  const { tilesOf } = require("./grid/tiles.js");
  const loops = require("./loops/loops.js");
  const { linear } = require("./quantize/linear.js");
  const { quantizeGroups } = require("./simd/linear.js");
  const { reserve, arenaBytes, arenaFloats } = require("./simd/layer-memory.js");
  const { WorkerPool } = require("./threads/pool.js");
  const weights = gaussian(rows * columns, 1);
  const step = linear({ bits: 4, group: 128, symmetric: false });
  const grid = { bits: 4, symmetric: false, halfScales: true };
  const what = `4-bit g128 asymmetric, ${rows} × ${columns}`;

  reserve(5 * weights.length + 128);
  const inside = { weights: arenaFloats(weights.length), rows, columns, group: 128 };
  const room = arenaBytes(weights.length);
  inside.weights.set(weights);
  const result = quantizeGroups(inside, grid, { room, errors: true });
  const tiling = tilesOf("linear", [rows, columns], weights.length, "group", 1, 128);
  const quantizePlainly = () => loops.plain.uniform.encode(weights, tiling, step, "linear");
  const plain = quantizePlainly();
  if (Buffer.compare(result.codes, plain.codes) !== 0) throw new Error("SIMD and plain JavaScript do not agree");
  const squaredError = result.squaredErrors.reduce((sum, one) => sum + one, 0);

  const pools = [1, 2].map((size) => new WorkerPool(size));
  const halves = [weights.slice(0, weights.length / 2), weights.slice(weights.length / 2)];
  await place(pools[0], root, [weights]);
  await place(pools[1], root, halves);
  // On one worker the time of each run; on two, that of eight runs on both, by eight.
  const onWorkers = async (workers, repeats) => {
    const argument = { root, rows: rows / workers, columns, times: repeats };
    const start = performance.now();
    const jobs = Array.from({ length: workers }, () => pools[workers - 1].run(tasks, "quantize", argument));
    const done = await Promise.all(jobs);
    const wall = (performance.now() - start) / repeats;
    const total = done.reduce((sum, one) => sum + one.squaredError, 0);
    if (Math.abs(total - squaredError) > 1e-9 * squaredError) throw new Error(`${workers} workers have another error`);
    return { wall, milliseconds: done[0].milliseconds };
  };
  const copy = new Float32Array(weights.length);
  const folder = mkdtempSync(join(tmpdir(), "codebook-bench-"));
  let measured;
  try {
    const file = join(folder, "weights.f32");
    writeFileSync(file, weights);
    measured = await inRounds(rounds, {
      "ours, SIMD, 1 worker": async () => (await onWorkers(1, 100)).milliseconds,
      "ours, SIMD, 2 workers": async () => {
        const walls = [];
        for (let i = 0; i < 12; i++) walls.push((await onWorkers(2, 8)).wall);
        return walls;
      },
      "ours, SIMD, copied to the kernels' memory": () =>
        times(() => quantizeGroups({ ...inside, weights }, grid, { room, errors: true })),
      "ours, plain JavaScript": () => times(quantizePlainly, { least: 3 }),
      ...(python === undefined ? {} : { peers: () => peers(python, root, file, squaredError) }),
      "memory copy, 1 thread: the ceiling": () => times(() => copy.set(weights)),
    });
  } finally {
    rmSync(folder, { recursive: true });
    await Promise.all(pools.map((pool) => pool.close()));
  }
  const names = Object.keys(measured);
  const base = names.find((who) => who.startsWith("numpy")) ?? "ours, plain JavaScript";
  const torch = names.find((who) => who.startsWith("torch") && who.includes("1 thread"));
  const speeds = names.map((who) => ({
    what,
    who,
    ...measured[who],
    rate: weights.byteLength / 1e6 / measured[who].milliseconds,
    unit: "GB/s",
    ratio: measured[base].milliseconds / measured[who].milliseconds,
    against: base.split(" ")[0],
    ...(who === "ours, SIMD, 1 worker" ? peerLimit(measured, who, [base, torch]) : {}),
  }));
  return [...speeds, ...(await openModels(root, require))];
}

/** The limit: 15 times the speed of each peer. */
function peerLimit(measured, who, peers) {
  const ratios = peers
    .filter((peer) => peer?.match(/^(numpy|torch)/))
    .map((peer) => [peer.split(" ")[0], measured[peer].milliseconds / measured[who].milliseconds]);
  if (ratios.length === 0) return { note: "15 × numpy and torch: neither is there" };
  const note = ratios.map(([peer, ratio]) => `${ratio.toFixed(1)} × ${peer}`).join(", ");
  return {
    note,
    ...limited(
      "at least 15 × numpy and torch",
      ratios.every(([, ratio]) => ratio >= 15),
    ),
  };
}

/** A part of the weights into each thread of a pool. */
async function place(pool, root, parts) {
  // Both at once, so that each thread gets one.
  await Promise.all(parts.map((values) => pool.run(tasks, "place", { root, values })));
}

function peers(python, root, file, squaredError) {
  const script = join(root, "test", "bench", "linear_peers.py");
  const options = { env: peerEnvironment(), encoding: "utf8", timeout: 300_000 };
  const found = JSON.parse(execFileSync(python, [script, file, rows, columns, 9].map(String), options));
  for (const [who, peer] of Object.entries(found))
    if (Math.abs(peer.squaredError / squaredError - 1) > 0.01) throw new Error(`${who} has another error`);
  return Object.fromEntries(Object.entries(found).map(([who, { milliseconds }]) => [who, milliseconds]));
}

/** Opening reads headers only: time, and bytes read from the file. */
async function openModels(root, require) {
  const { openSource } = require("./open/open.js");
  const { fileSource } = require("./bytes/source.js");
  const rows = [];
  for (const file of ["all-MiniLM-L6-v2/model.safetensors", "SmolLM2-135M-Instruct/SmolLM2-135M-Instruct.Q4_1.gguf"]) {
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
    const all = summary(await times(open, { least: 11 }));
    rows.push({ what: `open ${file}`, who: "ours", ...all, note: `${bytesRead} bytes read` });
  }
  return rows;
}
