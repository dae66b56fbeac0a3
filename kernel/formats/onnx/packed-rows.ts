import { pause, throwIfStopped } from "../../bytes/pause";
import { FormatError } from "../../errors";
import { currentHost } from "../../host";
import type { Axes, RoleDescription, TensorRole } from "../../tensor/role";
import { parametersOf } from "../../tensor/tensor";
import type { ReadOptions, Shape, StoredPart, Tensor } from "../../tensor/tensor";
import type { NodeMessage } from "./messages";

/** Weights of ONNX Runtime's own operators, whose codes lie packed in bytes, the first in the lowest bits, block by block along a row:
 *
 *    MatMulNBits            B (N, ⌈K / block⌉, block·bits / 8) U8, scales (N, ⌈K / block⌉); the weight is (N, K), outputs first
 *    GatherBlockQuantized   data (…, columns·bits / 8) U8, scales (…, ⌈columns / block⌉); the table is (…, columns)
 *
 *    w[n, k] = (q − zero)·scale in float32, the two of block ⌊k / block⌋, or g_idx[k].
 *
 *  Zero points are packed as codes are, each row from a byte of its own, or numbers of the scales' type; without any they are 2^(bits − 1).
 *  Source: docs/ContribOperators.md of onnxruntime. */
export interface PackedParts {
  readonly node: NodeMessage;
  readonly codes: Tensor;
  readonly scale: Tensor;
  readonly zero: Tensor | undefined;
  /** For each column the block whose scale it has. */
  readonly order: Tensor | undefined;
}

interface Layout {
  readonly shape: Shape;
  readonly bits: 2 | 4 | 8;
  readonly blockSize: number;
  /** Bytes from one row of codes to the next. */
  readonly rowBytes: number;
  readonly blocks: number;
}

/** How the parts lie. `FormatError` where they do not fit each other, and for what ONNX Runtime itself reads in two ways. `file`: for errors. */
export function packedLayout({ node, codes, scale, zero, order }: PackedParts, file: string): Layout {
  const { K, N, bits: stated, block_size: size } = node.attributes;
  const bits = stated ?? 4;
  const fail = (problem: string, expected: string): never => {
    throw new FormatError(file, 0, `"${codes.name}", stored as ONNX's ${node.op}, ${problem}`, expected);
  };
  const isSize = (value: unknown): value is number => typeof value === "number" && value > 0;
  const blockSize = size ?? (node.op === "MatMulNBits" ? undefined : 128);
  if ((bits !== 2 && bits !== 4 && bits !== 8) || !isSize(blockSize) || (blockSize * bits) % 8 !== 0)
    return fail(
      `has bits ${String(bits)} and block_size ${String(blockSize)}`,
      "2, 4 or 8 bits in blocks of whole bytes",
    );
  if (codes.dtype !== "U8") fail(`is of type ${codes.dtype}`, "U8");
  const isMatrix = node.op === "MatMulNBits";
  const width = codes.shape[codes.shape.length - 1] ?? 0;
  const shape = isMatrix ? [Number(N), Number(K)] : [...codes.shape.slice(0, -1), (width * 8) / bits];
  if (!isMatrix && !isLastAxis(node, codes.shape.length))
    fail("is packed along another axis than the last", "quantize_axis of the last axis");
  if (!shape.every((one) => Number.isSafeInteger(one) && one > 0)) fail(`says K ${String(K)}, N ${String(N)}`, "both");
  const columns = shape[shape.length - 1];
  const rows = parametersOf(shape) / columns;
  const blocks = Math.ceil(columns / blockSize);
  const rowBytes = isMatrix ? (blocks * blockSize * bits) / 8 : width;
  if (codes.parameters !== rows * rowBytes) fail(`has ${codes.parameters} bytes`, `${rows * rowBytes}`);
  if (scale.parameters !== rows * blocks) fail(`has ${scale.parameters} scales`, `${rows * blocks}`);
  const zeros = zero && (zero.dtype === "U8" ? rows * Math.ceil((blocks * bits) / 8) : rows * blocks);
  if (zero && zero.parameters !== zeros) fail(`has zero points [${zero.shape.join(", ")}]`, `${String(zeros)} of them`);
  if (order && order.parameters < columns) fail(`has a g_idx of ${order.parameters}`, `${columns}`);
  // Its own kernel for processors then takes 2^(bits − 1) for every zero point that is packed, whatever the file says.
  if (order && zero?.dtype === "U8")
    fail("has a g_idx beside packed zero points, which ONNX Runtime itself reads in two ways", "one of the two");
  return { shape, bits, blockSize, rowBytes, blocks };
}

function isLastAxis({ attributes }: NodeMessage, rank: number): boolean {
  const { quantize_axis: axis = 1 } = attributes;
  return axis === rank - 1 || axis === -1;
}

/** Such a weight; reading it decodes. */
export class PackedRowsTensor implements Tensor {
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
    readonly name: string,
    private readonly parts: PackedParts,
    private readonly layout: Layout,
    told: RoleDescription | undefined,
  ) {
    const { codes, scale, zero, order, node } = parts;
    this.shape = layout.shape;
    this.parameters = parametersOf(layout.shape);
    this.scheme = `ONNX ${node.op} ${layout.bits}-bit g${layout.blockSize}`;
    this.dtype = this.scheme;
    this.stored = [codes, scale, zero, order].flatMap((part) =>
      part ? [{ name: part.name, shape: part.shape, dtype: part.dtype, sizeBytes: part.sizeBytes }] : [],
    );
    this.sizeBytes = this.stored.reduce((sum, part) => sum + part.sizeBytes, 0);
    if (told) Object.assign(this, told);
  }

  /** `FormatError` for a g_idx that names no block. */
  async read(options: ReadOptions = {}): Promise<Float32Array> {
    const signal = options.signal ?? currentHost().signal;
    const { codes, scale, zero, order } = this.parts;
    const { bits, blockSize, rowBytes, blocks, shape } = this.layout;
    const columns = shape[shape.length - 1];
    const bytes = await codes.readBytes({ signal });
    const scales = await scale.read({ signal });
    const packedZeros = zero?.dtype === "U8" ? await zero.readBytes({ signal }) : undefined;
    const zeros = zero && !packedZeros ? await zero.read({ signal }) : undefined;
    const blockOf = await this.blocksOf(order, signal);
    const zeroBytes = Math.ceil((blocks * bits) / 8);
    const values = new Float32Array(this.parameters);
    for (let row = 0, at = 0; at < values.length; row++) {
      for (let column = 0; column < columns; column++, at++) {
        const block = blockOf ? blockOf[column] : Math.floor(column / blockSize);
        const scaleAt = row * blocks + block;
        const origin = packedZeros
          ? codeAt(packedZeros, row * zeroBytes, block, bits)
          : zeros
            ? zeros[scaleAt]
            : 1 << (bits - 1);
        values[at] = Math.fround(codeAt(bytes, row * rowBytes, column, bits) - origin) * scales[scaleAt];
      }
      if (row % 64 === 63) {
        await pause();
        throwIfStopped(signal, `reading ${this.name}`);
      }
    }
    return values;
  }

  private async blocksOf(
    order: Tensor | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Float32Array | undefined> {
    const found = await order?.read({ signal });
    const { blocks } = this.layout;
    const wrong = found?.find((block) => !(block >= 0 && block < blocks));
    if (wrong !== undefined)
      throw new FormatError(this.name, 0, `g_idx names the block ${wrong}`, `blocks 0 to ${blocks - 1}`);
    return found;
  }

  /** The weights as little-endian float32. */
  async readBytes(options: ReadOptions = {}): Promise<Uint8Array> {
    return new Uint8Array((await this.read(options)).buffer);
  }
}

function codeAt(bytes: Uint8Array, from: number, index: number, bits: number): number {
  const bit = index * bits;
  return (bytes[from + (bit >> 3)] >> (bit & 7)) & ((1 << bits) - 1);
}
