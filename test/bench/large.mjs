// A model larger than memory: a sparse safetensors file (holes, so that the disk need not hold it) is packed, verified and quantized by
// processes whose heap is limited to 512 MB, and the most memory that was resident is printed. Two
// workers; quantized layers go to a checkpoint. The peak is the process's own, from inside.
//   node test/bench/large.mjs [GB] [pack] [quantize]      40 GB and both unless told; takes some minutes for the hashes of 40 GB
// Not a part of npm run bench.
import { execFileSync } from "node:child_process";
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** `bytes` of float32 in matrices of 16 MiB, all holes but the header and a few weights. */
export function writeSparseModel(path, bytes) {
  const rows = 2048;
  const columns = 2048;
  const each = 4 * rows * columns;
  const count = Math.max(1, Math.floor(bytes / each));
  const entries = Array.from({ length: count }, (_, i) => [
    `layers.${i}.weight`,
    { dtype: "F32", shape: [rows, columns], data_offsets: [i * each, (i + 1) * each] },
  ]);
  const json = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const file = openSync(path, "w");
  writeSync(file, Buffer.concat([length, json]));
  ftruncateSync(file, 8 + json.length + count * each);
  // Some weights in the first and the last matrix, so that not all blocks are alike.
  const weights = Buffer.from(Float32Array.from({ length: 4096 }, (_, i) => Math.sin(i) / 50).buffer);
  for (const layer of [0, count - 1])
    writeSync(file, weights, 0, weights.length, 8 + json.length + layer * each + 8192);
  closeSync(file);
  return statSync(path).size;
}

const library = JSON.stringify(join(root, "lib", "kernel", "index.js"));

/** What a child does; it prints its result and its peak in bytes. Linux keeps the parent's peak in resourceUsage(); VmHWM is its own. */
const scripts = {
  pack: `const { pack, verify } = require(${library});
    const work = async ([file, archive]) => {
      const { archiveBytes, sha256 } = await pack(file, archive, { workers: 2 });
      if ((await verify(archive, { workers: 2 })).sha256 !== sha256) throw new Error("another SHA-256");
      return { archiveBytes, sha256 };
    };`,
  quantize: `const { compress, linear, open, rans } = require(${library});
    const work = async ([file, archive]) => {
      const small = await compress(await open(file), [linear({ bits: 4, group: 128 }), rans()], {
        workers: 2,
        checkpoint: archive + ".layers",
      });
      const [{ bytes, bitsPerWeight }] = small.report.variants;
      return { layers: small.report.layers.length, bytes, bitsPerWeight };
    };`,
};
const report = `
  work(process.argv.slice(1)).then((result) => {
    let peak = 1024 * process.resourceUsage().maxRSS;
    try { peak = 1024 * Number(/VmHWM:\\s+(\\d+)/.exec(require("fs").readFileSync("/proc/self/status", "utf8"))[1]); } catch {}
    console.log(JSON.stringify({ ...result, peak }));
    process.exit(0);
  }, (error) => { console.error(error); process.exit(1); });`;

/** Runs one of the scripts in a process of its own; gives what it printed, and the seconds it took. */
export function runLimited(name, file, archive, megabytes = 512) {
  const begin = performance.now();
  const options = [`--max-old-space-size=${megabytes}`, "-e", scripts[name] + report, file, archive];
  const printed = execFileSync(process.execPath, options, { encoding: "utf8", maxBuffer: 2 ** 26 });
  return { ...JSON.parse(printed), seconds: (performance.now() - begin) / 1000 };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [gigabytes = "40"] = process.argv.slice(2).filter((word) => Number(word) > 0);
  const named = process.argv.slice(2).filter((word) => Object.hasOwn(scripts, word));
  const folder = mkdtempSync(join(tmpdir(), "large-"));
  try {
    const file = join(folder, "model.safetensors");
    const bytes = writeSparseModel(file, Number(gigabytes) * 1e9);
    console.log(`${(bytes / 1e9).toFixed(1)} GB of float32, sparse`);
    for (const name of named.length > 0 ? named : Object.keys(scripts)) {
      const { seconds, peak, ...result } = runLimited(name, file, join(folder, "model.codebook"));
      const rate = (bytes / seconds / 1e9).toFixed(2);
      console.log(
        `${name}: ${seconds.toFixed(0)} s (${rate} GB/s), ${(peak / 1e6).toFixed(0)} MB resident at most`,
        result,
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}
