import type { FileRange } from "../bytes/file-range";
import type { Axes, TensorRole } from "../tensor/role";
import type { ReadOptions, Shape, StoredPart, Tensor } from "../tensor/tensor";

/** A tensor of a file under the name that it has in its model. */
export class RenamedTensor implements Tensor {
  readonly shape: Shape;
  readonly dtype: string;
  readonly parameters: number;
  readonly sizeBytes: number;
  declare readonly role?: TensorRole;
  declare readonly roleReason?: string;
  declare readonly axes?: Axes;
  declare readonly scheme?: string | undefined;
  declare readonly stored?: readonly StoredPart[] | undefined;
  declare readonly readsCopies?: true;
  readonly madeOf: string;
  declare readonly readRows?: NonNullable<Tensor["readRows"]>;
  declare readonly readByteRange?: NonNullable<Tensor["readByteRange"]>;

  constructor(
    private readonly tensor: Tensor,
    readonly name: string,
  ) {
    ({ shape: this.shape, dtype: this.dtype, parameters: this.parameters, sizeBytes: this.sizeBytes } = tensor);
    this.madeOf = JSON.stringify([tensor.name, tensor.madeOf]);
    for (const key of ["role", "roleReason", "axes", "scheme", "stored", "readsCopies"] as const)
      if (tensor[key] !== undefined) Object.defineProperty(this, key, { value: tensor[key], enumerable: true });
    if (tensor.readRows) this.readRows = tensor.readRows.bind(tensor);
    if (tensor.readByteRange) this.readByteRange = tensor.readByteRange.bind(tensor);
  }

  read(options?: ReadOptions): Promise<Float32Array> {
    return this.tensor.read(options);
  }

  readBytes(options?: ReadOptions): Promise<Uint8Array> {
    return this.tensor.readBytes(options);
  }

  fileRange(): FileRange | undefined {
    return this.tensor.fileRange?.();
  }
}
