/** Quantizers as `compress()` calls them: their loops by SIMD, with the bits of the plain ones. */
import { simdLoops } from "../loops/fast";
import { quantizerOf } from "../quantize";
import type { Quantized } from "../quantize/quantizer";
import type { Shape } from "../tensor/tensor";
import type { Step } from "../tensor/step";

/** As the quantizer's own `quantize`, to the bit. */
export function quantizeFast(weights: Float32Array, shape: Shape, step: Step, name: string): Quantized {
  return quantizerOf(step).quantize(weights, shape, step, name, simdLoops);
}

/** As the quantizer's own `dequantize`, to the bit. */
export function dequantizeFast(quantized: Quantized): Float32Array {
  return quantizerOf(quantized.step).dequantize(quantized, simdLoops);
}
