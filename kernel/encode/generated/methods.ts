// Written by scripts/methods.mjs from the methods in kernel/encode: npm run build -- kernel writes it again.

import { hornerCoder } from "../horner";
import { huffmanCoder } from "../huffman";
import { ransCoder } from "../rans";
import { zstdCoder } from "../zstd";

export * from "../horner";
export * from "../huffman";
export * from "../rans";
export * from "../zstd";

/** Each SymbolCoder of the room. */
export const coderRows = [hornerCoder, huffmanCoder, ransCoder, zstdCoder] as const;
