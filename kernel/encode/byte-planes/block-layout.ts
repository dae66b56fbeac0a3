/** How the bytes of a tensor are taken apart before they are coded: elements of 1, 2, 4 or 8 bytes into byte planes; the blocks of
 *  ggml's types first into their fields, so that scales do not lie among codes, and codes of 3, 5 and 6 bits, whose upper bits lie apart,
 *  into whole codes.
 *
 *  Floats of 2, 4 and 8 bytes are rotated left by one bit. That puts the exponent alone into the top byte (BF16, F32; with three mantissa
 *  bits in F16; in F64 without its last three) and the sign beside the mantissa. Numbers of one byte are their own plane. */
import { blockCodecs, type BlockCodec, type BlockName } from "../../blocks";

/** What a tensor's type asks for. */
export type LayoutCode =
  | { readonly width: 1 | 2 | 4 | 8; readonly isFloat: boolean }
  /** Blocks of ggml's type of that name. */
  | { readonly block: BlockName };

/** Some bytes of every record, those of one record behind those of the one before: elements that are cut into planes. */
export interface BytesPart {
  /** First byte in the record, and how many. */
  readonly offset: number;
  readonly bytes: number;
  readonly width: number;
  readonly isFloat: boolean;
}

/** The codes of every record, a byte for each. */
export interface CodesPart {
  readonly codes: BlockCodec;
}

export interface Layout {
  readonly recordBytes: number;
  readonly parts: readonly (BytesPart | CodesPart)[];
}

const blockBytes = 2 ** 19;

/** Bytes of a block: 512 KiB, or as many whole records as fit. */
export function blockBytesOf({ recordBytes }: Layout): number {
  return Math.floor(blockBytes / recordBytes) * recordBytes;
}

const floats: Readonly<Record<string, 1 | 2 | 4 | 8>> = {
  ...{ F64: 8, F32: 4, C64: 4, F16: 2, BF16: 2 },
  ...{ F8_E4M3: 1, F8_E5M2: 1, F8_E4M3FNUZ: 1, F8_E5M2FNUZ: 1 },
};
const integers: Readonly<Record<string, 1 | 2 | 4 | 8>> = { I64: 8, U64: 8, I32: 4, U32: 4, I16: 2, U16: 2 };

export const plainBytes: LayoutCode = Object.freeze({ width: 1, isFloat: false });

/** The layout for `sizeBytes` bytes of a tensor of that type; single bytes where its records do not divide them. */
export function layoutCodeOf(dtype: string, sizeBytes: number): LayoutCode {
  const codec = blockCodecs.get(dtype as BlockName);
  if (codec) return sizeBytes % codec.bytes === 0 ? { block: codec.name } : plainBytes;
  const isFloat = Object.hasOwn(floats, dtype);
  const width = isFloat ? floats[dtype] : Object.hasOwn(integers, dtype) ? integers[dtype] : 1;
  return sizeBytes % width === 0 ? { width, isFloat } : plainBytes;
}

const layouts = new Map<string, Layout>();

export function layoutOf(code: LayoutCode): Layout {
  const key = "block" in code ? code.block : `${code.width} ${code.isFloat}`;
  let layout = layouts.get(key);
  if (!layout) layouts.set(key, (layout = "block" in code ? blockLayout(code.block) : elementLayout(code)));
  return layout;
}

function elementLayout({ width, isFloat }: { width: number; isFloat: boolean }): Layout {
  return { recordBytes: width, parts: [{ offset: 0, bytes: width, width, isFloat }] };
}

/** Bits of codes that are put together from two places. */
const scatteredBits: readonly number[] = [3, 5, 6];
/** Fields of two bytes under these names are float16. */
const halfFields: readonly string[] = ["d", "dmin", "m"];

function blockLayout(name: BlockName): Layout {
  const codec = blockCodecs.get(name);
  if (!codec) throw new RangeError(`there is no block type ${name}`);
  const parts: (BytesPart | CodesPart)[] = [];
  const bytesPart = (offset: number, bytes: number, isHalf: boolean): void => {
    if (bytes > 0) parts.push({ offset, bytes, width: isHalf ? 2 : 1, isFloat: isHalf });
  };
  const isScattered = scatteredBits.includes(codec.codeBits);
  let at = 0;
  for (const field of codec.fields) {
    if (!isScattered) bytesPart(at, field.at - at, false);
    bytesPart(field.at, field.bytes, field.bytes === 2 && halfFields.includes(field.name));
    at = field.at + field.bytes;
  }
  if (isScattered) parts.push({ codes: codec });
  else bytesPart(at, codec.bytes - at, false);
  return { recordBytes: codec.bytes, parts };
}

/** What stands in an archive's index: width, + 16 for floats; 64 and the number of ggml's type for blocks. */
export function numbersOf(code: LayoutCode): readonly number[] {
  if ("block" in code) return [blockMark, blockCodecs.get(code.block)?.id ?? 0];
  return [code.width + (code.isFloat ? floatMark : 0)];
}

const floatMark = 16;
const blockMark = 64;

/** The inverse: `read` gives the next number. Undefined for numbers that stand for nothing. */
export function layoutCodeFrom(read: () => number): LayoutCode | undefined {
  const first = read();
  if (first === blockMark) {
    const id = read();
    const codec = [...blockCodecs.values()].find((one) => one.id === id);
    return codec && { block: codec.name };
  }
  const width = first & 15;
  if (width !== 1 && width !== 2 && width !== 4 && width !== 8) return undefined;
  return first < 2 * floatMark ? { width, isFloat: first >= floatMark } : undefined;
}
