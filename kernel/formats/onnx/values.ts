import type { FileRange } from "../../bytes/file-range";
import { memorySource } from "../../bytes/source";
import type { ByteSource } from "../../bytes/source";
import { e2m1Values } from "../../bytes/small-float";
import { FormatError } from "../../errors";
import { currentHost } from "../../host";
import type { ReadOptions, Shape, Tensor } from "../../tensor/tensor";
import { parametersOf } from "../../tensor/tensor";
import { FileTensor } from "../file-tensor";
import type { OnnxType } from "./types";
import type { Range } from "./wire";

/** Tensors whose values lie otherwise than as an array of whole bytes. */

/** Bytes that values of fewer than 8 bits take together, too. */
export const bytesOf = ({ bits }: OnnxType, elements: number): number => Math.ceil((elements * bits) / 8);

/** Numbers of 2 or 4 bits, the first of a byte in its lowest bits: I2, I4 (two's complement), U2, U4, F4 (E2M1). */
export class SmallNumbers implements Tensor {
  readonly parameters: number;
  readonly sizeBytes: number;
  readonly dtype: string;
  readonly readsCopies = true;

  constructor(
    private readonly source: ByteSource,
    readonly name: string,
    readonly shape: Shape,
    private readonly type: OnnxType,
    private readonly start: number,
  ) {
    this.parameters = parametersOf(shape);
    this.sizeBytes = bytesOf(type, this.parameters);
    this.dtype = type.dtype;
  }

  async read(options: ReadOptions = {}): Promise<Float32Array> {
    const bytes = await this.readBytes(options);
    const { bits, dtype } = this.type;
    const inByte = 8 / bits;
    const signed = dtype.startsWith("I") ? 1 << (bits - 1) : 0;
    const values = new Float32Array(this.parameters);
    for (let i = 0; i < values.length; i++) {
      const code = (bytes[Math.floor(i / inByte)] >> (bits * (i % inByte))) & ((1 << bits) - 1);
      values[i] = dtype === "F4" ? e2m1Values[code] : (code ^ signed) - signed;
    }
    return values;
  }

  readBytes(options: ReadOptions = {}): Promise<Uint8Array> {
    return this.source.read(this.start, this.start + this.sizeBytes, options.signal ?? currentHost().signal);
  }

  fileRange(): FileRange | undefined {
    return undefined;
  }
}

/** Values in fields of their own (`int32_data` and its kin), each a varint or a float; turned into the type's bytes when they are read. */
export class FieldNumbers implements Tensor {
  readonly parameters: number;
  readonly sizeBytes: number;
  readonly dtype: string;
  readonly readsCopies = true;

  constructor(
    private readonly source: ByteSource,
    readonly name: string,
    readonly shape: Shape,
    private readonly type: OnnxType,
    /** The fields, in their order: bytes of packed numbers, or of one. */
    private readonly pieces: readonly Range[],
  ) {
    this.parameters = parametersOf(shape);
    this.sizeBytes = bytesOf(type, this.parameters);
    this.dtype = type.dtype;
  }

  async read(options: ReadOptions = {}): Promise<Float32Array> {
    const source = memorySource(await this.readBytes(options), this.source.name);
    const tensor =
      this.type.bits < 8
        ? new SmallNumbers(source, this.name, this.shape, this.type, 0)
        : new FileTensor(source, this.name, this.shape, this.dtype, 0, this.sizeBytes);
    return tensor.read(options);
  }

  async readBytes(options: ReadOptions = {}): Promise<Uint8Array> {
    const signal = options.signal ?? currentHost().signal;
    const pieces = [];
    for (const { start, end } of this.pieces) pieces.push(await this.source.read(start, end, signal));
    const [{ start } = { start: 0 }] = this.pieces;
    const fields = Buffer.concat(pieces);
    const isFloat = this.type.field === 4 || this.type.field === 10;
    const bytes = isFloat ? new Uint8Array(fields) : this.fromVarints(fields, start);
    if (bytes.length !== this.sizeBytes)
      throw new FormatError(
        this.source.name,
        start,
        `${this.name} has ${bytes.length} bytes`,
        `${this.sizeBytes}, for its shape and type`,
      );
    return bytes;
  }

  /** Of each number the lowest bytes; numbers of fewer than 8 bits share one. */
  private fromVarints(fields: Uint8Array, at: number): Uint8Array {
    const width = Math.max(1, this.type.bits / 8);
    const bytes = new Uint8Array(this.sizeBytes);
    let to = 0;
    for (let from = 0; from < fields.length; to += width) {
      let low = 0;
      let high = 0;
      let shift = 0;
      for (let more = true; more; shift += 7) {
        if (from === fields.length || shift > 63)
          throw new FormatError(this.source.name, at, `a number of ${this.name} has no end`, "at most 10 bytes");
        const byte = fields[from++];
        more = byte >= 128;
        if (shift < 28) low |= (byte & 127) << shift;
        else if (shift === 28) {
          low |= (byte & 127) << 28;
          high = (byte & 127) >> 4;
        } else high |= (byte & 127) << (shift - 32);
      }
      for (let i = 0; i < width; i++)
        if (to + i < bytes.length) bytes[to + i] = (i < 4 ? low >>> (8 * i) : high >>> (8 * (i - 4))) & 255;
    }
    if (to !== bytes.length)
      throw new FormatError(
        this.source.name,
        at,
        `${this.name} has ${to / width} numbers`,
        `${bytes.length / width}, for its shape`,
      );
    return bytes;
  }
}
