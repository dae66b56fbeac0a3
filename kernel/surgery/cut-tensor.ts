import { pause, throwIfStopped } from "../bytes/pause";
import { encodeFloats, floatTypes, type SavedFloatType } from "../formats/float-encoding";
import { decodeValues } from "../formats/values";
import { currentHost } from "../host";
import { applyMapsInSlices, mappedShape, type AxisMap } from "../prune/channels/axis-map";
import { sizeOf, type DType } from "../tensor/dtype";
import { toldOf, type Axes, type TensorRole } from "../tensor/role";
import { parametersOf, type ReadOptions, type Shape, type Tensor } from "../tensor/tensor";
import { byteCuts, cutOnce, type ByteCut } from "../prune/channels/cut-bytes";

/** A tensor with parts taken out. Its values are made when it is read; until then only the choice of the parts is in memory.
 *
 *  Its type is that of the original where that can hold the result: a cut copies bytes, also of block types (Q4_1, Q4_K) as long as whole
 *  blocks stay or go, which heads do and rows always; merged weights are rounded to a plain float type. Else it is F32. */
export class CutTensor implements Tensor {
  readonly shape: Shape;
  readonly dtype: Tensor["dtype"];
  readonly parameters: number;
  readonly sizeBytes: number;
  readonly role?: TensorRole;
  readonly roleReason?: string;
  readonly axes?: Axes;
  private readonly cuts: readonly ByteCut[] | undefined;

  constructor(
    readonly origin: Tensor,
    readonly name: string,
    readonly maps: readonly AxisMap[],
  ) {
    this.shape = Object.freeze(mappedShape(origin.shape, maps));
    this.parameters = parametersOf(this.shape);
    Object.assign(this, toldOf(origin));
    this.cuts = byteCuts(origin.dtype, origin.shape, maps);
    const own = floatTypes.find((type) => type === origin.dtype);
    this.dtype = this.cuts ? origin.dtype : (own ?? "F32");
    this.sizeBytes = maps.length === 0 ? origin.sizeBytes : sizeOf(this.dtype as DType, this.parameters);
  }

  async read(options: ReadOptions = {}): Promise<Float32Array> {
    if (this.maps.length === 0) return this.origin.read(options);
    if (!this.cuts && this.dtype !== "F32") return this.decoded(await this.readBytes(options));
    const signal = options.signal ?? currentHost().signal;
    const { values, turn } = { values: await this.origin.read({ signal }), turn: () => this.turn(signal) };
    return applyMapsInSlices(values, this.origin.shape, this.maps, turn);
  }

  async readBytes(options: ReadOptions = {}): Promise<Uint8Array> {
    const signal = options.signal ?? currentHost().signal;
    if (this.cuts) {
      let bytes = await this.origin.readBytes({ signal });
      for (const cut of this.cuts) {
        bytes = cutOnce(bytes, cut);
        await this.turn(signal);
      }
      return bytes;
    }
    const values = await applyMapsInSlices(await this.origin.read({ signal }), this.origin.shape, this.maps, () =>
      this.turn(signal),
    );
    return encodeFloats(values, this.dtype as SavedFloatType, { name: this.name, method: "compress", signal });
  }

  private decoded(bytes: Uint8Array): Float32Array {
    const values = new Float32Array(this.parameters);
    decodeValues(new Uint8Array(bytes), this.dtype as DType, values);
    return values;
  }

  private async turn(signal: AbortSignal | undefined): Promise<void> {
    await pause();
    throwIfStopped(signal, `reading ${this.name}`);
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `Tensor ${this.name}: ${this.dtype} [${this.shape.join(", ")}], of [${this.origin.shape.join(", ")}]`;
  }
}
