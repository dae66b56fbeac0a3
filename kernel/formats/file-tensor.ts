import type { FileRange } from "../bytes/file-range";
import type { ByteSource } from "../bytes/source";
import { OptionError, UnsupportedError } from "../errors";
import { currentHost } from "../host";
import { parametersOf } from "../tensor/tensor";
import type { ReadOptions, Shape, Tensor } from "../tensor/tensor";
import { isReadable, readValues } from "./values";

/** A tensor whose bytes lie in one range of a source. Nothing is read until it is asked for. */
export class FileTensor implements Tensor {
  readonly parameters: number;
  readonly readsCopies = true;

  /** `start` is the tensor's first byte in `source`; `sizeBytes` was checked against the shape and the type. */
  constructor(
    private readonly source: ByteSource,
    readonly name: string,
    readonly shape: Shape,
    readonly dtype: string,
    readonly start: number,
    readonly sizeBytes: number,
  ) {
    this.parameters = parametersOf(shape);
  }

  async read(options: ReadOptions = {}): Promise<Float32Array> {
    if (!isReadable(this.dtype))
      throw new UnsupportedError(
        `${this.name}: values of type ${this.dtype} are not decoded here; readBytes() gives the ${this.sizeBytes} bytes as stored`,
      );
    return readValues(this.source, this.start, this.dtype, this.parameters, options.signal ?? currentHost().signal);
  }

  async readBytes(options: ReadOptions = {}): Promise<Uint8Array> {
    return this.source.read(this.start, this.start + this.sizeBytes, options.signal ?? currentHost().signal);
  }

  async readByteRange(start: number, end: number, options: ReadOptions = {}): Promise<Uint8Array> {
    if (!(start >= 0 && start <= end && end <= this.sizeBytes))
      throw new OptionError(
        `readByteRange(): bytes ${start} to ${end} were asked for; ${this.name} has bytes 0 to ${this.sizeBytes}`,
      );
    return this.source.read(this.start + start, this.start + end, options.signal ?? currentHost().signal);
  }

  fileRange(): FileRange | undefined {
    return this.source.rangeOf?.(this.start, this.start + this.sizeBytes);
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `Tensor ${this.name}: ${this.dtype} [${this.shape.join(", ")}], ${this.sizeBytes} bytes`;
  }
}
