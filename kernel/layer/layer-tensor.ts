import { currentHost } from "../host";
import { isIntegerType } from "../tensor/dtype";
import { toldOf, type Axes, type RoleDescription, type TensorRole } from "../tensor/role";
import { sharedPool } from "../threads/pool";
import { parametersOf, type ReadOptions, type Shape, type Tensor } from "../tensor/tensor";
import type { LocatedTensor, StoredLocation } from "./stored-location";
import type { StoredOutline } from "../stored/outline";
import { tasks } from "./tasks";

/** A tensor that is kept in its stored form and decoded on a worker thread when it is read. */
export class CompressedTensor implements Tensor {
  /** The layer's name in the model. */
  readonly name: string;
  /** Dimensions of what is stored; smaller than the original's where parts were taken out. */
  readonly shape: Shape;
  /** Number of elements: the product of `shape`. */
  readonly parameters: number;
  /** Bytes of the stored form: codes, tables, masks, headers. */
  readonly sizeBytes: number;
  /** Every read decodes anew. */
  readonly readsCopies = true;
  /** As of the tensor of the model. */
  readonly role?: TensorRole;
  /** As of the tensor of the model. */
  readonly roleReason?: string;
  /** As of the tensor of the model. */
  readonly axes?: Axes;
  /** What it is stored as, without the bytes. */
  readonly outline: StoredOutline;
  /** Where the stored form is; a thread reads it with `storedAt`. */
  readonly location: StoredLocation;

  /** `dtype` says what was done: "linear 4-bit g128 · huffman"; of whole numbers, which stay exact, it is their type: "I64". `origin` tells
   *  what the tensor is to its model. */
  constructor(
    { outline, location }: LocatedTensor,
    readonly dtype: string,
    origin: Partial<RoleDescription> = {},
  ) {
    Object.assign(this, toldOf(origin));
    this.outline = outline;
    this.location = location;
    this.name = outline.name;
    this.shape = outline.shape;
    this.parameters = parametersOf(outline.shape);
    this.sizeBytes = outline.sizeBytes;
  }

  /** w′, as a consumer of the compressed model sees it. */
  async read(options: ReadOptions = {}): Promise<Float32Array> {
    const signal = options.signal ?? currentHost().signal;
    const run = { label: this.name, ...(signal ? { signal } : {}) };
    const values = await sharedPool().run(tasks, "restore", this.location, run);
    // An array of this context, whichever one the thread's message was read in.
    return new Float32Array(values.buffer, values.byteOffset, values.length);
  }

  /** w′ as little-endian float32: what `read` gives, in bytes. Of whole numbers their very bytes. */
  async readBytes(options: ReadOptions = {}): Promise<Uint8Array> {
    if (isIntegerType(this.dtype)) {
      const signal = options.signal ?? currentHost().signal;
      const run = { label: this.name, ...(signal ? { signal } : {}) };
      const bytes = await sharedPool().run(tasks, "restoreBytes", this.location, run);
      return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    return new Uint8Array((await this.read(options)).buffer);
  }
}
