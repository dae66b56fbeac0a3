/** Limits that readers hold files to: a file beyond them is an attack, or no model. */

/** Shards of the largest mixture-of-experts models have some thousand tensors; a header with a million takes seconds and half
 *  a gigabyte to hold, which is an attack rather than a model. */
export const maxTensors = 200_000;
/** Names of real layers have under 200 bytes. */
export const maxNameLength = 4096;
/** numpy allows 64 dimensions, and so does torch. */
export const maxRank = 64;
/** The index of the largest models has under 10 MB. */
export const maxIndexBytes = 100_000_000;
/** Twenty times the shards of the largest models. */
export const maxShards = 10_000;
/** How many shards' headers are read at a time: over a network each takes its time. */
export const shardsAtOnce = 8;
/** The pickle of the largest checkpoints of torch has some MB. */
export const maxPickleBytes = 64 * 1024 * 1024;
