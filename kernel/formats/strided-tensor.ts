import { pause, throwIfStopped } from "../bytes/pause";
import { memorySource } from "../bytes/source";
import type { ByteSource } from "../bytes/source";
import { currentHost } from "../host";
import { dtypes } from "../tensor/dtype";
import type { DType } from "../tensor/dtype";
import { parametersOf } from "../tensor/tensor";
import type { ReadOptions, Shape, Tensor } from "../tensor/tensor";
import { FileTensor } from "./file-tensor";

/** Elements copied between two turns of the event loop. */
const sliceElements = 1 << 18;

/** A tensor whose element [i, j, …] lies at i·strides[0] + j·strides[1] + … elements behind `start`: a transposed or a sliced array. It
 *  reads, and gives its bytes, row-major. */
export class StridedTensor implements Tensor {
  readonly parameters: number;
  readonly sizeBytes: number;

  constructor(
    private readonly source: ByteSource,
    readonly name: string,
    readonly shape: Shape,
    readonly dtype: DType,
    private readonly start: number,
    private readonly strides: readonly number[],
  ) {
    this.parameters = parametersOf(shape);
    this.sizeBytes = this.parameters * dtypes[dtype].blockBytes;
  }

  async read(options: ReadOptions = {}): Promise<Float32Array> {
    const bytes = await this.readBytes(options);
    return new FileTensor(memorySource(bytes), this.name, this.shape, this.dtype, 0, bytes.length).read(options);
  }

  async readBytes(options: ReadOptions = {}): Promise<Uint8Array> {
    const signal = options.signal ?? currentHost().signal;
    const size = dtypes[this.dtype].blockBytes;
    const bytes = new Uint8Array(this.sizeBytes);
    if (bytes.length === 0) return bytes;
    const span = this.shape.reduce((sum, length, axis) => sum + (length - 1) * this.strides[axis], 1);
    const all = await this.source.read(this.start, this.start + span * size, signal);
    const index = this.shape.map(() => 0);
    for (let to = 0, from = 0; to < this.parameters; to++) {
      for (let b = 0; b < size; b++) bytes[to * size + b] = all[from * size + b];
      for (let axis = index.length - 1; axis >= 0; axis--) {
        from += this.strides[axis];
        if (++index[axis] < this.shape[axis]) break;
        from -= index[axis] * this.strides[axis];
        index[axis] = 0;
      }
      if (to % sliceElements === sliceElements - 1) {
        await pause();
        throwIfStopped(signal, `reading ${this.name}`);
      }
    }
    return bytes;
  }
}

/** Strides of a row-major array. */
export function rowMajorStrides(shape: Shape): number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1] * shape[axis + 1];
  return strides;
}

/** True where elements lie one behind the other, row-major. */
export function isRowMajor(shape: Shape, strides: readonly number[]): boolean {
  const plain = rowMajorStrides(shape);
  return parametersOf(shape) < 2 || strides.every((stride, axis) => shape[axis] === 1 || stride === plain[axis]);
}

/** The tensor of these strides; a plain one where they are row-major. */
export function tensorOf(
  source: ByteSource,
  name: string,
  shape: Shape,
  dtype: DType,
  start: number,
  strides: readonly number[],
): Tensor {
  const size = parametersOf(shape) * dtypes[dtype].blockBytes;
  return isRowMajor(shape, strides)
    ? new FileTensor(source, name, shape, dtype, start, size)
    : new StridedTensor(source, name, shape, dtype, start, strides);
}
