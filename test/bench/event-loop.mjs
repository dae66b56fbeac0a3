// How long the main thread is held while long work runs on workers: cells, interrupts and widgets wait that long. The longest time between
// two ticks of one millisecond, over one run of each; 50 ms is the most that is allowed.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { limited } from "./timing.mjs";

export const name = "event loop";

const allowed = 50;

/** Runs `work` and gives how long it took, and the longest time in which no timer could fire. */
async function watched(work) {
  let longest = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }, 1);
  const start = performance.now();
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return { milliseconds: Math.max(longest, performance.now() - last), took: performance.now() - start };
}

export async function run({ root }) {
  const require = createRequire(join(root, "lib", "kernel", "index.js"));
  const kernel = require("./index.js");
  const {
    compress,
    ggml,
    histograms,
    huffman,
    linear,
    lowRank,
    magnitude,
    nf4,
    nodes,
    open,
    pack,
    planeEntropy,
    rans,
    trellis,
  } = kernel;
  const file = join(root, "models", "all-MiniLM-L6-v2", "model.safetensors");
  if (!existsSync(file)) {
    console.log("  models/all-MiniLM-L6-v2 is not there: npm start fetches it");
    return [];
  }
  const model = await open(join(root, "models", "all-MiniLM-L6-v2"));
  const folder = mkdtempSync(join(tmpdir(), "codebook-bench-"));
  const encoder = { only: "encoder.**" };
  const small = await compress(model, linear({ bits: 4, group: 128 }));
  const works = {
    "compress, linear 4-bit": () => compress(model, linear({ bits: 4, group: 128 })),
    "compress, magnitude global, Huffman": () =>
      compress(model, [magnitude({ sparsity: 0.5, scope: "global" }), linear({ bits: 4, group: 64 }), huffman()]),
    "compress, ggml Q4_K": () => compress(model, ggml({ type: "Q4_K" })),
    "compress, nf4": () => compress(model, nf4()),
    "compress, trellis and rANS": () => compress(model, [trellis({ targetBits: 4 }), rans()], encoder),
    "compress, nodes": () => compress(model, nodes({ sparsity: 0.25 })),
    "compress, lowRank": () => compress(model, lowRank({ rank: 64 }), { only: "encoder.layer.0.**" }),
    "save, safetensors": () => small.save(join(folder, "small.safetensors")),
    "save, compressed-tensors": () => small.save(join(folder, "small/")),
    pack: () => pack(file, join(folder, "model.codebook")),
    planeEntropy: () => planeEntropy(model),
    histograms: () => histograms(model),
  };
  const rows = [];
  try {
    for (const [what, work] of Object.entries(works)) {
      await work(); // workers start, and load what they need
      const { milliseconds, took } = await watched(work);
      const note = `in ${(took / 1000).toFixed(1)} s`;
      const limit = limited(`at most ${allowed} ms`, milliseconds <= allowed);
      rows.push({ what, who: "longest hold of the main thread", milliseconds, ...limit, note });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return rows;
}
