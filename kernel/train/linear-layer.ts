import * as tf from "@tensorflow/tfjs";
import { OptionError } from "../errors";
import { checkNumber, checkOptionNames } from "../options";
import { describe, toInitializer, toSerializable } from "./initializers";
import type { LinearLayerOptions } from "./types";

type Initializer = ReturnType<typeof tf.initializers.zeros>;
type Regularizer = ReturnType<typeof tf.regularizers.l2>;
type Shapes = tf.Shape | tf.Shape[];

/** Options of every tfjs layer, passed on as they are. */
const layerOptionNames = [
  "name",
  "trainable",
  "inputShape",
  "batchInputShape",
  "batchSize",
  "dtype",
  "inputDType",
  "weights",
] as const;

/** Options of the layers of this room; a layer adds its own. */
const optionNames = [
  "inputSize",
  "outputSize",
  "useBias",
  "activation",
  "kernelInitializer",
  "biasInitializer",
  "seed",
  "kernelRegularizer",
  "biasRegularizer",
  ...layerOptionNames,
] as const;

/** y = activation(x · C(w) + b), where C, the compression of the kernel, is what a layer adds.
 *  x (…, in) f32 → y (…, out) f32;  w (in, out) f32, as tfjs lays kernels out;  b (out) f32. */
export abstract class LinearLayer extends tf.layers.Layer {
  /** Inputs of each row. */
  readonly inputSize: number;
  /** Outputs of each row. */
  readonly outputSize: number;
  /** True where b is added. */
  protected readonly useBias: boolean;
  /** w (in, out); undefined until the layer is built. */
  protected kernel: tf.LayerVariable | undefined;
  /** b (out); undefined until the layer is built, and without one. */
  protected bias: tf.LayerVariable | undefined;
  private readonly activation: tf.layers.Layer | undefined;
  private readonly activationName: string | undefined;
  private readonly kernelInitializer: Initializer;
  private readonly biasInitializer: Initializer;
  private readonly kernelRegularizer: Regularizer | undefined;
  private readonly biasRegularizer: Regularizer | undefined;

  protected constructor(method: string, options: LinearLayerOptions, ownNames: readonly string[]) {
    // Loading a saved model adds `customObjects` to the options of each layer.
    checkOptionNames(method, options, [...optionNames, ...ownNames, "customObjects"]);
    const inputSize = checkNumber(method, "inputSize", options.inputSize, sizes);
    super(layerArguments(method, options, inputSize));
    this.inputSize = inputSize;
    this.outputSize = checkNumber(method, "outputSize", options.outputSize, sizes);
    this.useBias = options.useBias ?? true;
    const seed = options.seed ?? undefined;
    if (seed !== undefined) checkNumber(method, "seed", seed, { minimum: 0, maximum: 2 ** 32 - 1, integer: true });
    this.activationName = options.activation ?? undefined;
    this.activation = this.activationName ? toActivation(method, this.activationName, this.name) : undefined;
    this.kernelInitializer = toInitializer(
      method,
      "kernelInitializer",
      options.kernelInitializer ?? "glorotNormal",
      seed,
    );
    this.biasInitializer = toInitializer(method, "biasInitializer", options.biasInitializer ?? "zeros", seed);
    this.kernelRegularizer = toRegularizer(method, "kernelRegularizer", options.kernelRegularizer);
    this.biasRegularizer = toRegularizer(method, "biasRegularizer", options.biasRegularizer);
    this.supportsMasking = true;
    this.inputSpec = [{ minNDim: 2 }];
  }

  /** C(w): the kernel that inference uses, (in, out), through which gradients reach w. Called inside `tf.tidy`. */
  protected abstract compressedKernel(): tf.Tensor2D;

  override build(inputShape: Shapes): void {
    const size = lastAxis(inputShape);
    if (size !== this.inputSize)
      throw new OptionError(`${this.name}: inputs have ${String(size)} values each; inputSize is ${this.inputSize}`);
    if (this.kernel === undefined) {
      const shape = [this.inputSize, this.outputSize];
      this.kernel = this.addWeight("kernel", shape, "float32", this.kernelInitializer, this.kernelRegularizer, true);
      if (this.useBias)
        this.bias = this.addWeight(
          "bias",
          [this.outputSize],
          "float32",
          this.biasInitializer,
          this.biasRegularizer,
          true,
        );
    }
    this.inputSpec = [{ minNDim: 2, axes: { [-1]: this.inputSize } }];
    super.build(inputShape);
  }

  override computeOutputShape(inputShape: Shapes): Shapes {
    const shape = Array.isArray(inputShape[0]) ? inputShape[0] : (inputShape as tf.Shape);
    return [...shape.slice(0, -1), this.outputSize];
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>): tf.Tensor {
    return tf.tidy(() => {
      this.invokeCallHook(inputs, kwargs);
      const input = Array.isArray(inputs) ? inputs[0] : inputs;
      const rows = input.reshape([-1, this.inputSize]) as tf.Tensor2D; // (rows, in)
      let output: tf.Tensor = tf.matMul(rows, this.compressedKernel()); // (rows, out)
      if (this.bias) output = output.add(this.bias.read());
      output = output.reshape([...input.shape.slice(0, -1), this.outputSize]);
      return this.activation ? (this.activation.call(output, {}) as tf.Tensor) : output;
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return {
      ...super.getConfig(),
      inputSize: this.inputSize,
      outputSize: this.outputSize,
      useBias: this.useBias,
      activation: this.activationName ?? null,
      kernelInitializer: describe(this.kernelInitializer),
      biasInitializer: describe(this.biasInitializer),
      kernelRegularizer: describe(this.kernelRegularizer),
      biasRegularizer: describe(this.biasRegularizer),
    };
  }

  /** The trained kernel w, (in, out). Owned by the layer: not to be disposed. */
  protected readKernel(): tf.Tensor2D {
    if (this.kernel === undefined)
      throw new OptionError(
        `${this.name} has no weights yet: add it to a model, or call build([null, ${this.inputSize}])`,
      );
    return this.kernel.read() as tf.Tensor2D;
  }
}

const sizes = { minimum: 1, maximum: 2 ** 31 - 1, integer: true };

/** The options that `tf.layers.Layer` takes; the shape of one example is [inputSize] unless the caller names another. */
function layerArguments(method: string, options: LinearLayerOptions, inputSize: number): Record<string, unknown> {
  const named: Record<string, unknown> = { ...options };
  const passed = layerOptionNames.filter((name) => named[name] != null).map((name) => [name, named[name]]);
  const result: Record<string, unknown> = Object.fromEntries(passed);
  const shape = options.batchInputShape ?? options.inputShape;
  if (shape == null) result.inputShape = [inputSize];
  else if (shape[shape.length - 1] !== inputSize)
    throw new OptionError(`${method}(): the shape [${shape.join(", ")}] does not end in inputSize, ${inputSize}`);
  return result;
}

function toActivation(method: string, name: string, layer: string): tf.layers.Layer {
  try {
    // tf's own type lists the names; an unknown one throws.
    return tf.layers.activation({ activation: name as "relu", name: `${layer}/activation` });
  } catch {
    throw new OptionError(`${method}(): activation is ${JSON.stringify(name)}; tf.layers.activation does not know it`);
  }
}

function toRegularizer(method: string, option: string, given: object | undefined | null): Regularizer | undefined {
  return given == null ? undefined : toSerializable<Regularizer>(method, option, given, "apply");
}

function lastAxis(shape: Shapes): number | null {
  const first = Array.isArray(shape[0]) ? shape[0] : (shape as tf.Shape);
  return first[first.length - 1] ?? null;
}
