import { float16FromBits, bfloat16FromBits } from "../bytes/half-float";
import { pause, throwIfStopped } from "../bytes/pause";
import { FormatError } from "../errors";
import { currentHost } from "../host";
import type { ReadOptions, Shape, StoredPart, Tensor } from "../tensor/tensor";

/** Values multiplied between two turns of the event loop. */
const sliceElements = 1 << 20;

/** The types that a masked weight may have. */
export const maskedTypes: readonly string[] = ["F32", "F16", "BF16", "F64"];

/** What torch.nn.utils.prune keeps as `NAME_orig` and `NAME_mask`: w = orig · mask, elementwise, which is what the layer computes with. The mask
 *  holds zeros and ones, (out, in) as the weight has them, so that the product is exact in every type: w, or a zero with the sign of w. */
export class MaskedTensor implements Tensor {
  readonly shape: Shape;
  readonly dtype: string;
  readonly parameters: number;
  readonly sizeBytes: number;
  readonly scheme = "torch prune mask";
  readonly stored: readonly StoredPart[];
  readonly readsCopies = true;

  constructor(
    readonly name: string,
    private readonly original: Tensor,
    private readonly mask: Tensor,
  ) {
    ({ shape: this.shape, dtype: this.dtype, parameters: this.parameters, sizeBytes: this.sizeBytes } = original);
    this.stored = [original, mask].map((part) => {
      const { name: partName, shape, dtype, sizeBytes } = part;
      return { name: partName, shape, dtype, sizeBytes };
    });
  }

  /** The product. `FormatError` where the mask holds another number than 0 and 1. */
  async read(options: ReadOptions = {}): Promise<Float32Array> {
    const signal = options.signal ?? currentHost().signal;
    const values = Float32Array.from(await this.original.read(options));
    const mask = await this.mask.read(options);
    for (let from = 0; from < values.length; from += sliceElements) {
      const to = Math.min(values.length, from + sliceElements);
      for (let i = from; i < to; i++) {
        if (mask[i] !== 0 && mask[i] !== 1)
          throw new FormatError(this.mask.name, i, `value ${i} of the mask is ${mask[i]}`, "0 or 1");
        values[i] *= mask[i];
      }
      await pause();
      throwIfStopped(signal, `reading ${this.name}`);
    }
    return values;
  }

  /** The bytes of the product in the weight's type. */
  async readBytes(options: ReadOptions = {}): Promise<Uint8Array> {
    const values = await this.read(options);
    if (this.dtype === "F64") {
      const wide = new Float64Array(new Uint8Array(await this.original.readBytes(options)).buffer);
      const mask = await this.mask.read(options);
      return new Uint8Array(wide.map((value, i) => value * mask[i]).buffer);
    }
    if (this.dtype === "F32") return new Uint8Array(values.buffer);
    const bits = new Uint32Array(values.buffer);
    const toHalf = this.dtype === "F16" ? float16FromBits : bfloat16FromBits;
    return new Uint8Array(Uint16Array.from(bits, toHalf).buffer);
  }
}
