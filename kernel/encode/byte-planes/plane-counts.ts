/** How often each byte occurs in each plane of a tensor, planes as the coders make them (block-layout.ts): byte p of all elements, floats of
 *  2, 4 and 8 bytes rotated left by one bit first, so that the sign stands beside the lowest mantissa bits; ggml's blocks field by field,
 *  codes of 3, 5 and 6 bits put together. Beside them the sign, exponent and mantissa of floats, wherever their bits lie
 *  (field-counts.ts). Pure and synchronous, for a worker thread. */
import { blockCodecs, type BlockCodec } from "../../blocks";
import { layoutCodeOf, layoutOf, type BytesPart, type CodesPart } from "./block-layout";
import { countFields, splitOf, type FieldCounts, type FloatSplit } from "./field-counts";

export interface PlaneCounts {
  /** "exponent", "mantissa 6–0, sign", "byte 2"; of blocks "d: exponent, mantissa 9–7", "scales", "codes". */
  readonly name: string;
  /** Bits that a symbol takes where it is stored as it is. */
  readonly bits: number;
  /** 256 numbers. */
  readonly counts: Float64Array;
}

/** Planes of a tensor's bytes, the most significant first, and its fields: sign, exponent and mantissa; where there are none, the planes. */
export function countPlanes(bytes: Uint8Array, dtype: string): { planes: PlaneCounts[]; fields: FieldCounts[] } {
  const { recordBytes, parts } = layoutOf(layoutCodeOf(dtype, bytes.length));
  const records = bytes.length / recordBytes;
  const planes: PlaneCounts[] = [];
  const fields: FieldCounts[] = [];
  parts.forEach((part, number) => {
    if ("codes" in part) {
      const codes = countCodes(bytes, part, records);
      planes.push(codes);
      fields.push({ name: codes.name, pieces: [codes] });
      return;
    }
    const name = nameOf(dtype, part, parts.length > 1 ? number : undefined, parts);
    const counted = countBytes(bytes, part, recordBytes, name);
    planes.push(...counted);
    const prefix = name.prefix === "" ? "" : `${name.prefix}: `;
    if (name.split)
      for (const field of countFields(bytes, part, recordBytes, name.split, [...counted].reverse()))
        fields.push({ ...field, name: `${prefix}${field.name}` });
    else for (const plane of counted) fields.push({ name: plane.name, pieces: [plane] });
  });
  return { planes, fields };
}

/** What stands before the names of a part's planes, and how its floats are divided. */
interface PartName {
  readonly prefix: string;
  readonly split: FloatSplit | undefined;
}

function nameOf(
  dtype: string,
  part: BytesPart,
  number: number | undefined,
  parts: readonly (BytesPart | CodesPart)[],
): PartName {
  const split = part.isFloat ? splitOf(number === undefined ? dtype : "F16") : undefined;
  if (number === undefined) return { prefix: "", split };
  const codes = parts.find((one) => "codes" in one);
  return { prefix: fieldName(dtype, part, codes?.codes), split };
}

/** The field of a block at that place; what no field names are codes. */
function fieldName(dtype: string, { offset }: BytesPart, scattered: BlockCodec | undefined): string {
  const codec = scattered ?? blockOf(dtype);
  return codec?.fields.find(({ at }) => at === offset)?.name ?? "codes";
}

function blockOf(dtype: string): BlockCodec | undefined {
  const code = layoutCodeOf(dtype, 0);
  return "block" in code ? blockCodecs.get(code.block) : undefined;
}

function countBytes(
  bytes: Uint8Array,
  part: BytesPart,
  recordBytes: number,
  { prefix, split }: PartName,
): PlaneCounts[] {
  const { offset, width } = part;
  const isRotated = part.isFloat && width > 1;
  const counts = new Float64Array(256 * width);
  for (let record = offset; record < bytes.length; record += recordBytes)
    for (let at = record; at < record + part.bytes; at += width) {
      // The bit that leaves a byte at the top enters the next one at the bottom, and the sign enters the first.
      let carry = isRotated ? bytes[at + width - 1] >> 7 : 0;
      for (let p = 0; p < width; p++) {
        const byte = bytes[at + p];
        counts[(p << 8) | (isRotated ? ((byte << 1) | carry) & 255 : byte)]++;
        carry = byte >> 7;
      }
    }
  const planes = Array.from({ length: width }, (_, p) => ({
    name: planeName(prefix, p, width, split),
    bits: 8,
    counts: counts.subarray(256 * p, 256 * (p + 1)),
  }));
  return planes.reverse();
}

function planeName(prefix: string, p: number, width: number, split: FloatSplit | undefined): string {
  const name = split && width > 1 ? bitsOfPlane(p, split) : width > 1 ? `byte ${p}` : "";
  return prefix && name ? `${prefix}: ${name}` : prefix || name || "byte";
}

/** What the bits 8p + 7 … 8p of a rotated float are: exponent, mantissa, and the sign as bit 0. */
function bitsOfPlane(p: number, [exponentBits, mantissaBits]: FloatSplit): string {
  const part = (name: string, first: number, bits: number): string | undefined => {
    const high = Math.min(8 * p + 7, first + bits - 1) - first;
    const low = Math.max(8 * p, first) - first;
    if (high < low) return undefined;
    return high - low + 1 === bits ? name : high === low ? `${name} ${low}` : `${name} ${high}–${low}`;
  };
  return [part("exponent", 1 + mantissaBits, exponentBits), part("mantissa", 1, mantissaBits), part("sign", 0, 1)]
    .filter((one) => one !== undefined)
    .join(", ");
}

function countCodes(bytes: Uint8Array, { codes: codec }: CodesPart, records: number): PlaneCounts {
  const counts = new Float64Array(256);
  const codes = new Uint8Array(codec.weights);
  for (let record = 0; record < records; record++) {
    codec.packing.unpack(bytes, record * codec.bytes, codes);
    for (const code of codes) counts[code]++;
  }
  return { name: "codes", bits: codec.codeBits, counts };
}
