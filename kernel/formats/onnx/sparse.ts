/** Sparse tensors of ONNX: the numbers that are not 0, and their places. Source: onnx/onnx.proto, SparseTensorProto. */
import { pause, throwIfStopped } from "../../bytes/pause";
import { FormatError } from "../../errors";
import { currentHost } from "../../host";
import { parametersOf, type ReadOptions, type Shape, type Tensor } from "../../tensor/tensor";
import { FileTensor } from "../file-tensor";
import { memorySource } from "../../bytes/source";
import type { OnnxType } from "./types";

/** Numbers of a tensor that any file may ask for, however few of them it holds. */
const groundElements = 4 * 1024 * 1024;
/** Numbers for each one that is stored: a pruned layer keeps one of a thousand at the least. */
const perStored = 1024;
/** Numbers put in their places between two turns of the event loop. */
const sliceElements = 1 << 16;

/** Whether a tensor of that shape may be made of so few numbers. */
export function isDenseEnough(shape: Shape, stored: number): boolean {
  return parametersOf(shape) <= Math.max(groundElements, perStored * stored);
}

/** A sparse tensor as the dense one that it stands for; nothing of it is made before it is read. The places are numbers of row-major elements,
 *  (stored), or one number an axis, (stored, rank); they ascend. */
export class SparseTensor implements Tensor {
  readonly parameters: number;
  /** Bytes of the dense values. */
  readonly sizeBytes: number;
  readonly dtype: string;
  readonly readsCopies = true;

  constructor(
    private readonly file: string,
    readonly name: string,
    readonly shape: Shape,
    private readonly type: OnnxType,
    private readonly parts: { readonly values: Tensor; readonly places: Tensor; readonly at: number },
  ) {
    this.parameters = parametersOf(shape);
    this.dtype = type.dtype;
    this.sizeBytes = (this.parameters * type.bits) / 8;
  }

  async read(options: ReadOptions = {}): Promise<Float32Array> {
    const source = memorySource(await this.readBytes(options), this.file);
    return new FileTensor(source, this.name, this.shape, this.dtype, 0, this.sizeBytes).read(options);
  }

  /** The dense values in the type of the stored ones. `FormatError` for a place outside of the shape, or before the one before it. */
  async readBytes(options: ReadOptions = {}): Promise<Uint8Array> {
    const signal = options.signal ?? currentHost().signal;
    const { values, places, at } = this.parts;
    const stored = await values.readBytes({ signal });
    const list = new BigInt64Array(new Uint8Array(await places.readBytes({ signal })).buffer);
    const size = this.type.bits / 8;
    const rank = places.shape.length === 2 ? this.shape.length : 1;
    const dense = new Uint8Array(this.sizeBytes);
    let before = -1;
    for (let i = 0; i < values.parameters; i++) {
      const place = rank === 1 && places.shape.length < 2 ? Number(list[i]) : this.placeOf(list, i * rank);
      if (!(place > before && place < this.parameters))
        throw new FormatError(
          this.file,
          at,
          `number ${i} of the sparse tensor "${this.name}" is element ${place}`,
          `one from ${before + 1} to ${this.parameters - 1}: places ascend`,
        );
      dense.set(stored.subarray(i * size, (i + 1) * size), place * size);
      before = place;
      if (i % sliceElements === sliceElements - 1) {
        await pause();
        throwIfStopped(signal, `reading ${this.name}`);
      }
    }
    return dense;
  }

  /** The row-major number of the element with these coordinates; NaN where one is outside of its axis. */
  private placeOf(list: BigInt64Array, from: number): number {
    return this.shape.reduce((place, length, axis) => {
      const own = Number(list[from + axis]);
      return own >= 0 && own < length ? place * length + own : NaN;
    }, 0);
  }
}
