import { createHash } from "node:crypto";
import { OptionError } from "../errors";
import { pause, throwIfStopped } from "../bytes/pause";
import { checkChoice, checkOptionNames } from "../options";
import { checkAxes } from "./layout";
import type { Model } from "./model";
import { tensorRoles, type Axes, type TensorRole } from "./role";
import { parametersOf } from "./tensor";
import type { ReadOptions, Shape, Tensor } from "./tensor";
import { TensorSet } from "./tensor-set";

/** One array of a model in memory: `values` row-major, as many as `shape` says. */
export interface ArraySpec {
  /** Dimensions, outermost first: [out, in] of a matrix. */
  readonly shape: Shape;
  /** As many float32 values as `shape` says, row-major. */
  readonly values: Float32Array;
  /** What it is to its model; by default judged by its name and shape. */
  readonly role?: TensorRole;
  /** Which way a weight lies: which of its axes count outputs and inputs, and along which weights are stacked. By default outputs lie along the
   *  first axis and inputs along the second, as in torch; the kernel of a Keras layer is { output: [1], input: [0], stacked: [] }. */
  readonly axes?: Axes;
}

class MemoryTensor implements Tensor {
  readonly dtype = "F32";
  readonly readsCopies = true;
  readonly shape: Shape;
  readonly parameters: number;
  readonly sizeBytes: number;
  readonly role?: TensorRole;
  readonly roleReason?: string;
  readonly axes?: Axes;
  /** The role and the axes that it was made with: it may be told them later. */
  readonly given: readonly [TensorRole | null, Axes | null];
  private readonly values: Float32Array;

  constructor(
    readonly name: string,
    { shape, values, role, axes }: ArraySpec,
  ) {
    this.values = values.slice();
    this.given = [role ?? null, axes ?? null];
    if (role) Object.assign(this, { role, roleReason: "as it was given" });
    if (axes) Object.assign(this, { axes });
    this.shape = Object.freeze([...shape]);
    this.parameters = parametersOf(shape);
    this.sizeBytes = 4 * this.parameters;
  }

  async read(options: ReadOptions = {}): Promise<Float32Array> {
    throwIfStopped(options.signal, `reading ${this.name}`);
    return this.values.slice();
  }

  async readBytes(options: ReadOptions = {}): Promise<Uint8Array> {
    return new Uint8Array((await this.read(options)).buffer);
  }

  /** The values themselves, not a copy: for hashing. */
  bytes(): Uint8Array {
    return new Uint8Array(this.values.buffer, this.values.byteOffset, this.values.byteLength);
  }
}

/** A model of arrays that are in memory, for teaching and for tests. The values are copied, so that a later change to an
 *  array does not change the model.
 *  `fromArrays({ "fc.weight": { shape: [2, 3], values: new Float32Array(6) } }, { name: "toy" })`
 *  Throws `OptionError` when a shape and its values or its axes do not agree. */
export function fromArrays(
  arrays: Readonly<Record<string, ArraySpec>>,
  options: { readonly name?: string } = {},
): Model {
  checkOptionNames("fromArrays", options, ["name"]);
  const tensors = Object.entries(arrays).map(([name, array]) => {
    checkArray(name, array);
    return new MemoryTensor(name, array);
  });
  return new TensorSet({
    name: options.name ?? "model",
    format: "memory",
    tensors,
    sha256: (hashOptions) => hashArrays(tensors, hashOptions?.signal),
  });
}

function checkArray(name: string, { shape, values, role, axes }: ArraySpec): void {
  if (!(values instanceof Float32Array))
    throw new OptionError(`fromArrays(): the values of "${name}" are no Float32Array`);
  if (!Array.isArray(shape) || !shape.every((size) => Number.isSafeInteger(size) && size >= 0))
    throw new OptionError(`fromArrays(): the shape of "${name}" is no list of whole numbers`);
  if (parametersOf(shape) !== values.length)
    throw new OptionError(
      `fromArrays(): "${name}" has shape [${shape.join(", ")}], that is ${parametersOf(shape)} values, and ${values.length} were given`,
    );
  if (role !== undefined) checkChoice("fromArrays", `the role of "${name}"`, role, tensorRoles);
  if (axes !== undefined) checkAxes(`fromArrays(): the axes of "${name}"`, shape, axes);
}

/** SHA-256 over, for each tensor: a line of JSON `["name",[shape]]`, with its role and axes behind them where they were given, then the values
 *  as little-endian float32. */
async function hashArrays(tensors: readonly MemoryTensor[], signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash("sha256");
  for (const tensor of tensors) {
    const { name, shape, given } = tensor;
    hash.update(`${JSON.stringify([name, shape, ...(given.some((one) => one !== null) ? given : [])])}\n`);
    const bytes = tensor.bytes();
    for (let start = 0; start < bytes.length; start += 1 << 20) {
      hash.update(bytes.subarray(start, start + (1 << 20)));
      await pause();
      throwIfStopped(signal, `hashing ${tensor.name}`);
    }
  }
  return hash.digest("hex");
}
