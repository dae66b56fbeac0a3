import { pause, throwIfStopped } from "../../bytes/pause";
import { OptionError, SourceError } from "../../errors";
import { currentHost } from "../../host";
import { sizeOf, type DType } from "../../tensor/dtype";
import { parametersOf } from "../../tensor/tensor";
import type { ReadOptions, Shape, Tensor } from "../../tensor/tensor";
import { decodeValues } from "../values";
import { maxFrameBytes } from "./frames";
import type { Hdf5Process } from "./process";

/** What a tensor of an HDF5 file is made of. */
export interface Hdf5TensorParts {
  /** Whom to ask for the values. */
  readonly library: Hdf5Process;
  /** The array in the file. */
  readonly path: string;
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
}

/** An array of an HDF5 file; its values are read in blocks when they are asked for. */
export class Hdf5Tensor implements Tensor {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly parameters: number;
  readonly sizeBytes: number;
  readonly readsCopies = true;
  readonly #parts: Hdf5TensorParts;

  constructor(parts: Hdf5TensorParts) {
    this.#parts = parts;
    this.name = parts.name;
    this.shape = parts.shape;
    this.dtype = parts.dtype;
    this.parameters = parametersOf(parts.shape);
    this.sizeBytes = sizeOf(parts.dtype, this.parameters);
  }

  read(options: ReadOptions = {}): Promise<Float32Array> {
    return this.readRows(0, this.shape[0] ?? 1, options);
  }

  async readRows(from: number, to: number, options: ReadOptions = {}): Promise<Float32Array> {
    const values = this.allocate(Float32Array, this.rowsOf(from, to));
    await this.blocks(from, to, options, (bytes, at) => {
      const start = at / sizeOf(this.dtype, 1);
      decodeValues(bytes, this.dtype, values.subarray(start, start + bytes.length / sizeOf(this.dtype, 1)));
    });
    return values;
  }

  async readBytes(options: ReadOptions = {}): Promise<Uint8Array> {
    const target = this.allocate(Uint8Array, this.sizeBytes);
    await this.blocks(0, this.shape[0] ?? 1, options, (bytes, at) => target.set(bytes, at));
    return target;
  }

  /** The number of elements in those rows. */
  private rowsOf(from: number, to: number): number {
    const rows = this.shape[0] ?? 1;
    if (!(Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from <= to && to <= rows))
      throw new OptionError(`readRows(): rows ${from} to ${to} were asked for; ${this.name} has rows 0 to ${rows}`);
    return (to - from) * parametersOf(this.shape.slice(1));
  }

  private allocate<T>(Type: new (length: number) => T, length: number): T {
    try {
      return new Type(length);
    } catch (cause) {
      throw new SourceError(this.name, `${length} elements do not fit in one array on this machine`, { cause });
    }
  }

  private async blocks(
    from: number,
    to: number,
    options: ReadOptions,
    take: (bytes: Uint8Array<ArrayBuffer>, at: number) => void,
  ): Promise<void> {
    const signal = options.signal ?? currentHost().signal;
    const { library, path, shape, dtype } = this.#parts;
    let at = 0;
    for (const { start, count } of blocksOf(shape, from, to, maxFrameBytes / sizeOf(dtype, 1))) {
      throwIfStopped(signal, `reading ${this.name}`);
      const bytes = await library.values(path, start, count, signal);
      const expected = sizeOf(dtype, parametersOf(count));
      if (bytes.length !== expected)
        throw new SourceError(this.name, `HDF5's library gave ${bytes.length} bytes instead of ${expected}`);
      take(bytes as Uint8Array<ArrayBuffer>, at);
      at += bytes.length;
      await pause();
    }
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `Tensor ${this.name}: ${this.dtype} [${this.shape.join(", ")}], ${this.sizeBytes} bytes`;
  }
}

/** Positions [from, to) of the outermost dimension in blocks of at most `most` elements, in row-major order, each without gaps. */
export function* blocksOf(
  shape: Shape,
  from: number,
  to: number,
  most: number,
): Generator<{ readonly start: number[]; readonly count: number[] }> {
  if (shape.length === 0) {
    yield { start: [], count: [] };
    return;
  }
  const inner = parametersOf(shape.slice(1));
  if (from === to || inner === 0) return;
  if (inner <= most) {
    const rows = Math.max(1, Math.floor(most / inner));
    for (let row = from; row < to; row += rows)
      yield {
        start: [row, ...shape.slice(1).map(() => 0)],
        count: [Math.min(rows, to - row), ...shape.slice(1)],
      };
    return;
  }
  for (let row = from; row < to; row++)
    for (const { start, count } of blocksOf(shape.slice(1), 0, shape[1], most))
      yield { start: [row, ...start], count: [1, ...count] };
}
