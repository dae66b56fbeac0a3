/** Two 4-bit codes to a byte. compressed-tensors puts the even index into the low half ("low-first"), bitsandbytes into the high
 *  half ("high-first"). */
import { OptionError } from "../errors";

/** Which half of a byte the first of two codes takes: bits 0–3 ("low-first") or bits 4–7. */
export type NibbleOrder = "low-first" | "high-first";

/** ⌈n/2⌉ bytes from n codes of 0–15; an odd last code is paired with `filler`. Throws `OptionError` for a code beyond 15. */
export function packNibbles(codes: ArrayLike<number>, order: NibbleOrder, filler = 0): Uint8Array {
  const bytes = new Uint8Array((codes.length + 1) >> 1);
  for (let i = 0; i < codes.length; i += 2) {
    const even = codes[i];
    const odd = i + 1 < codes.length ? codes[i + 1] : filler;
    if ((even | odd) & ~15) throw new OptionError(`packNibbles(): code ${i} or ${i + 1} does not fit 4 bits`);
    bytes[i >> 1] = order === "low-first" ? even | (odd << 4) : (even << 4) | odd;
  }
  return bytes;
}

/** The first `count` codes of `bytes`. Throws `OptionError` when there are fewer. */
export function unpackNibbles(bytes: Uint8Array, order: NibbleOrder, count: number): Uint8Array {
  if (!(Number.isInteger(count) && count >= 0 && count <= 2 * bytes.length))
    throw new OptionError(`unpackNibbles(): ${bytes.length} bytes hold ${2 * bytes.length} codes, not ${count}`);
  const codes = new Uint8Array(count);
  const lowIsEven = order === "low-first";
  for (let i = 0; i < count; i++) {
    const byte = bytes[i >> 1];
    codes[i] = ((i & 1) === 0) === lowIsEven ? byte & 15 : byte >> 4;
  }
  return codes;
}
