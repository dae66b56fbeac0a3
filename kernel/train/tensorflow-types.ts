/** Fills the global interface of types.ts with tfjs's own types, wherever a program includes this file. */
import type * as tensorflow from "@tensorflow/tfjs";

declare global {
  interface CodebookTensorflow {
    Layer: tensorflow.layers.Layer;
    Tensor: tensorflow.Tensor;
    Matrix: tensorflow.Tensor2D;
    module: typeof tensorflow;
  }
}
