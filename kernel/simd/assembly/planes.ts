/** The hot loops of the lossless archive; formulas and bytes are those of `kernel/encode/planes-plain.ts`. All arguments are addresses
 *  and counts. Up to 15 bytes behind an input may be read, and up to 15 behind an output written: the caller leaves room. */
export { add, copy, exclusiveOr, fill, gather, merge, scatter, split, subtract } from "./_transpose";
export { histogram, survey } from "./_count";
export { buildCodes, buildTables, codeLengths, decodeStreams, encodeStreams } from "./_huffman";
export { decodeRange, encodeRange } from "./_range";
export { hash, hashStripes } from "./_hash";
