// The most memory that is resident while one layer goes through a step into a checkpoint, step by step, each in a process of its own.
//   node test/bench/layer-memory.mjs [MiB] [word]…      256 MiB of float32 unless told; steps whose text has one of the words
// Not a part of npm run bench; test/recipe/layer-memory.test.ts holds the steps that go in pieces to their limit.
import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const library = join(root, "lib", "kernel", "index.js");

/** Steps that take a layer in pieces: their peak does not grow by more than a byte or two for each weight. */
export const inPieces = [
  "linear({ bits: 4, group: 128 })",
  "linear({ bits: 4, group: 128 }), rans()",
  "linear({ bits: 4, group: 128 }), huffman()",
  "linear({ bits: 4, group: 128 }), zstd()",
  "linear({ bits: 8, per: 'channel' })",
  "int({ bits: 8, per: 'channel' })",
  "nf4()",
  "fp4()",
  "fp8({ per: 'channel' })",
  "fp8({ block: [128, 128] })",
  "mxfp4()",
  "mxfp8()",
  "nvfp4()",
  "ggml({ type: 'Q4_K' })",
  "ggml({ type: 'Q8_0' })",
  "ggml({ type: 'IQ4_XS' })",
  "ternary({ group: 128 })",
  "hqq()",
  "meanConstrained({ bits: 4 })",
  "sorted({ bits: 4, per: 'channel' })",
  "kMeans({ bits: 4, per: 'channel' })",
  "linear({ bits: 4, group: 128 }), horner()",
  "magnitude({ sparsity: 0.5 })",
  "magnitude({ sparsity: 0.1 })",
  "magnitude({ sparsity: 0.5, scope: 'row' })",
  "magnitude({ sparsity: 0.5, scope: 'global' })",
  "magnitude({ sparsity: 0.5 }), linear({ bits: 4, group: 128 }), rans()",
  "magnitude({ sparsity: 0.5 }), zstd()",
  "edges({ n: 2, m: 4 })",
  "edges({ fanIn: 1024 })",
  "edges({ block: [4, 4], sparsity: 0.5 })",
  "huffman()",
  "rans()",
  "horner()",
  "zstd()",
  "planes()",
];

/** Steps that see a layer whole, and say what they need. */
export const whole = ["ternary()", "sorted({ bits: 4 })", "kMeans({ bits: 4 })", "linear({ step: 0.01 }), rans()"];

/** One matrix of so many MiB of float32, 4096 columns, that look like weights: no two rows are alike. */
export function writeLayer(path, mebibytes) {
  const columns = 4096;
  const rows = (mebibytes * 2 ** 20) / (4 * columns);
  const json = Buffer.from(
    JSON.stringify({ "fc.weight": { dtype: "F32", shape: [rows, columns], data_offsets: [0, 4 * rows * columns] } }),
  );
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const file = openSync(path, "w");
  writeSync(file, Buffer.concat([length, json]));
  let state = 12_345;
  const next = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32 - 0.5;
  const values = Float32Array.from({ length: 65_536 }, () => (next() + next() + next() + next()) / 20);
  const row = new Float32Array(columns);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) row[c] = values[Math.floor((next() + 0.5) * 65_536)];
    writeSync(file, new Uint8Array(row.buffer));
  }
  closeSync(file);
}

const script = `
  const [, path, file, folder, text] = process.argv;
  const library = require(path);
  const steps = new Function(...Object.keys(library), "return [" + text + "]")(...Object.values(library));
  (async () => {
    await library.compress(await library.open(file), steps, { checkpoint: folder, workers: 2 });
    let peak = 1024 * process.resourceUsage().maxRSS;
    try { peak = 1024 * Number(/VmHWM:\\s+(\\d+)/.exec(require("fs").readFileSync("/proc/self/status", "utf8"))[1]); } catch {}
    console.log(peak);
    process.exit(0);
  })().catch((error) => { console.error(error); process.exit(1); });`;

/** The peak in bytes of a process that compresses the layer by these steps. */
export function peakOf(file, steps) {
  const folder = mkdtempSync(join(tmpdir(), "layer-memory-"));
  try {
    const args = ["-e", script, library, file, join(folder, "checkpoint"), steps];
    return Number(execFileSync(process.execPath, args, { encoding: "utf8", timeout: 600_000 }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const words = process.argv.slice(2);
  const mebibytes = Number(words.find((word) => Number(word) > 0) ?? 256);
  const wanted = words.filter((word) => !(Number(word) > 0));
  const folder = mkdtempSync(join(tmpdir(), "layer-memory-"));
  try {
    const file = join(folder, "layer.safetensors");
    writeLayer(file, mebibytes);
    console.log(`one layer of ${mebibytes} MiB, float32`);
    for (const steps of [...inPieces, ...whole])
      if (wanted.length === 0 || wanted.some((word) => steps.includes(word)))
        console.log(`${String(Math.round(peakOf(file, steps) / 1e6)).padStart(6)} MB  ${steps}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
