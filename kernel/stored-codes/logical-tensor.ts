import { pause, throwIfStopped } from "../bytes/pause";
import { OptionError, SourceError } from "../errors";
import { currentHost } from "../host";
import type { Axes, TensorRole } from "../tensor/role";
import { parametersOf, type ReadOptions, type Shape, type StoredPart, type Tensor } from "../tensor/tensor";
import type { LogicalWeight } from "./scheme";

/** Values decoded between two turns of the event loop. */
const sliceValues = 1 << 18;

/** A weight that the file holds in parts, as one tensor: reading it decodes. Memory: the result, the scales, and what the scheme reads of its
 *  codes at a time, at most their stored bytes. */
export class LogicalTensor implements Tensor {
  /** The name in the network. */
  readonly name: string;
  /** Dimensions of the weight. */
  readonly shape: Shape;
  /** The type of the values that it decodes to; `scheme` says how they are stored. */
  readonly dtype = "F32";
  /** Number of weights. */
  readonly parameters: number;
  /** Bytes of all parts in the file. */
  readonly sizeBytes: number;
  /** How it is stored: "GPTQ 4-bit g128". */
  readonly scheme: string;
  /** The tensors of the file that it is made of. */
  readonly stored: readonly StoredPart[];
  declare readonly role?: TensorRole;
  declare readonly roleReason?: string;
  declare readonly axes?: Axes;
  /** Every read decodes anew. */
  readonly readsCopies = true;
  private readonly said = new Set<string>();

  /** `madeOf`: the settings that say how it is stored. */
  constructor(
    private readonly weight: LogicalWeight,
    readonly madeOf?: string,
  ) {
    this.name = weight.name;
    this.shape = Object.freeze([...weight.shape]);
    this.scheme = weight.scheme;
    this.parameters = parametersOf(weight.shape);
    this.stored = Object.freeze(
      weight.parts.map(({ name, shape, dtype, sizeBytes }) => Object.freeze({ name, shape, dtype, sizeBytes })),
    );
    this.sizeBytes = this.stored.reduce((sum, part) => sum + part.sizeBytes, 0);
    if (weight.description) Object.assign(this, weight.description);
  }

  /** What reading it found out that a careful reader would like to know; none before the first read. */
  get notes(): readonly string[] {
    return [...this.said];
  }

  /** The weights as float32, row-major, bit for bit as the scheme's reference decodes them. */
  read(options: ReadOptions = {}): Promise<Float32Array> {
    const rows = this.shape.length === 0 ? 1 : this.shape[0];
    return this.decode(0, rows, options);
  }

  /** Positions [from, to) of the outermost dimension. */
  async readRows(from: number, to: number, options: ReadOptions = {}): Promise<Float32Array> {
    const rows = this.shape.length === 0 ? 1 : this.shape[0];
    if (!(Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from <= to && to <= rows))
      throw new OptionError(`readRows(): rows ${from} to ${to} were asked for; ${this.name} has rows 0 to ${rows}`);
    return this.decode(from, to, options);
  }

  /** The weights as little-endian float32. The parts' own bytes are those of the file's tensors: `open(path, { raw: true })`. */
  async readBytes(options: ReadOptions = {}): Promise<Uint8Array> {
    return new Uint8Array((await this.read(options)).buffer);
  }

  private async decode(from: number, to: number, options: ReadOptions): Promise<Float32Array> {
    const signal = options.signal ?? currentHost().signal;
    const { shape, name } = this;
    const columns = shape.length === 0 ? 1 : shape[shape.length - 1];
    const outer = shape.length < 2 ? columns : parametersOf(shape.slice(1));
    const values = shape.length < 2 ? allocate(name, columns) : allocate(name, (to - from) * outer);
    if (values.length === 0) return values;
    const decodeRows = await this.weight.open({ signal, note: (sentence) => void this.said.add(sentence) });
    const first = shape.length < 2 ? 0 : (from * outer) / columns;
    const rows = values.length / columns;
    const step = Math.max(1, Math.floor(sliceValues / columns));
    for (let row = 0; row < rows; row += step) {
      await decodeRows(values.subarray(row * columns, Math.min(rows, row + step) * columns), first + row);
      await pause();
      throwIfStopped(signal, `reading ${name}`);
    }
    return shape.length === 1 ? values.slice(from, to) : values;
  }

  /** What Node prints of it: one line. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `Tensor ${this.name}: ${this.scheme} [${this.shape.join(", ")}], ${this.sizeBytes} bytes`;
  }
}

function allocate(name: string, values: number): Float32Array {
  try {
    return new Float32Array(values);
  } catch (cause) {
    throw new SourceError(name, `a tensor of ${values} values does not fit in one array on this machine`, { cause });
  }
}
