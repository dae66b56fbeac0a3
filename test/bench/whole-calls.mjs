// What a user waits for: `open` and `compress` of all-MiniLM-L6-v2 (91 MB of float32), the whole report and the SHA-256 of the source
// included, the file in the page cache; and whole jobs from the start of a process to the closed file, beside the peers that write the same
// form. Wall time is the median of nine, CPU-seconds (all threads) stand beside it, and the limit that an issue set beside both.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { limited, peerEnvironment } from "./timing.mjs";

export const name = "whole-calls";

const runs = 9;
const megabytes = (bytes) => bytes / 1e6;

/** Median wall time of `run` in milliseconds, the quartiles' distance, and the median of CPU-seconds of all threads. */
async function measured(run) {
  const wall = [];
  const processor = [];
  for (let i = -1; i < runs; i++) {
    const before = process.cpuUsage();
    const start = performance.now();
    await run();
    const time = performance.now() - start;
    const { user, system } = process.cpuUsage(before);
    // The first run warms up.
    if (i < 0) continue;
    wall.push(time);
    processor.push((user + system) / 1e6);
  }
  const at = (list, share) => [...list].sort((a, b) => a - b)[Math.floor(share * list.length)];
  return {
    milliseconds: at(wall, 0.5),
    spread: at(wall, 0.75) - at(wall, 0.25),
    cpuSeconds: at(processor, 0.5),
  };
}

function calls({ ggml, hqq, linear, magnitude, nf4, rans, sorted }) {
  const atRate = { gigabytesPerSecond: 0.8 };
  return {
    "linear 4-bit g64": { recipe: linear({ bits: 4, group: 64 }), limit: atRate },
    nf4: { recipe: nf4(), limit: atRate },
    "ggml Q8_0": { recipe: ggml({ type: "Q8_0" }), limit: atRate },
    "ggml Q3_K": { recipe: ggml({ type: "Q3_K" }) },
    "magnitude 50 % global": { recipe: magnitude({ sparsity: 0.5, scope: "global" }), limit: { seconds: 0.4 } },
    "linear to 4.5 bits, rans": { recipe: [linear({ targetBits: 4.5 }), rans()], limit: { seconds: 1.2 } },
    "sorted 4-bit": { recipe: sorted({ bits: 4 }), limit: { seconds: 0.8 } },
    "hqq 4-bit g64": { recipe: hqq({ bits: 4, group: 64 }) },
  };
}

function judged({ milliseconds }, bytes, limit) {
  if (limit === undefined) return {};
  if (limit.seconds !== undefined) return limited(`at most ${limit.seconds} s`, milliseconds <= 1000 * limit.seconds);
  const least = limit.gigabytesPerSecond;
  return limited(`at least ${least} GB/s`, bytes / 1e6 / milliseconds >= least);
}

async function callRows(root, path, bytes) {
  const kernel = createRequire(join(root, "lib", "kernel", "index.js"))("./index.js");
  const rows = [];
  for (const [what, { recipe, limit }] of Object.entries(calls(kernel))) {
    const time = await measured(async () => kernel.compress(await kernel.open(path), recipe, { workers: 1 }));
    rows.push({
      what: `compress(MiniLM, ${what}), 1 worker`,
      who: "ours",
      ...time,
      rate: bytes / 1e6 / time.milliseconds,
      unit: "GB/s",
      ...judged(time, bytes, limit),
    });
  }
  return rows;
}

/** Whole processes: the median of three, each from its start to its end. */
function processTimes(command, words, env = process.env) {
  const all = [];
  for (let i = 0; i < 3; i++) {
    const start = performance.now();
    const { status, stderr } = spawnSync(command, words, { env, encoding: "utf8", timeout: 600_000 });
    if (status !== 0) return { missing: String(stderr).trim().split("\n").at(-1) };
    all.push(performance.now() - start);
  }
  all.sort((a, b) => a - b);
  return { milliseconds: all[1], spread: all[2] - all[0] };
}

function job(what, who, time, bytes, out) {
  if (time.missing !== undefined) return { what, who: `${who}: skipped`, note: time.missing };
  return {
    ...{ what, who, ...time, rate: bytes / 1e6 / time.milliseconds, unit: "GB/s" },
    note: out && existsSync(out) && statSync(out).isFile() ? `${megabytes(statSync(out).size).toFixed(1)} MB` : "",
  };
}

/** Rows of a job with the ratio of the first peer to ours. */
function pair(ours, ...peers) {
  const [peer] = peers.filter(({ milliseconds }) => milliseconds !== undefined);
  if (peer && ours.milliseconds !== undefined) {
    ours.ratio = peer.milliseconds / ours.milliseconds;
    ours.against = peer.who;
  }
  return [ours, ...peers];
}

function jobRows(root, path, bytes, { peerPython, folder }) {
  const script = join(root, "test", "bench", "whole-calls-task.cjs");
  const peer = join(root, "test", "bench", "whole_calls_peers.py");
  const ours = (...words) => processTimes(process.execPath, [script, root, ...words]);
  const theirs = (...words) =>
    peerPython ? processTimes(peerPython, [peer, ...words], peerEnvironment()) : { missing: "no Python" };
  const model = join(root, "models", "all-MiniLM-L6-v2");
  const at = (file) => join(folder, file);
  const rows = [];
  const float = at("float.gguf");
  execFileSync(process.execPath, [script, root, "gguf", model, float, "F32"]);
  const size = statSync(float).size;
  const bins = join(root, ".references", "node_modules", "@node-llama-cpp", "linux-x64", "bins", "linux-x64");
  const llama = (type, out) =>
    existsSync(bins) && peerPython
      ? processTimes(peerPython, [join(root, "test", "llama-cpp", "quantize.py"), bins, float, out, type])
      : { missing: "npm run references" };
  for (const [type, number] of [
    ["Q4_K_M", "15"],
    ["Q8_0", "7"],
  ])
    rows.push(
      ...pair(
        job(
          `F32 GGUF → ${type} file, 2 threads`,
          "ours",
          ours("gguf", float, at("ours.gguf"), type),
          size,
          at("ours.gguf"),
        ),
        job(`F32 GGUF → ${type} file, 2 threads`, "llama.cpp", llama(number, at("llama.gguf")), size, at("llama.gguf")),
      ),
    );
  for (const form of ["compressed-tensors", "bitsandbytes"])
    rows.push(
      ...pair(
        job(
          `folder → ${form} folder`,
          "ours",
          ours(form, model, at(`ours-${form}/`)),
          bytes,
          at(`ours-${form}/model.safetensors`),
        ),
        job(
          `folder → ${form} folder`,
          form,
          theirs(form, model, at(`peer-${form}`)),
          bytes,
          at(`peer-${form}/model.safetensors`),
        ),
      ),
    );
  const packed = at("model.codebook");
  const cli = join(root, "lib", "kernel", "cli.js");
  const codebook = (...words) => processTimes(process.execPath, [cli, ...words]);
  const file = "file → lossless archive";
  const back = "archive → file";
  rows.push(
    ...pair(
      job(file, "ours, 2 threads", codebook("pack", path, "-o", packed, "--force"), bytes, packed),
      job(file, "zipnn, 2 threads", theirs("zipnn-pack", path, at("zipnn")), bytes, at("zipnn")),
      job(file, "zstd -3, 2 threads", theirs("zstd-pack", path, at("zstd")), bytes, at("zstd")),
    ),
    ...pair(
      job(back, "ours, 2 threads", codebook("unpack", packed, "-o", at("back"), "--force"), bytes, at("back")),
      job(back, "zipnn, 2 threads", theirs("zipnn-unpack", at("zipnn"), at("zipnn-back")), bytes, at("zipnn-back")),
      job(back, "zstd, 2 threads", theirs("zstd-unpack", at("zstd"), at("zstd-back")), bytes, at("zstd-back")),
    ),
  );
  return rows;
}

export async function run({ peerPython, root }) {
  const path = join(root, "models", "all-MiniLM-L6-v2", "model.safetensors");
  if (!existsSync(path)) return [{ what: name, who: "skipped", note: "models/all-MiniLM-L6-v2 is missing" }];
  const bytes = statSync(path).size;
  const folder = mkdtempSync(join(tmpdir(), "codebook-bench-"));
  try {
    return [...(await callRows(root, path, bytes)), ...jobRows(root, path, bytes, { peerPython, folder })];
  } finally {
    rmSync(folder, { recursive: true });
  }
}
