/** Lossless coding: coders of arrays as steps. */
export { coderLabel, coderOf, coders, decode, encode, encodedLength, encodeSource, encodeToFile } from "./encode";
export type { DecodeOptions, Encoded, EncodeOptions, EncodeStep } from "./encode";
export { sourceOfBytes, type ByteSource } from "./byte-source";
export type { ByteForm, Coder, Form, SymbolCoder, SymbolForm } from "./coder";
export * from "./generated/methods";
export { symbolCoders, type CodedStep } from "./coders";
export type { FloatArray, IntegerArray } from "./container/container";
export { delta, planes, type DeltaOptions, type DeltaStep, type PlanesOptions, type PlanesStep } from "./planes";
