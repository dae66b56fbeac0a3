/** The table of coders of symbols and of bytes: with its line and its row here, a coder is known to `encode`, `decode`, `planes`, recipes and
 *  reports. `planes` and `delta`, which call those of the table, join in encode.ts. */
import type { StepOf } from "../tensor/step";
import type { Coder } from "./coder";
import { hornerCoder } from "./horner";
import { huffmanCoder } from "./huffman";
import { ransCoder } from "./rans";
import { zstdCoder } from "./zstd";

export { horner, hornerCoder, hornerWord, type HornerOptions, type HornerStep } from "./horner";
export { huffman, huffmanCoder, type HuffmanOptions, type HuffmanStep } from "./huffman";
export { rans, ransCoder, type RansOptions, type RansStep } from "./rans";
export { zstd, type ZstdOptions, type ZstdStep } from "./zstd";

const table = [huffmanCoder, ransCoder, hornerCoder, zstdCoder];

/** Coders that may code a byte plane. */
export const symbolCoders: readonly Coder[] = table;

/** A step of one of them; its `kind` tells of which. */
export type CodedStep = StepOf<(typeof table)[number]>;
