// The task of quantizers.mjs on a worker thread: quantizers as compress() calls them, on weights that lie where compress() puts a layer's.
const { join } = require("node:path");

let weights;

const functions = {
  place({ values }) {
    weights = Float32Array.from(values);
  },
  /** Quantizes at least `least` times, and until `budget` milliseconds have passed: the time of each. */
  quantize({ root, step, shape, least, budget }) {
    const memory = require(join(root, "lib", "kernel", "simd", "layer-memory.js"));
    const { quantizerOf } = require(join(root, "lib", "kernel", "quantize", "index.js"));
    const { encodeBlockBytes } = require(join(root, "lib", "kernel", "simd", "blocks.js"));
    const { blockCodecs } = require(join(root, "lib", "kernel", "blocks", "index.js"));
    // What ggml's C does: weights to the blocks of a file.
    const codec = step.kind === "ggml" ? blockCodecs.get(step.type) : undefined;
    const blocks = codec && new Uint8Array((weights.length / codec.weights) * codec.bytes);
    const quantize = (inside) =>
      codec
        ? encodeBlockBytes(codec, inside, shape[1], undefined, blocks)
        : quantizerOf(step).quantize(inside, shape, step, "weights");
    const milliseconds = [];
    for (const begin = performance.now(); milliseconds.length < least || performance.now() - begin < budget;) {
      memory.reserve(14 * weights.length + 4096);
      const inside = memory.arenaFloats(weights.length);
      inside.set(weights);
      const start = performance.now();
      quantize(inside);
      milliseconds.push(performance.now() - start);
    }
    memory.release();
    return milliseconds;
  },
};

/** As taskModule() makes it. */
exports.tasks = { path: __filename, functions };
