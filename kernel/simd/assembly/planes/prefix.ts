/** Prefix codes of the symbols of a plane. */
export { buildCodes, buildTables, codeLengths, decodeStreams, encodeStreams } from "../_prefix/huffman";
