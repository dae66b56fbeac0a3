/** The quantizers by the kind of their steps. A method needs no line here: generated/methods.ts has a row for each file of this room that exports
 *  a `Quantizer`, and so `quantize`, `dequantize`, `compress`, recipes and reports know it. */
import { methodsByKind, type StepOf } from "../tensor/step";
import { quantizerRows } from "./generated/methods";
import type { Quantizer } from "./quantizer";

/** A step of any quantization method; its `kind` tells of which. */
export type QuantizeStep = StepOf<(typeof quantizerRows)[number]>;

/** Every quantization method by its `kind`. A method here takes any step whose kind is its own. */
export const quantizers: ReadonlyMap<string, Quantizer<QuantizeStep>> = methodsByKind<Quantizer<QuantizeStep>>(
  quantizerRows,
);
