import type { ByteSource } from "../../bytes/source";
import { FormatError } from "../../errors";
import type { Tensor } from "../../tensor/tensor";
import { FileTensor } from "../file-tensor";
import { quote } from "../json-reader";
import type { Siblings } from "../siblings";
import { isPlainPath } from "../siblings";
import type { TensorMessage } from "./messages";
import { onnxTypes } from "./types";
import type { OnnxType } from "./types";
import { isDenseEnough, SparseTensor } from "./sparse";
import { bytesOf, FieldNumbers, SmallNumbers } from "./values";

/** Makes tensors of messages; their bytes lie in the model's file or, by name and place, in others beside it. */
export class TensorMaker {
  private readonly files = new Map<string, Promise<ByteSource>>();

  constructor(
    private readonly source: ByteSource,
    private readonly siblings: Siblings,
  ) {}

  /** The files beside the model's that hold values, in the order in which they were met. */
  async sources(): Promise<ByteSource[]> {
    return Promise.all(this.files.values());
  }

  /** The tensor under that name, its values unread; `undefined` for a type that has none to read. */
  async tensor(message: TensorMessage, name: string): Promise<Tensor | undefined> {
    const { at, shape, raw, pieces, external } = message;
    const type = onnxTypes.get(message.type);
    if (!type) return undefined;
    let elements = 1;
    for (const size of shape) {
      elements *= size;
      if (!Number.isSafeInteger(elements * 16))
        this.fail(at, `${quote(name)} has the shape [${shape.join(", ")}]`, "at most 2^49 numbers");
    }
    if (message.sparse) return this.sparse(message, message.sparse, name, type);
    const sizeBytes = bytesOf(type, elements);
    const frozen = Object.freeze([...shape]);
    const place = external ? await this.external(external, sizeBytes, at, name) : undefined;
    if (place) return lying(place.source, name, frozen, type, place.start, sizeBytes);
    if (raw) {
      if (raw.end - raw.start !== sizeBytes)
        this.fail(
          raw.start,
          `${quote(name)} has ${raw.end - raw.start} bytes`,
          `${sizeBytes}, for ${type.dtype} [${shape.join(", ")}]`,
        );
      return lying(this.source, name, frozen, type, raw.start, sizeBytes);
    }
    const own = pieces.get(type.field) ?? [];
    const stored = own.reduce((sum, { start, end }) => sum + end - start, 0);
    const isFloat = type.field === 4 || type.field === 10;
    const [least, most] = isFloat ? [sizeBytes, sizeBytes] : [sizeBytes / Math.max(1, type.bits / 8), Infinity];
    if (stored < least || stored > most)
      this.fail(
        at,
        `${quote(name)} has ${stored} bytes of values`,
        `${least}${isFloat ? "" : " at least"}, for ${type.dtype} [${shape.join(", ")}]`,
      );
    if (isFloat && own.length === 1) return lying(this.source, name, frozen, type, own[0].start, sizeBytes);
    return new FieldNumbers(this.source, name, frozen, type, own);
  }

  /** `undefined` where the dense tensor is of numbers within bytes, or would have too many numbers for those that are stored. */
  private async sparse(
    { at, shape }: TensorMessage,
    parts: NonNullable<TensorMessage["sparse"]>,
    name: string,
    type: OnnxType,
  ): Promise<Tensor | undefined> {
    const values = await this.tensor(parts.values, name);
    const places = await this.tensor(parts.places, `the places of ${name}`);
    if (!values || places?.dtype !== "I64" || type.bits < 8) return undefined;
    const count = values.parameters;
    const [rows, rank = 1] = places.shape;
    const fits = rows === count && (places.shape.length === 1 || (places.shape.length === 2 && rank === shape.length));
    if (values.shape.length !== 1 || !fits)
      this.fail(
        at,
        `the sparse tensor ${quote(name)} has numbers [${values.shape.join(", ")}] and places [${places.shape.join(", ")}]`,
        `numbers [n], places [n] or [n, ${shape.length}]`,
      );
    if (!isDenseEnough(shape, count)) return undefined;
    return new SparseTensor(this.source.name, name, Object.freeze([...shape]), type, { values, places, at });
  }

  private async external(
    { location, offset = "0", length }: Readonly<Record<string, string | undefined>>,
    sizeBytes: number,
    at: number,
    name: string,
  ): Promise<{ readonly source: ByteSource; readonly start: number }> {
    if (location === undefined || !isPlainPath(location))
      return this.fail(
        at,
        `the values of ${quote(name)} are in ${quote(String(location))}`,
        "a file below the model's folder",
      );
    const start = /^\d{1,16}$/.test(offset) ? Number(offset) : NaN;
    if (!Number.isSafeInteger(start) || (length !== undefined && length !== String(sizeBytes)))
      this.fail(
        at,
        `the values of ${quote(name)} have ${quote(length ?? "")} bytes from ${quote(offset)} on`,
        `${sizeBytes} bytes`,
      );
    let file = this.files.get(location);
    if (!file) this.files.set(location, (file = this.siblings(location, at)));
    const source = await file;
    if (start + sizeBytes > source.byteLength)
      this.fail(
        at,
        `the values of ${quote(name)} end at byte ${start + sizeBytes} of ${quote(location)}`,
        `at most ${source.byteLength}`,
      );
    return { source, start };
  }

  private fail(at: number, problem: string, expected: string): never {
    throw new FormatError(this.source.name, at, problem, expected);
  }
}

function lying(
  source: ByteSource,
  name: string,
  shape: readonly number[],
  type: OnnxType,
  start: number,
  sizeBytes: number,
): Tensor {
  if (type.bits < 8) return new SmallNumbers(source, name, shape, type, start);
  return new FileTensor(source, name, shape, type.dtype, start, sizeBytes);
}
