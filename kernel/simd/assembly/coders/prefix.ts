/** Prefix codes of symbols of a byte. */
export { buildCodes, buildTables, decodeStreams, encodeStreams } from "../_prefix/huffman";
