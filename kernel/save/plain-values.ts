import type { SavedTensor } from "../formats/safetensors-writer";
import type { CompressedTensor } from "../layer/layer-tensor";
import { layoutOf } from "../tensor/layout";
import type { ReadOptions, Shape, Tensor } from "../tensor/tensor";
import type { StoredOutline } from "../stored/outline";

/** A compressed tensor as its values w′, float32, in the tensor's own order: for a writer whose engine wants its codes another way. */
export class PlainValues implements SavedTensor {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype = "F32";
  readonly sizeBytes: number;

  /** `turned`: the codes of a matrix (in, out) as the engine holds a matrix (out, in), where there is such a form. */
  constructor(
    private readonly tensor: CompressedTensor,
    readonly turned?: SavedTensor,
  ) {
    this.name = tensor.name;
    this.shape = tensor.shape;
    this.sizeBytes = 4 * tensor.parameters;
  }

  read(options?: ReadOptions): Promise<Float32Array> {
    return this.tensor.read(options);
  }

  readBytes(options?: ReadOptions): Promise<Uint8Array> {
    return this.tensor.readBytes(options);
  }
}

/** A tensor of 16-bit floats as float32, which holds the same values: for an engine that computes in float32 and does not turn it. */
export class WidenedValues implements SavedTensor {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype = "F32";
  readonly sizeBytes: number;

  constructor(private readonly tensor: Tensor) {
    this.name = tensor.name;
    this.shape = tensor.shape;
    this.sizeBytes = 4 * tensor.parameters;
  }

  read(options?: ReadOptions): Promise<Float32Array> {
    return this.tensor.read(options);
  }

  async readBytes(options?: ReadOptions): Promise<Uint8Array> {
    const { buffer, byteOffset, byteLength } = await this.tensor.read(options);
    return new Uint8Array(buffer, byteOffset, byteLength);
  }
}

/** Whether the codes of a stored tensor follow another order than its own: those of a matrix (in, out) are codes of (out, in). */
export function isTurned({ shape, axes }: Pick<StoredOutline, "shape" | "axes">): boolean {
  return layoutOf(shape, axes).order !== undefined;
}
