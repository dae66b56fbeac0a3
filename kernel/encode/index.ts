/** Lossless coding: coders of arrays as steps, and the archive of whole files. */
export { coderLabel, coderOf, coders, decode, encode } from "./encode";
export type { AnyCoder, DecodeOptions, Encoded, EncodeOptions, EncodeStep } from "./encode";
export type { ByteCoder, Coder } from "./coder";
export type { FloatArray, IntegerArray } from "./container/container";
export { delta, planes, type DeltaOptions, type DeltaStep, type PlanesOptions, type PlanesStep } from "./planes";
export { horner, hornerCoder, hornerWord, type HornerOptions, type HornerStep } from "./horner";
export { huffman, huffmanCoder, type HuffmanOptions, type HuffmanStep } from "./huffman";
export { rans, ransCoder, type RansOptions, type RansStep } from "./rans";
export { zstd, type ZstdOptions, type ZstdStep } from "./zstd";
