import { currentHost } from "../host";
import { sharedPool } from "../threads/pool";
import { parametersOf, type ReadOptions, type Shape, type Tensor } from "../tensor/tensor";
import type { LocatedTensor, StoredLocation } from "./stored-location";
import { describedRole, type Axes, type RoleDescription, type TensorRole } from "../tensor/role";
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
  /** What it is stored as, without the bytes. */
  readonly outline: StoredOutline;
  /** Where the stored form is; a thread reads it with `storedAt`. */
  readonly location: StoredLocation;

  /** What it is to its model, as the original was. */
  readonly role?: TensorRole;
  /** Why. */
  readonly roleReason?: string;
  /** Which way it lies, as the original did. */
  readonly axes?: Axes;

  /** `dtype` says what was done: "linear 4-bit g128 · huffman". `origin`: the tensor that it was made of. */
  constructor(
    { outline, location }: LocatedTensor,
    readonly dtype: string,
    origin: Partial<RoleDescription> = {},
  ) {
    Object.assign(this, describedRole(origin));
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

  /** w′ as little-endian float32: what `read` gives, in bytes. */
  async readBytes(options: ReadOptions = {}): Promise<Uint8Array> {
    return new Uint8Array((await this.read(options)).buffer);
  }
}
