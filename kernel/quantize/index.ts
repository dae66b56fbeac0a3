/** Quantizers: one file a method. */
export { dequantize, isQuantizeStep, quantize, quantizerLabel, quantizerOf, type QuantizedTensor } from "./quantize";
export * from "./generated/methods";
export { quantizers, type QuantizeStep } from "./quantizers";
export { blockScales, type AbsmaxBlockOptions, type AbsmaxBlockStep } from "./blocks/absmax";
export { entropyStep } from "./target/entropy-step";
export { packNibbles, unpackNibbles, type NibbleOrder } from "../grid/nibbles";
export { storedBits, type CodeArray, type Quantized, type Quantizer, type Table, type TableArray } from "./quantizer";
