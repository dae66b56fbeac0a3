import { pause, throwIfStopped } from "../bytes/pause";
import { float16ToFloat32Bits } from "../bytes/half-float";
import { e2m1Values, e4m3Values, e5m2Values, e8m0Values } from "../bytes/small-float";
import type { ByteSource } from "../bytes/source";
import { SourceError } from "../errors";
import { dtypes, sizeOf } from "../tensor/dtype";
import type { DType } from "../tensor/dtype";
import { blockCodecs, decodeBlocks, type BlockName } from "../blocks";

/** Elements converted between two turns of the event loop, some milliseconds' work. A multiple of every block. */
const sliceElements = 1 << 18;

/** `elements` numbers of `dtype` that begin at byte `start` of `source`, as float32. Reads those bytes only, in slices; a stop
 *  signal is seen between slices. Memory: the result and one slice. */
export async function readValues(
  source: ByteSource,
  start: number,
  dtype: DType,
  elements: number,
  signal: AbortSignal | undefined,
): Promise<Float32Array> {
  const values = allocate(source, elements);
  if (dtype === "F32") {
    await source.readInto(new Uint8Array(values.buffer), start, signal);
    return values;
  }
  const scratch = new Uint8Array(sizeOf(dtype, Math.min(sliceElements, elements)));
  for (let from = 0; from < elements; from += sliceElements) {
    const slice = values.subarray(from, Math.min(elements, from + sliceElements));
    const bytes = scratch.subarray(0, sizeOf(dtype, slice.length));
    await source.readInto(bytes, start + sizeOf(dtype, from), signal);
    decodeValues(bytes, dtype, slice);
    await pause();
    throwIfStopped(signal, `reading ${source.name}`);
  }
  return values;
}

function allocate(source: ByteSource, elements: number): Float32Array {
  try {
    return new Float32Array(elements);
  } catch (cause) {
    throw new SourceError(source.name, `a tensor of ${elements} values does not fit in one array on this machine`, {
      cause,
    });
  }
}

type Decoder = (bytes: Uint8Array<ArrayBuffer>, values: Float32Array) => void;

/** Decodes as many numbers as `values` holds. `bytes` has exactly their size and begins at a multiple of 8 of its buffer. */
export function decodeValues(bytes: Uint8Array<ArrayBuffer>, dtype: DType, values: Float32Array): void {
  decoders[dtype](bytes, values);
}

const bitsOf = (values: Float32Array): Uint32Array => new Uint32Array(values.buffer, values.byteOffset, values.length);

const fromTable =
  (table: Float32Array): Decoder =>
  (bytes, values) => {
    for (let i = 0; i < values.length; i++) values[i] = table[bytes[i]];
  };

type NumberArray = new (
  buffer: ArrayBuffer,
  offset: number,
  length: number,
) => Float64Array | Float32Array | Int32Array | Uint32Array | Int16Array | Uint16Array | Int8Array;

/** Types that convert to float32 by one rounding in the language itself. */
const fromArray =
  (View: NumberArray): Decoder =>
  (bytes, values) =>
    values.set(new View(bytes.buffer, bytes.byteOffset, values.length));

const fromBigIntegers =
  (View: BigInt64ArrayConstructor | BigUint64ArrayConstructor): Decoder =>
  (bytes, values) => {
    const integers = new View(bytes.buffer, bytes.byteOffset, values.length);
    for (let i = 0; i < values.length; i++) values[i] = nearFloat32(integers[i]);
  };

const limit = 2n ** 53n;

/** A double that rounds to the same float32 as the integer does. Past 2^53 the integer is first cut to 52 bits with a sticky
 *  last bit, for rounding twice, to double and then to float32, could go to the wrong side of a tie. */
function nearFloat32(integer: bigint): number {
  if (integer <= limit && integer >= -limit) return Number(integer);
  const sticky = (integer & 0xfffn) === 0n ? 0n : 1n;
  return Number((integer >> 12n) | sticky) * 4096;
}

const blockDecoders = Object.fromEntries(
  [...blockCodecs.values()].map((codec): [string, Decoder] => [
    codec.name,
    (bytes, values) => decodeBlocks(codec, bytes, values),
  ]),
) as Record<BlockName, Decoder>;

const decoders: Readonly<Record<DType, Decoder>> = {
  F64: fromArray(Float64Array),
  F32: (bytes, values) => bitsOf(values).set(new Uint32Array(bytes.buffer, bytes.byteOffset, values.length)),
  F16: (bytes, values) => {
    const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, values.length);
    const bits = bitsOf(values);
    for (let i = 0; i < bits.length; i++) bits[i] = float16ToFloat32Bits[halves[i]];
  },
  BF16: (bytes, values) => {
    const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, values.length);
    const bits = bitsOf(values);
    for (let i = 0; i < bits.length; i++) bits[i] = halves[i] << 16;
  },
  F8_E4M3: fromTable(e4m3Values),
  F8_E5M2: fromTable(e5m2Values),
  F8_E8M0: fromTable(e8m0Values),
  F4: (bytes, values) => {
    for (let i = 0; i < values.length; i++) values[i] = e2m1Values[(bytes[i >> 1] >> (4 * (i & 1))) & 15];
  },
  I64: fromBigIntegers(BigInt64Array),
  I32: fromArray(Int32Array),
  I16: fromArray(Int16Array),
  I8: fromArray(Int8Array),
  U64: fromBigIntegers(BigUint64Array),
  U32: fromArray(Uint32Array),
  U16: fromArray(Uint16Array),
  U8: (bytes, values) => values.set(bytes),
  BOOL: (bytes, values) => {
    for (let i = 0; i < values.length; i++) values[i] = bytes[i] === 0 ? 0 : 1;
  },
  ...blockDecoders,
};

/** True when the values of a type can be read, not its bytes only. */
export function isReadable(dtype: string): dtype is DType {
  return Object.hasOwn(dtypes, dtype);
}
