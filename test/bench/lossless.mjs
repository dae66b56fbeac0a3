// Lossless coding of all-MiniLM-L6-v2: a BF16 copy, four times over (182 MB), and the float32 weights themselves. Ours on one worker and on
// two, in memory, with the hash of every block; beside zipnn and zstd, one thread each, where Python has them; and the order-0 entropy: each
// byte plane of the rotated elements at its entropy over the whole file. Ours and the peers run by turns; the fastest run of each counts. The
// floors that a release must meet stand beside their row.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { limited } from "./timing.mjs";

export const name = "lossless";

const rounds = 2;
const runs = 16;

/** The most that may be left of the bytes, and how much faster two workers are at least than one. */
const floors = { ratio: { "BF16 × 4": 0.665, F32: 0.819 }, twoWorkers: 1.7 };

/** The weights' bytes, and where each tensor lies in them. */
function readModel(path) {
  const file = readFileSync(path);
  const dataStart = 8 + Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.subarray(8, dataStart).toString());
  const tensors = Object.entries(header).filter(([key, { dtype }]) => key !== "__metadata__" && dtype === "F32");
  const ranges = tensors.map(([, { data_offsets: range }]) => range).sort((a, b) => a[0] - b[0]);
  const data = new Uint8Array(
    Buffer.concat(ranges.map(([from, to]) => file.subarray(dataStart + from, dataStart + to))),
  );
  return { data, lengths: ranges.map(([from, to]) => to - from) };
}

/** Rounds float32 to BF16, to nearest, ties to even. */
function toBfloat16(data) {
  const bits = new Uint32Array(data.buffer, data.byteOffset, data.length / 4);
  const halves = Uint16Array.from(bits, (x) => (x + 0x7fff + ((x >>> 16) & 1)) >>> 16);
  return new Uint8Array(halves.buffer);
}

/** Share of the size that is left when byte planes of the rotated elements are coded at their order-0 entropy. */
function floorOf(data, width) {
  const n = data.length / width;
  const counts = Array.from({ length: width }, () => new Float64Array(256));
  for (let i = 0; i < data.length; i += width)
    for (let p = 0; p < width; p++) {
      const carry = data[i + (p === 0 ? width - 1 : p - 1)] >> 7;
      counts[p][((data[i + p] << 1) & 255) | carry]++;
    }
  const bits = counts.map((plane) => plane.reduce((sum, c) => sum - (c && (c / n) * Math.log2(c / n)), 0));
  return bits.reduce((sum, b) => sum + b, 0) / (8 * width);
}

export async function run({ python, peerPython = python, root }) {
  const path = join(root, "models", "all-MiniLM-L6-v2", "model.safetensors");
  if (!existsSync(path)) return [{ what: "lossless", who: "skipped", note: "models/all-MiniLM-L6-v2 is missing" }];
  const { data, lengths } = readModel(path);
  const once = toBfloat16(data);
  const bf16 = new Uint8Array(4 * once.length);
  for (let i = 0; i < 4; i++) bf16.set(once, i * once.length);
  const halved = lengths.map((length) => length / 2);
  return [
    ...(await compare("BF16 × 4", bf16, [halved, halved, halved, halved].flat(), 2, "bfloat16", { peerPython, root })),
    ...(await compare("F32", data, lengths, 4, "float32", { peerPython, root })),
  ];
}

async function compare(what, data, lengths, width, dtype, { peerPython, root }) {
  const size = `${what}, ${(data.length / 1e6).toFixed(0)} MB`;
  const layout = { width, isFloat: true };
  const all = [];
  for (let round = 0; round < rounds; round++)
    all.push({
      one: await ours(data, lengths, layout, 1, root),
      two: await ours(data, lengths, layout, 2, root),
      ...peers(data, dtype, peerPython),
    });
  const { one, two, ...others } = Object.fromEntries(Object.keys(all[0]).map((who) => [who, best(all, who)]));
  const share = (bytes) => `ratio ${(bytes / data.length).toFixed(4)}`;
  const most = floors.ratio[what];
  const rows = [
    { what: size, who: "order-0 entropy", note: `ratio ${floorOf(data, width).toFixed(4)}` },
    {
      what: size,
      who: "ours",
      note: share(one.bytes),
      ...limited(`ratio at most ${most}`, one.bytes <= most * data.length),
    },
  ];
  const row = (verb, who, milliseconds, more) => ({
    what: `${size}, ${verb}`,
    who,
    milliseconds,
    rate: data.length / milliseconds / 1e6,
    unit: "GB/s",
    ...more,
  });
  const { zipnn } = others;
  for (const verb of ["compress", "decompress"]) {
    const peer = zipnn?.[verb];
    const limit = peer === undefined ? {} : limited("zipnn's speed", one[verb] <= peer);
    rows.push(row(verb, "ours, 1 worker", one[verb], limit));
    const faster = one[verb] / two[verb];
    rows.push({
      ...row(verb, "ours, 2 workers", two[verb]),
      ...limited(`at least ${floors.twoWorkers} × 1 worker`, faster >= floors.twoWorkers),
      ratio: faster,
      against: "1 worker",
    });
  }
  for (const [who, peer] of Object.entries(others)) {
    if (peer.missing !== undefined) rows.push({ what: size, who, note: `skipped: ${peer.missing}` });
    else
      for (const verb of ["compress", "decompress"])
        rows.push({
          ...row(verb, `${who}, 1 thread`, peer[verb], { note: share(peer.bytes) }),
          ratio: peer[verb] / one[verb],
          against: "its time by ours",
        });
  }
  return rows;
}

/** The fastest of all rounds. */
function best(all, who) {
  const found = all.map((round) => round[who]).filter((one) => one !== undefined && one.missing === undefined);
  if (found.length === 0) return all[0][who];
  const fastest = (verb) => Math.min(...found.map((one) => one[verb]));
  return { bytes: found[0].bytes, compress: fastest("compress"), decompress: fastest("decompress") };
}

/** Every tensor's blocks over a pool of threads, from shared memory into shared memory, in the archive's own batches. */
async function ours(data, lengths, layout, workers, root) {
  const require = createRequire(join(root, "lib", "kernel", "index.js"));
  const { WorkerPool } = require("./threads/pool.js");
  const { batchesOf, Lane } = require("./archive/lanes.js");
  const { tasks } = require("./archive/tasks.js");
  const pool = new WorkerPool(workers);
  let start = 0;
  const segments = lengths.map((length) => ({ start: (start += length) - length, length, layout }));
  const batches = [...batchesOf(segments, 2)];
  const places = batches.map(({ start: from, length }) => {
    const lane = new Lane(length, 0);
    lane.input(length).set(data.subarray(from, from + length));
    return { lane, task: { memory: lane.memory, lane: lane.places } };
  });
  const times = { compress: [], decompress: [] };
  let bytes = 0;
  try {
    for (let i = 0; i <= runs; i++) {
      let begin = performance.now();
      const packed = await lanes(batches, 2 * workers, ({ pieces }, at) =>
        pool.run(tasks, "encode", { ...places[at].task, pieces }),
      );
      times.compress.push(performance.now() - begin);
      const sizes = packed.map((batch) => batch.sizes.reduce((sum, size) => sum + size, 0));
      bytes = sizes.reduce((sum, size) => sum + size, 0);
      // What was coded becomes the input, as if it had been read from a file.
      places.forEach(({ lane }, at) => {
        lane.input(sizes[at]).set(lane.output(sizes[at]));
        lane.output(batches[at].length).fill(0);
      });
      begin = performance.now();
      await lanes(batches, 2 * workers, ({ pieces }, at) =>
        pool.run(tasks, "decode", { ...places[at].task, pieces, ...packed[at], version: 2, file: "bench", at: 0 }),
      );
      times.decompress.push(performance.now() - begin);
      for (const [at, { start: from, length }] of batches.entries()) {
        const { lane } = places[at];
        if (Buffer.compare(lane.output(length), data.subarray(from, from + length)) !== 0)
          throw new Error("what came back is not what went in");
        lane.input(length).set(data.subarray(from, from + length));
      }
    }
  } finally {
    await pool.close();
  }
  return { bytes, compress: Math.min(...times.compress.slice(1)), decompress: Math.min(...times.decompress.slice(1)) };
}

async function lanes(items, most, work) {
  const results = new Array(items.length);
  let next = 0;
  const lane = async () => {
    for (let i = next++; i < items.length; i = next++) results[i] = await work(items[i], i);
  };
  await Promise.all(Array.from({ length: most }, lane));
  return results;
}

function peers(data, dtype, python) {
  if (python === undefined) return { "zipnn and zstd": { missing: "no Python" } };
  const folder = mkdtempSync(join(tmpdir(), "lossless-"));
  try {
    writeFileSync(join(folder, "weights"), data);
    const script = join(dirname(fileURLToPath(import.meta.url)), "lossless_peers.py");
    const options = { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], timeout: 300_000 };
    return JSON.parse(execFileSync(python, [script, join(folder, "weights"), dtype, String(runs)], options));
  } catch (error) {
    return { "zipnn and zstd": { missing: error.message.split("\n")[0] } };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
