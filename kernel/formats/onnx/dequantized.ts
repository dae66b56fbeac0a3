import { bfloat16FromBits, float16FromBits, float16ToFloat32Bits } from "../../bytes/half-float";
import { pause, throwIfStopped } from "../../bytes/pause";
import { FormatError } from "../../errors";
import { currentHost } from "../../host";
import type { Model } from "../../tensor/model";
import type { Axes, TensorRole } from "../../tensor/role";
import { parametersOf } from "../../tensor/tensor";
import type { ReadOptions, Shape, StoredPart, Tensor } from "../../tensor/tensor";
import { TensorSet } from "../../tensor/tensor-set";

/** Weights of ONNX that are stored as integers with the scales of a DequantizeLinear, or of a node that computes with
 *  integers: QLinearConv, QLinearMatMul, MatMulInteger and their kin. */

/** How the codes of a weight become numbers. */
export interface CodedWeight {
  /** Tensors of the file. */
  readonly codes: Tensor;
  readonly scale: Tensor;
  readonly zero: Tensor | undefined;
  /** From 0. */
  readonly axis: number;
  /** Codes along the axis that share a scale; 0 where each place of the axis has its own, or all share one. */
  readonly blockSize: number;
  /** What the weight is to its graph. */
  readonly role: TensorRole | undefined;
  readonly roleReason: string | undefined;
  readonly axes: Axes | undefined;
}

/** w = (code − zero)·scale, in float32, and rounded to the scale's own type where that is narrower: what ONNX's operator gives. Scales are one for
 *  all, one for each place of an axis, or one for each block along it (scale.shape[axis] = ⌈shape[axis] / blockSize⌉). */
export class DequantizedTensor implements Tensor {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: string;
  readonly scheme: string;
  readonly parameters: number;
  readonly sizeBytes: number;
  readonly stored: readonly StoredPart[];
  readonly readsCopies = true;
  declare readonly role?: TensorRole;
  declare readonly roleReason?: string;
  declare readonly axes?: Axes;

  constructor(
    name: string,
    private readonly weight: CodedWeight,
  ) {
    const { codes, scale, zero, blockSize } = weight;
    this.name = name;
    this.shape = codes.shape;
    this.parameters = codes.parameters;
    const scope = scale.parameters === 1 ? "per tensor" : blockSize > 0 ? `g${blockSize}` : `per axis ${weight.axis}`;
    this.scheme = `ONNX ${codes.dtype} ${scope}`;
    this.dtype = this.scheme;
    const parts = [codes, scale, ...(zero ? [zero] : [])];
    this.stored = parts.map((part) => ({
      name: part.name,
      shape: part.shape,
      dtype: part.dtype,
      sizeBytes: part.sizeBytes,
    }));
    this.sizeBytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0);
    for (const key of ["role", "roleReason", "axes"] as const)
      if (weight[key] !== undefined) Object.defineProperty(this, key, { value: weight[key], enumerable: true });
  }

  async read(options: ReadOptions = {}): Promise<Float32Array> {
    const signal = options.signal ?? currentHost().signal;
    const { codes, scale, zero, axis, blockSize } = this.weight;
    const values = Float32Array.from(await codes.read({ signal }));
    const scales = await scale.read({ signal });
    const zeros = zero ? await zero.read({ signal }) : undefined;
    const round = roundings[scale.dtype] ?? ((value: number) => value);
    const inner = parametersOf(this.shape.slice(axis + 1));
    const length = this.shape[axis] ?? 1;
    const places = blockSize > 0 ? Math.ceil(length / blockSize) : length;
    const isOne = scales.length === 1;
    const outer = inner * length === 0 ? 0 : values.length / (inner * length);
    for (let o = 0; o < outer; o++)
      for (let p = 0; p < length; p++) {
        const from = (o * length + p) * inner;
        const block = blockSize > 0 ? Math.floor(p / blockSize) : p;
        for (let i = 0; i < inner; i++) {
          const at = isOne ? 0 : blockSize > 0 ? (o * places + block) * inner + i : p;
          values[from + i] = round(Math.fround(values[from + i] - (zeros ? zeros[at] : 0)) * scales[at]);
        }
        if (inner > 1 << 16 || p % 1024 === 1023) {
          await pause();
          throwIfStopped(signal, `reading ${this.name}`);
        }
      }
    return values;
  }

  /** The weights as little-endian float32. */
  async readBytes(options: ReadOptions = {}): Promise<Uint8Array> {
    return new Uint8Array((await this.read(options)).buffer);
  }
}

const cell = new Float32Array(1);
const bits = new Uint32Array(cell.buffer);

/** Rounding to the types that are narrower than float32. */
const roundings: Readonly<Record<string, (value: number) => number>> = {
  F16: (value) => {
    cell[0] = value;
    bits[0] = float16ToFloat32Bits[float16FromBits(bits[0])];
    return cell[0];
  },
  BF16: (value) => {
    cell[0] = value;
    bits[0] = bfloat16FromBits(bits[0]) << 16;
    return cell[0];
  },
};

/** A weight of a file's tensors. */
export interface StoredWeight {
  /** The codes, whose place and name it gets. */
  readonly codes: Tensor;
  /** What else it takes up. */
  readonly beside: readonly Tensor[];
  /** Makes it. `FormatError` where its parts do not fit each other. */
  make(name: string): Tensor;
}

/** The weights of `DequantizedTensor`. */
export function dequantizedWeight(weight: CodedWeight): StoredWeight {
  const { codes, scale, zero } = weight;
  return {
    codes,
    beside: [scale, ...(zero ? [zero] : [])],
    make: (name) => new DequantizedTensor(name, weight),
  };
}

/** What was found out about the codes of a model. */
export interface FoundCodes {
  readonly weights: readonly StoredWeight[];
  /** Why the model cannot be taken for one of weights, as the problem of an error; undefined where it can. */
  readonly refusal?: string | undefined;
}

const recorded = new WeakMap<Model, FoundCodes>();

/** Keeps how the codes of a model that was just read become weights; returns the model. */
export function recordCodes(model: Model, found: FoundCodes): Model {
  recorded.set(model, found);
  return model;
}

/** How exporters end the names of codes. */
const codeEnding = /_quantized$|_Q\d+(G\d+)?$/;

/** A model of ONNX with its coded weights as weights, each in the place of its codes, without "_quantized" or "_Q4" in the name; any other as it
 *  is. `FormatError` for codes of a kind that is not decoded. */
export function withDequantized(model: Model): Model {
  const { weights = [], refusal } = recorded.get(model) ?? {};
  if (refusal !== undefined)
    throw new FormatError(
      model.name,
      0,
      refusal,
      "the model before it was quantized, or one with DequantizeLinear before each weight; open(path, { raw: true }) shows the tensors of the file",
    );
  if (weights.length === 0) return model;
  const gone = new Set<Tensor>(weights.flatMap(({ beside }) => beside));
  const names = new Set(model.tensors.map((tensor) => tensor.name));
  const logical = new Map<Tensor, Tensor>();
  for (const weight of weights) {
    const short = weight.codes.name.replace(codeEnding, "");
    const name = names.has(short) ? weight.codes.name : short;
    names.add(name);
    logical.set(weight.codes, weight.make(name));
  }
  const tensors = model.tensors.flatMap((tensor) => logical.get(tensor) ?? (gone.has(tensor) ? [] : [tensor]));
  const { name, format, metadata, config, folder } = model;
  return new TensorSet({ name, format, tensors, metadata, config, folder, sha256: (options) => model.sha256(options) });
}
