/** The public shapes of this room without tfjs's own declarations: those are 600 files, and a cell that imports "codebook" would
 *  pay 0.5 to 0.8 s for them even when it trains nothing. Where a program includes kernel/train/index.ts too, `CodebookTensorflow`
 *  says what a tfjs layer is, and `QuantizedLinear` *is* a `tf.layers.Layer` to the compiler. Where it does not, a layer made in
 *  the place where tfjs wants one (`model.add(new QuantizedLinear(4, 8, 3))`) takes its type from that place. */
import type { Progress } from "../host";
import type { DType } from "../tensor/dtype";
import type { Shape } from "../tensor/tensor";

declare global {
  /** Filled by tensorflow-types.ts with tfjs's types; empty as long as nobody asked for them. */
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type
  interface CodebookTensorflow {}
}

/** `tf.layers.Layer` where tfjs's declarations are loaded, else nothing more than our own members. */
export type TensorflowLayer = CodebookTensorflow extends { Layer: infer L } ? L : unknown;
/** The module `@tensorflow/tfjs` where its declarations are loaded. */
export type TensorflowModule = CodebookTensorflow extends { module: infer M } ? M : unknown;
/** `tf.Tensor2D` where tfjs's declarations are loaded, else the members that are needed to read one. */
export type TensorflowMatrix = CodebookTensorflow extends { Matrix: infer T } ? T : TensorLike;

/** `tf.Tensor` where tfjs's declarations are loaded. */
export type TensorflowTensor = CodebookTensorflow extends { Tensor: infer T } ? T : TensorLike;

/** What the conversions need of a tf.Tensor. */
export interface TensorLike {
  /** Dimensions, outermost first. */
  readonly shape: number[];
  /** tfjs's name of the type: "float32". */
  readonly dtype: string;
  /** The values, copied from the backend. */
  data(): Promise<unknown>;
  /** Frees the values. */
  dispose(): void;
}

/** What runs tfjs's operations: the native library, WebAssembly, or plain JavaScript. */
export type BackendName = "tensorflow" | "wasm" | "cpu";

/** Options of `tfBackend()`. */
export interface BackendOptions {
  /** The backend to take, or those to try in this order. Default: "tensorflow", "wasm", "cpu". */
  readonly prefer?: BackendName | readonly BackendName[];
}

/** What runs tfjs's operations, and how. */
export interface Backend {
  /** The backend that was taken. */
  readonly name: BackendName;
  /** The module `@tensorflow/tfjs` with this backend set. */
  readonly tf: TensorflowModule;
  /** Backends that were tried before this one, and why each could not be had. */
  readonly skipped: readonly {
    /** The backend that could not be had. */
    readonly name: BackendName;
    /** A sentence. */
    readonly reason: string;
  }[];
  /** Operations that this backend lacks and that run in plain JavaScript on its behalf (slower, same results). */
  readonly delegated: readonly string[];
}

/** Options that both layers share; all but the sizes are optional. A name, `inputShape` and the other options of a tfjs layer too. */
export interface LinearLayerOptions {
  /** Inputs of each row, a whole number ≥ 1. */
  readonly inputSize: number;
  /** Outputs of each row, a whole number ≥ 1. */
  readonly outputSize: number;
  /** Adds a trained vector of `outputSize`, never compressed. Default: true. */
  readonly useBias?: boolean;
  /** A name that `tf.layers.activation` takes, such as "relu" or "softmax". Default: none. */
  readonly activation?: string;
  /** A name such as "glorotNormal" or an initializer of tfjs. Default: "glorotNormal". */
  readonly kernelInitializer?: string | object;
  /** Default: "zeros". */
  readonly biasInitializer?: string | object;
  /** Seed of initializers given by name: the same seed gives the same first weights. Default: not seeded. */
  readonly seed?: number;
  /** A regularizer of tfjs on the trained kernel, such as `tf.regularizers.l2()`. */
  readonly kernelRegularizer?: object;
  /** A regularizer of tfjs on the bias. Default: none. */
  readonly biasRegularizer?: object;
  /** The layer's name in its model. Default: one that tfjs makes up. */
  readonly name?: string;
  /** Whether training changes the layer. Default: true. */
  readonly trainable?: boolean;
  /** Shape of one example where it is not [inputSize], such as [time, inputSize]. */
  readonly inputShape?: readonly (number | null)[];
  /** Shape of a batch, its size first, null where it may vary; instead of `inputShape`. */
  readonly batchInputShape?: readonly (number | null)[];
  /** Examples in a batch, beside `inputShape`. Default: any number. */
  readonly batchSize?: number;
  /** Type of the weights. */
  readonly dtype?: "float32";
  /** Type of the inputs. */
  readonly inputDType?: "float32";
  /** First values: [kernel (in, out), bias (out)], and the mask (in, out) of a `PrunedLinear`. */
  readonly weights?: readonly TensorLike[];
}

/** Options of `new QuantizedLinear(…)`. */
export interface QuantizedLinearOptions extends LinearLayerOptions {
  /** Bits of each weight, a whole number from 1 to 8. */
  readonly bits: number;
  /** What shares a scale: the weights of one output ("channel"), or all of them ("tensor"). Default: "channel". */
  readonly per?: "channel" | "tensor";
}

/** Options of `new PrunedLinear(…)`. */
export interface PrunedLinearOptions extends LinearLayerOptions {
  /** Share of the weights that are zero, from 0 to 1: exactly round(pruningRate · inputSize · outputSize) of them. */
  readonly pruningRate: number;
}

/** What `QuantizedLinear` adds to a tfjs layer. */
export interface QuantizedLinearMembers {
  /** Inputs of each row. */
  readonly inputSize: number;
  /** Outputs of each row. */
  readonly outputSize: number;
  /** Bits of each weight, 1–8. */
  readonly bits: number;
  /** What shares a scale. */
  readonly per: "channel" | "tensor";
  /** The weights that inference uses, w′ = Q(w), (in, out): a new tf.Tensor that the caller disposes. */
  quantizedKernel(): TensorflowMatrix;
}

/** What `PrunedLinear` adds to a tfjs layer. */
export interface PrunedLinearMembers {
  /** Inputs of each row. */
  readonly inputSize: number;
  /** Outputs of each row. */
  readonly outputSize: number;
  /** Share of the weights that are zero, 0–1. */
  readonly pruningRate: number;
  /** The weights that inference uses, mask ⊙ w, (in, out): a new tf.Tensor that the caller disposes. */
  prunedKernel(): TensorflowMatrix;
  /** Draws the mask anew from the weights as they are now; with a rate, at that rate from now on. */
  prune(pruningRate?: number): void;
}

/** The class `QuantizedLinear`, in the two ways of calling it. */
export interface QuantizedLinearConstructor {
  /** The name under which tfjs saves and loads it. */
  readonly className: string;
  new <L = TensorflowLayer>(inputSize: number, outputSize: number, bits: number): QuantizedLinearMembers & L;
  new <L = TensorflowLayer>(options: QuantizedLinearOptions): QuantizedLinearMembers & L;
}

/** The class `PrunedLinear`, in the two ways of calling it. */
export interface PrunedLinearConstructor {
  /** The name under which tfjs saves and loads it. */
  readonly className: string;
  new <L = TensorflowLayer>(inputSize: number, outputSize: number, pruningRate: number): PrunedLinearMembers & L;
  new <L = TensorflowLayer>(options: PrunedLinearOptions): PrunedLinearMembers & L;
}

/** How the axes of a tf tensor become those of ours. "kernel": tfjs's (…, in, out) and our (out, in, …), for two axes and more;
 *  "plain": as they are. */
export type AxisLayout = "kernel" | "plain";

/** Options of `toTensor()`. */
export interface ConversionOptions {
  /** How the axes are turned. Default: "kernel". */
  readonly layout?: AxisLayout;
}

/** Values with their shape: one of our tensors when read. */
export interface PlainValues {
  /** float32 values, row-major. */
  readonly values: Float32Array;
  /** Dimensions, outermost first. */
  readonly shape: Shape;
}

/** Options of `fromTensor()`. */
export interface FromTensorOptions extends ConversionOptions {
  /** Default: the tf tensor's own name when it is a variable, else "tensor". */
  readonly name?: string;
}

/** The types that a tf tensor can become. */
export type ConvertibleDType = Extract<DType, "F32" | "I32" | "BOOL">;

/** Options of `interruptible()`. */
export interface InterruptibleOptions {
  /** Stops training. Default: the signal of the running cell (the interrupt button). */
  readonly signal?: AbortSignal;
  /** Called after each batch. Default: the progress line of the running cell. */
  readonly onProgress?: (progress: Progress) => void;
}

/** A callback for `fit`, in the shape that tfjs takes. */
export interface FitCallback {
  /** tfjs's own fields: set by `fit`, of no use to a caller. */
  validationData: never;
  /** tfjs's own field. */
  params: never;
  /** Called by `fit` with its settings. */
  setParams(params: object): void;
  /** Called by `fit` with the model. */
  setModel(model: object): void;
  /** Called by `fit` before each epoch, counted from 0. */
  onEpochBegin(epoch: number, logs?: object): Promise<void>;
  /** Called by `fit` after each epoch, with its losses. */
  onEpochEnd(epoch: number, logs?: object): Promise<void>;
  /** Called by `fit` before each batch. */
  onBatchBegin(batch: number, logs?: object): Promise<void>;
  /** Called by `fit` after each batch: reports the progress and, once the signal is aborted, lets training end. */
  onBatchEnd(batch: number, logs?: object): Promise<void>;
  /** Called by `fit` once, before the first epoch. */
  onTrainBegin(logs?: object): Promise<void>;
  /** Called by `fit` once, at the end; throws `CancelledError` where the signal is aborted. */
  onTrainEnd(logs?: object): Promise<void>;
}

/** Where a model is saved to and loaded from, in the shape that tfjs takes (`tf.io.IOHandler`). */
export interface ModelStore {
  /** Writes what `model.save` gives; tells when and in what form. */
  save(artifacts: object): Promise<{
    /** What tfjs tells of what was written. */
    modelArtifactsInfo: {
      /** When. */
      dateSaved: Date;
      /** In what form the topology is. */
      modelTopologyType: "JSON" | "GraphDef";
    };
  }>;
  /** Reads what `tf.loadLayersModel` takes. */
  load(): Promise<{
    /** The form of the topology, as model.json names it. */
    format?: string;
  }>;
}
