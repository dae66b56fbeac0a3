/** Tensors as GGUF has them: with their rows in another order, stacked, or transposed. */
import { UnsupportedError } from "../errors";
import { parametersOf, type Shape } from "../tensor/tensor";
import { ggmlTypes } from "../formats/gguf/types";
import type { SavedTensor } from "../formats/safetensors-writer";

/** A tensor under another name, its rows in another order, or of another shape with as many elements. */
export class MovedRows implements SavedTensor {
  readonly dtype: string;
  readonly sizeBytes: number;

  constructor(
    private readonly tensor: SavedTensor,
    readonly name: string,
    private readonly order: Uint32Array | undefined,
    readonly shape: Shape = tensor.shape,
  ) {
    ({ dtype: this.dtype, sizeBytes: this.sizeBytes } = tensor);
  }

  async read(options?: { signal?: AbortSignal | undefined }): Promise<Float32Array> {
    return this.moved(await this.tensor.read(options));
  }

  async readBytes(options?: { signal?: AbortSignal | undefined }): Promise<Uint8Array> {
    return this.moved(await this.tensor.readBytes(options));
  }

  private moved<Values extends Float32Array | Uint8Array>(values: Values): Values {
    if (!this.order) return values;
    const width = values.length / this.order.length;
    const result = values.slice() as Values;
    this.order.forEach((from, to) => result.set(values.subarray(from * width, (from + 1) * width), to * width));
    return result;
  }
}

/** Tensors of equal shape as one, with their number as its first dimension. */
export class StackedTensor implements SavedTensor {
  readonly shape: Shape;
  /** The type of the parts; where they differ, "Q4_K and F16", which no writer takes. Their values can still be read. */
  readonly dtype: string;
  readonly sizeBytes: number;

  constructor(
    readonly name: string,
    private readonly parts: readonly SavedTensor[],
  ) {
    this.shape = [parts.length, ...parts[0].shape];
    this.dtype = [...new Set(parts.map(({ dtype }) => dtype))].join(" and ");
    this.sizeBytes = parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  async read(options?: { signal?: AbortSignal | undefined }): Promise<Float32Array> {
    const result = new Float32Array(parametersOf(this.shape));
    const each = result.length / this.parts.length;
    for (const [i, part] of this.parts.entries()) result.set(await part.read(options), i * each);
    return result;
  }

  async readBytes(options?: { signal?: AbortSignal | undefined }): Promise<Uint8Array> {
    const result = new Uint8Array(this.sizeBytes);
    let at = 0;
    for (const part of this.parts) {
      result.set(await part.readBytes(options), at);
      at += part.sizeBytes;
    }
    return result;
  }
}

/** A matrix (in, out) that is at hand as (out, in) too, in a form that its own bytes do not give: as the blocks of its rows. */
export interface TurnableTensor extends SavedTensor {
  /** The same weights (out, in). */
  readonly turned: SavedTensor;
}

/** A matrix (in, out) as (out, in) under another name: as it is at hand, else turned when it is read. Errors as of `TurnedTensor`. */
export function turnedMatrix(tensor: SavedTensor, name: string): SavedTensor {
  return isTurnable(tensor) ? new MovedRows(tensor.turned, name, undefined) : new TurnedTensor(tensor, name);
}

/** Whether a tensor is at hand both ways. */
export function isTurnable(tensor: SavedTensor): tensor is TurnableTensor {
  return "turned" in tensor && tensor.turned !== undefined;
}

const blockTypes = new Set([...ggmlTypes.values()].filter((type) => type.blockElements > 1).map(({ name }) => name));

/** A matrix (in, out) as (out, in). `UnsupportedError` for a block type, whose blocks a transposition breaks up. */
export class TurnedTensor implements SavedTensor {
  readonly shape: Shape;
  readonly dtype: string;
  readonly sizeBytes: number;

  constructor(
    private readonly tensor: SavedTensor,
    readonly name: string,
  ) {
    const [inputs, outputs] = tensor.shape;
    this.shape = [outputs, inputs];
    ({ dtype: this.dtype, sizeBytes: this.sizeBytes } = tensor);
    if (blockTypes.has(tensor.dtype))
      throw new UnsupportedError(
        `saveGguf(): ${tensor.name} is stored (in, out) as ${tensor.dtype}; its blocks do not survive turning it: save the model as GGUF before, open that and quantize it, or write the values as floats, save("….gguf", { dtype: "F16" })`,
      );
  }

  async read(options?: { signal?: AbortSignal | undefined }): Promise<Float32Array> {
    const values = await this.tensor.read(options);
    return turned(values, new Float32Array(values.length), this.shape);
  }

  async readBytes(options?: { signal?: AbortSignal | undefined }): Promise<Uint8Array> {
    const bytes = await this.tensor.readBytes(options);
    const width = bytes.length / parametersOf(this.shape);
    const own = bytes.slice();
    if (width === 4) turned(new Uint32Array(bytes.slice().buffer), new Uint32Array(own.buffer), this.shape);
    else turned(new Uint16Array(bytes.slice().buffer), new Uint16Array(own.buffer), this.shape);
    return own;
  }
}

function turned<Values extends Float32Array | Uint32Array | Uint16Array>(
  from: Values,
  to: Values,
  [rows, columns]: Shape,
): Values {
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) to[r * columns + c] = from[c * rows + r];
  return to;
}
