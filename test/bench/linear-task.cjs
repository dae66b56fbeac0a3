// The task of linear.mjs on a worker thread. The weights are put where compress() puts a layer's, into the memory of the thread's kernels,
// and stay there; so do the codes.
const { join } = require("node:path");

let weights;
let room;

const functions = {
  place({ root, values }) {
    const { reserve, arenaBytes, arenaFloats } = require(join(root, "lib", "kernel", "simd", "layer-memory.js"));
    reserve(5 * values.length + 128);
    weights = arenaFloats(values.length);
    room = arenaBytes(values.length);
    weights.set(values);
  },
  /** Quantizes `times` times: the time of each, and the total squared error. */
  quantize({ root, rows, columns, times }) {
    const { quantizeGroups } = require(join(root, "lib", "kernel", "simd", "linear.js"));
    const grid = { bits: 4, symmetric: false, halfScales: true };
    const milliseconds = [];
    let squaredError = 0;
    for (let i = 0; i < times; i++) {
      const start = performance.now();
      const result = quantizeGroups({ weights, rows, columns, group: 128 }, grid, { room, errors: true });
      milliseconds.push(performance.now() - start);
      squaredError = result.squaredErrors.reduce((sum, one) => sum + one, 0);
    }
    return { milliseconds, squaredError };
  },
};

/** As taskModule() makes it. */
exports.tasks = { path: __filename, functions };
