import * as tf from "@tensorflow/tfjs";
import { NonFiniteError } from "../errors";
import { checkNumber } from "../options";
import { LinearLayer } from "./linear-layer";
import type { PrunedLinearMembers, PrunedLinearOptions } from "./types";

/** A linear layer some of whose weights are held at zero: y = activation(x · (m ⊙ w) + b), m ∈ {0, 1}.
 *  The mask removes the round(pruningRate · in · out) weights of least magnitude; of equal magnitudes the one that comes first in
 *  (out, in) order goes first. It is drawn from the first weights when the layer is built and stays while the layer trains:
 *  removed weights get no gradient. `prune()` draws it anew, so that a network can be trained, pruned and trained on (Han et al.
 *  2015, arXiv 1506.02626), or pruned in rising steps (Zhu & Gupta 2017, arXiv 1710.01878). A removed weight keeps its value under the mask, and
 *  a later `prune()` may bring it back. The mask is a weight of the layer that is not trained: it is saved with the model. */
export class PrunedLinear extends LinearLayer implements PrunedLinearMembers {
  /** @nocollapse */
  static readonly className = "PrunedLinear";
  private rate: number;
  private mask: tf.LayerVariable | undefined;

  constructor(inputSize: number, outputSize: number, pruningRate: number);
  constructor(options: PrunedLinearOptions);
  constructor(first: number | PrunedLinearOptions, outputSize?: number, pruningRate?: number) {
    const options =
      typeof first === "object" && first !== null
        ? first
        : { inputSize: first, outputSize: outputSize as number, pruningRate: pruningRate as number };
    super("PrunedLinear", options, ["pruningRate"]);
    this.rate = checkRate(options.pruningRate);
  }

  /** Share of the weights that are zero, from 0 to 1. */
  get pruningRate(): number {
    return this.rate;
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    super.build(inputShape);
    if (this.mask !== undefined) return;
    const shape = [this.inputSize, this.outputSize];
    this.mask = this.addWeight("mask", shape, "float32", tf.initializers.ones(), undefined, false);
    this.prune();
  }

  protected override compressedKernel(): tf.Tensor2D {
    return this.readKernel().mul(this.readMask());
  }

  /** m ⊙ w, the weights that inference uses, (in, out): a new tensor that the caller disposes. */
  prunedKernel(): tf.Tensor2D {
    return tf.tidy(() => this.compressedKernel());
  }

  /** Draws the mask anew from the weights as they are now, removed ones included; with a rate, at that rate from now on.
   *  Raises `NonFiniteError` when a weight is NaN or infinite, and `OptionError` for a rate outside 0 to 1. */
  prune(pruningRate: number = this.rate): void {
    const rate = checkRate(pruningRate);
    const kernel = this.readKernel();
    const values = kernel.dataSync();
    const index = values.findIndex((value) => !Number.isFinite(value));
    if (index >= 0) throw new NonFiniteError(this.name, index, values[index], "pruning by magnitude");
    const mask = tf.tensor2d(magnitudeMask(values, this.inputSize, this.outputSize, rate), kernel.shape);
    this.readMask().assign(mask);
    mask.dispose();
    this.rate = rate;
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), pruningRate: this.rate };
  }

  private readMask(): tf.Variable<tf.Rank.R2> {
    this.readKernel();
    return (this.mask as tf.LayerVariable).read() as tf.Variable<tf.Rank.R2>;
  }
}

/** 0 for the round(rate · in · out) values of least magnitude, 1 for the others; values and mask (in, out), row-major. */
function magnitudeMask(values: ArrayLike<number>, inputSize: number, outputSize: number, rate: number): Float32Array {
  const place = (index: number) => (index % outputSize) * inputSize + Math.floor(index / outputSize);
  const order = Uint32Array.from({ length: values.length }, (_, index) => index);
  order.sort((a, b) => Math.abs(values[a]) - Math.abs(values[b]) || place(a) - place(b));
  const mask = new Float32Array(values.length).fill(1);
  for (const index of order.subarray(0, Math.round(rate * values.length))) mask[index] = 0;
  return mask;
}

function checkRate(rate: unknown): number {
  return checkNumber("PrunedLinear", "pruningRate", rate, { minimum: 0, maximum: 1 });
}

tf.serialization.registerClass(PrunedLinear);
