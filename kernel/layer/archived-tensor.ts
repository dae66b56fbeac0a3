/** Tensors of a `.codebook` file that holds a compressed model: each is read, checked and decoded alone, on a worker thread. */
import type { ModelPiece } from "../archive/model-file";
import type { FileRange } from "../bytes/file-range";
import type { ByteSource } from "../bytes/source";
import { UnsupportedError } from "../errors";
import { decodeValues, isReadable } from "../formats/values";
import { currentHost } from "../host";
import { isIntegerType } from "../tensor/dtype";
import { toldOf, type Axes, type RoleDescription, type TensorRole } from "../tensor/role";
import { parametersOf, type ReadOptions, type Shape, type Tensor } from "../tensor/tensor";
import { sharedPool } from "../threads/pool";
import type { StoredOutline } from "../stored/outline";
import { CompressedTensor } from "./layer-tensor";
import type { PlainPiece } from "./plain-piece";
import type { LayerFile, LayerPiece } from "./stored-location";
import { tasks } from "./tasks";

/** Where a tensor's piece lies, and how it is called. */
export interface PlaceInArchive {
  readonly source: ByteSource;
  readonly piece: ModelPiece;
}

/** A layer that a recipe touched, from its stored form in the file. */
export class ArchivedTensor extends CompressedTensor {
  /** How it is stored: "codebook linear 4-bit g64"; absent of whole numbers, which are what they were. */
  readonly scheme?: string;
  private readonly place: PlaceInArchive;

  /** `stored` is what the file says of the parts of the piece, or the layer's own file in a checkpoint; `dtype` and `origin` as of
   *  `CompressedTensor`. */
  constructor(
    place: PlaceInArchive,
    outline: StoredOutline,
    stored: { readonly entry: unknown } | LayerFile,
    dtype: string,
    origin: Partial<RoleDescription>,
  ) {
    super({ outline, location: "file" in stored ? stored : pieceOf(place, outline, stored.entry) }, dtype, origin);
    this.place = place;
    if (!isIntegerType(dtype)) this.scheme = `codebook ${dtype}`;
  }

  /** w′, the very bits of the model that was saved. `FormatError`, which names the tensor, where its bytes are damaged. */
  override async read(options: ReadOptions = {}): Promise<Float32Array> {
    const { source, piece } = this.place;
    const { location } = this;
    if (!("piece" in location) || location.from) return super.read(options);
    const signal = options.signal ?? currentHost().signal;
    const from = await source.read(piece.start, piece.start + piece.byteLength, signal);
    return new CompressedTensor({ outline: this.outline, location: { ...location, from } }, this.dtype).read(options);
  }
}

function pieceOf({ source, piece }: PlaceInArchive, { shape, content }: StoredOutline, entry: unknown): LayerPiece {
  const quantizer = content.kind === "codes" ? content.quantizer : undefined;
  return { archive: source.name, from: rangeOf(source, piece), piece, shape, quantizer, entry };
}

function rangeOf(source: ByteSource, { start, byteLength }: ModelPiece): FileRange | undefined {
  return source.rangeOf?.(start, start + byteLength);
}

/** A tensor that no step changed: its own type and bytes. */
export class UnchangedTensor implements Tensor {
  /** The name in the model. */
  readonly name: string;
  /** Number of elements. */
  readonly parameters: number;
  /** Every read reads anew. */
  readonly readsCopies = true;
  /** As of the tensor of the model. */
  readonly role?: TensorRole;
  /** As of the tensor of the model. */
  readonly roleReason?: string;
  /** As of the tensor of the model. */
  readonly axes?: Axes;

  constructor(
    private readonly place: PlaceInArchive,
    readonly shape: Shape,
    readonly dtype: string,
    readonly sizeBytes: number,
    private readonly isCoded: boolean,
    origin: Partial<RoleDescription>,
  ) {
    Object.assign(this, toldOf(origin));
    this.name = place.piece.name;
    this.parameters = parametersOf(shape);
  }

  /** The values as float32, row-major. */
  async read(options: ReadOptions = {}): Promise<Float32Array> {
    const { dtype, name } = this;
    if (!isReadable(dtype))
      throw new UnsupportedError(
        `${name}: values of type ${dtype} are not decoded here; readBytes() gives the ${this.sizeBytes} bytes as stored`,
      );
    const values = new Float32Array(this.parameters);
    decodeValues(new Uint8Array(await this.readBytes(options)), dtype, values);
    return values;
  }

  /** The very bytes of the model that was compressed. */
  async readBytes(options: ReadOptions = {}): Promise<Uint8Array> {
    const { source, piece } = this.place;
    const signal = options.signal ?? currentHost().signal;
    const range = rangeOf(source, piece);
    const from = range ?? (await source.read(piece.start, piece.start + piece.byteLength, signal));
    const { isCoded, sizeBytes } = this;
    const job: PlainPiece = { file: source.name, from, piece, isCoded, sizeBytes };
    const run = { label: this.name, ...(signal ? { signal } : {}) };
    const bytes = await sharedPool().run(tasks, "unchanged", job, run);
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** What Node prints of it: one line. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `Tensor ${this.name}: ${this.dtype} [${this.shape.join(", ")}], ${this.sizeBytes} bytes`;
  }
}
