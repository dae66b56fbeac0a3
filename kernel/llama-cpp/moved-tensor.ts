/** Tensors as GGUF has them: with their rows in another order, stacked, or transposed. */
import { UnsupportedError } from "../errors";
import { parametersOf, type Shape } from "../tensor/tensor";
import { ggmlTypes } from "../formats/gguf/types";
import type { SavedTensor } from "../formats/safetensors-writer";

/** A tensor under another name, its rows or some of them in another order, or of another shape with as many elements. */
export class MovedRows implements SavedTensor {
  readonly dtype: string;
  readonly sizeBytes: number;

  /** `order`: row r is row `order[r]` of the tensor. */
  constructor(
    private readonly tensor: SavedTensor,
    readonly name: string,
    private readonly order: Uint32Array | undefined,
    readonly shape: Shape = tensor.shape,
  ) {
    this.dtype = tensor.dtype;
    this.sizeBytes = order ? (tensor.sizeBytes / tensor.shape[0]) * order.length : tensor.sizeBytes;
  }

  async read(options?: { signal?: AbortSignal | undefined }): Promise<Float32Array> {
    return this.moved(await this.tensor.read(options));
  }

  async readBytes(options?: { signal?: AbortSignal | undefined }): Promise<Uint8Array> {
    return this.moved(await this.tensor.readBytes(options));
  }

  private moved<Values extends Float32Array | Uint8Array>(values: Values): Values {
    if (!this.order) return values;
    const width = values.length / this.tensor.shape[0];
    const result = values.slice(0, width * this.order.length) as Values;
    this.order.forEach((from, to) => result.set(values.subarray(from * width, (from + 1) * width), to * width));
    return result;
  }
}

/** Float32 values that are computed from those of other tensors when they are read. */
export class ComputedTensor implements SavedTensor {
  readonly dtype = "F32";
  readonly sizeBytes: number;

  constructor(
    readonly name: string,
    private readonly from: readonly SavedTensor[],
    readonly shape: Shape,
    private readonly compute: (values: readonly Float32Array[]) => Float32Array,
  ) {
    this.sizeBytes = 4 * parametersOf(shape);
  }

  async read(options?: { signal?: AbortSignal | undefined }): Promise<Float32Array> {
    return this.compute(await Promise.all(this.from.map((tensor) => tensor.read(options))));
  }

  async readBytes(options?: { signal?: AbortSignal | undefined }): Promise<Uint8Array> {
    const { buffer, byteOffset, byteLength } = await this.read(options);
    return new Uint8Array(buffer, byteOffset, byteLength);
  }
}

/** Where the elements of a part lie in a whole: element (i, j, …) at start + i · strides[0] + j · strides[1] + …. */
export interface Strides {
  readonly shape: Shape;
  readonly strides: readonly number[];
  readonly start?: number;
}

/** Elements of a tensor in another order, or some of them. `UnsupportedError` for a block type, whose blocks do not survive it. */
export class StridedPart implements SavedTensor {
  readonly shape: Shape;
  readonly dtype: string;
  readonly sizeBytes: number;

  constructor(
    private readonly tensor: SavedTensor,
    readonly name: string,
    private readonly places: Strides,
  ) {
    refuseBlocks(tensor);
    this.shape = places.shape;
    this.dtype = tensor.dtype;
    this.sizeBytes = (tensor.sizeBytes / parametersOf(tensor.shape)) * parametersOf(this.shape);
  }

  async read(options?: { signal?: AbortSignal | undefined }): Promise<Float32Array> {
    return this.picked(await this.tensor.read(options), new Float32Array(parametersOf(this.shape)), 1);
  }

  async readBytes(options?: { signal?: AbortSignal | undefined }): Promise<Uint8Array> {
    const bytes = await this.tensor.readBytes(options);
    return this.picked(bytes, new Uint8Array(this.sizeBytes), bytes.length / parametersOf(this.tensor.shape));
  }

  /** `width`: entries of the arrays for one element. */
  private picked<Values extends Float32Array | Uint8Array>(from: Values, to: Values, width: number): Values {
    const { shape, strides, start = 0 } = this.places;
    let at = 0;
    const copy = (axis: number, place: number): void => {
      for (let i = 0; i < shape[axis]; i++) {
        const next = place + i * strides[axis];
        if (axis + 1 < shape.length) copy(axis + 1, next);
        else for (let entry = 0; entry < width; entry++) to[at++] = from[next * width + entry];
      }
    };
    copy(0, start);
    return to;
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

/** Refuses a tensor whose elements cannot be moved one by one. */
function refuseBlocks({ name, dtype }: SavedTensor): void {
  if (blockTypes.has(dtype))
    throw new UnsupportedError(
      `saveGguf(): ${name} is stored (in, out) as ${dtype}; its blocks do not survive turning it: save the model as GGUF before, open that and quantize it, or write the values as floats, save("….gguf", { dtype: "F16" })`,
    );
}

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
    refuseBlocks(tensor);
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
