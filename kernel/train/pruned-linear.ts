import * as tf from "@tensorflow/tfjs";
import { checkNumber } from "../options";
import { magnitude, magnitudePruner } from "../prune/magnitude";
import { LinearLayer } from "./linear-layer";
import type { PrunedLinearMembers, PrunedLinearOptions } from "./types";

/** A linear layer some of whose weights are held at zero: y = activation(x · (m ⊙ w) + b), m ∈ {0, 1}.
 *  The mask is that of `magnitude`: it removes the round(pruningRate · in · out) weights of least magnitude; of equal ones the first
 *  in (out, in) order goes first. It is drawn from the first weights when the layer is built and stays while the layer trains:
 *  removed weights get no gradient. `prune()` draws it anew, so that a network can be trained, pruned and trained on (Han et al.
 *  2015, arXiv 1506.02626), or pruned in rising steps (Zhu & Gupta 2017, arXiv 1710.01878). A removed weight keeps its value under the mask, and
 *  a later `prune()` may bring it back. The mask is a weight of the layer that is not trained: it is saved with the model. */
export class PrunedLinear extends LinearLayer implements PrunedLinearMembers {
  /** The name under which tfjs saves and loads it.
   *  @nocollapse */
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
    return tf.tidy(() => this.compressedKernel().add(0)); // −0 becomes 0
  }

  /** Draws the mask anew from the weights as they are now, removed ones included; with a rate, at that rate from now on.
   *  Raises `NonFiniteError` when a weight is NaN or infinite (its index is that in (out, in) order), and `OptionError` for a rate outside 0 to 1. */
  prune(pruningRate: number = this.rate): void {
    const rate = checkRate(pruningRate);
    const kernel = this.readKernel();
    const shape = [this.outputSize, this.inputSize];
    const weights = transpose(kernel.dataSync(), this.inputSize); // (out, in), the order in which ties are broken
    const { mask: kept } = magnitudePruner.prune(weights, shape, magnitude({ sparsity: rate }), this.name);
    const mask = tf.tensor2d(transpose(kept, this.outputSize), kernel.shape);
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

/** (rows, columns) → (columns, rows), row-major. */
function transpose(values: ArrayLike<number>, rows: number): Float32Array {
  const columns = values.length / rows;
  return Float32Array.from(values, (_, index) => values[(index % rows) * columns + Math.floor(index / rows)]);
}

function checkRate(rate: unknown): number {
  return checkNumber("PrunedLinear", "pruningRate", rate, { minimum: 0, maximum: 1 });
}

tf.serialization.registerClass(PrunedLinear);
