/** The narrowest type that holds floats to the last bit. */
import { bfloat16FromBits, float16FromBits, float16ToFloat32Bits } from "../../bytes/half-float";
import { e4m3Values, e5m2Values, e8m0Values } from "../../bytes/small-float";

/** The types, the narrowest first. */
export const archivedFloats = ["F8_E8M0", "F8_E4M3", "F8_E5M2", "F16", "BF16", "F32"] as const;
/** One of them. */
export type ArchivedFloat = (typeof archivedFloats)[number];

/** Bytes of a number of that type. */
export function bytesOfFloat(type: ArchivedFloat): number {
  return type === "F32" ? 4 : type.startsWith("F8_") ? 1 : 2;
}

/** Floats as bytes of the narrowest of these types that gives all of them back, bit for bit: NaN payloads and −0 included. */
export function narrowFloats(values: Float32Array): { type: ArchivedFloat; bytes: Uint8Array } {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (const [type, table] of byteTables) {
    const bytes = throughTable(bits, table);
    if (bytes) return { type, bytes };
  }
  const halves =
    exactly(bits, float16FromBits, (half) => float16ToFloat32Bits[half], "F16") ??
    exactly(bits, bfloat16FromBits, (half) => (half << 16) >>> 0, "BF16");
  return halves ?? { type: "F32", bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) };
}

const byteTables: readonly (readonly [ArchivedFloat, ReadonlyMap<number, number>])[] = [
  ["F8_E8M0", codesByBits(e8m0Values)],
  ["F8_E4M3", codesByBits(e4m3Values)],
  ["F8_E5M2", codesByBits(e5m2Values)],
];

function codesByBits(values: Float32Array): ReadonlyMap<number, number> {
  const codes = new Map<number, number>();
  new Uint32Array(values.buffer, values.byteOffset, values.length).forEach((bits, code) => {
    if (!codes.has(bits)) codes.set(bits, code);
  });
  return codes;
}

function throughTable(bits: Uint32Array, table: ReadonlyMap<number, number>): Uint8Array | undefined {
  const bytes = new Uint8Array(bits.length);
  for (let i = 0; i < bits.length; i++) {
    const code = table.get(bits[i]);
    if (code === undefined) return undefined;
    bytes[i] = code;
  }
  return bytes;
}

function exactly(
  bits: Uint32Array,
  narrow: (bits: number) => number,
  widen: (half: number) => number,
  type: ArchivedFloat,
): { type: ArchivedFloat; bytes: Uint8Array } | undefined {
  const halves = new Uint16Array(bits.length);
  for (let i = 0; i < bits.length; i++) {
    halves[i] = narrow(bits[i]);
    if (widen(halves[i]) !== bits[i]) return undefined;
  }
  return { type, bytes: new Uint8Array(halves.buffer) };
}
