/** Limits that readers hold files to: a file beyond them is an attack, or no model. */

/** Mixtures of experts that store each expert's codes and scales apart have some hundred thousand tensors; each takes 60 bytes of a header, which
 *  are on the disk, and some 400 in memory. */
export const maxTensors = 1_000_000;
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
