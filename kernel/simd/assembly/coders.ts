/** The hot loops of the coders of integers; formulas and bytes are those of `kernel/encode/coders-plain.ts`. */
export { buildCodes, buildTables, decodeStreams, encodeStreams } from "./_huffman";
export { decodeSymbols, encodeSymbols } from "./_symbols";
