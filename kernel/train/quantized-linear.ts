import * as tf from "@tensorflow/tfjs";
import { NonFiniteError } from "../errors";
import { checkChoice, checkNumber } from "../options";
import { LinearLayer } from "./linear-layer";
import { roundKernel, roundStraightThrough } from "./straight-through";
import type { QuantizedLinearMembers, QuantizedLinearOptions } from "./types";

/** A linear layer that computes with quantized weights, forward and backward: y = activation(x · Q(w) + b).
 *  w is kept in float32 and trained; Q (see `roundKernel`) is applied anew in each call, and the gradient passes through it
 *  as if it were the identity. The bias stays in float32. `bits` 1 to 8; one scale per output ("channel") or one in all ("tensor").
 *
 *  `new QuantizedLinear(4, 8, 3)`: 4 inputs, 8 outputs, 3 bits. `new QuantizedLinear({ inputSize: 4, outputSize: 8, bits: 3,
 *  activation: "relu", seed: 1 })` for the options. Wrong options raise `OptionError`. */
export class QuantizedLinear extends LinearLayer implements QuantizedLinearMembers {
  /** The name under which tfjs saves and loads it.
   *  @nocollapse */
  static readonly className = "QuantizedLinear";
  /** Bits of each weight, 1–8. */
  readonly bits: number;
  /** What shares a scale. */
  readonly per: "channel" | "tensor";

  constructor(inputSize: number, outputSize: number, bits: number);
  constructor(options: QuantizedLinearOptions);
  constructor(first: number | QuantizedLinearOptions, outputSize?: number, bits?: number) {
    const options =
      typeof first === "object" && first !== null
        ? first
        : { inputSize: first, outputSize: outputSize as number, bits: bits as number };
    super("QuantizedLinear", options, ["bits", "per"]);
    this.bits = checkNumber("QuantizedLinear", "bits", options.bits, { minimum: 1, maximum: 8, integer: true });
    this.per = checkChoice("QuantizedLinear", "per", options.per ?? "channel", ["channel", "tensor"]);
  }

  protected override compressedKernel(): tf.Tensor2D {
    return roundStraightThrough(this.readKernel(), this.bits, this.per);
  }

  /** w′ = Q(w), the weights that inference uses, (in, out): a new tensor that the caller disposes.
   *  Raises `NonFiniteError` when a weight is NaN or infinite; its index is that of the kernel, (in, out) row-major. */
  quantizedKernel(): tf.Tensor2D {
    const kernel = this.readKernel();
    const values = kernel.dataSync();
    const index = values.findIndex((value) => !Number.isFinite(value));
    if (index >= 0) throw new NonFiniteError(this.name, index, values[index], "quantization");
    return tf.tidy(() => roundKernel(kernel, this.bits, this.per));
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), bits: this.bits, per: this.per };
  }
}

tf.serialization.registerClass(QuantizedLinear);
