// The task of linear.mjs on a worker thread: quantizes a part of the rows, which come in a buffer of their own and go back in the
// same, as in compress(); the codes stay in the thread.
const { join } = require("node:path");

let room = new Uint8Array(0);

exports.tasks = {
  quantize({ root, weights, rows, columns }) {
    const { quantizeGroups } = require(join(root, "lib", "kernel", "simd", "linear.js"));
    const { transferring } = require(join(root, "lib", "kernel", "simd", "transferring.js"));
    if (room.length < weights.length) room = new Uint8Array(weights.length);
    const grid = { bits: 4, symmetric: false, halfScales: true };
    const { squaredErrors } = quantizeGroups({ weights, rows, columns, group: 128 }, grid, room);
    return transferring({ weights, squaredError: squaredErrors.reduce((sum, one) => sum + one, 0) });
  },
};
