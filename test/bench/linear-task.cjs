// The task of linear.mjs on a worker thread: the squared error of a part of the rows, the codes left in the thread.
const { join } = require("node:path");

let room = new Uint8Array(0);

exports.tasks = {
  quantize({ root, weights, rows, columns }) {
    const { quantizeGroups } = require(join(root, "lib", "kernel", "simd", "linear.js"));
    if (room.length < weights.length) room = new Uint8Array(weights.length);
    const grid = { bits: 4, symmetric: false, halfScales: true };
    const { squaredErrors } = quantizeGroups({ weights, rows, columns, group: 128 }, grid, room);
    return squaredErrors.reduce((sum, one) => sum + one, 0);
  },
};
