import { FormatError, OptionError } from "../errors";

/** Fields of 0 to 32 bits packed one behind the other, least significant bit first: the first field takes the low bits of byte 0,
 *  and a field that does not fit goes on in the low bits of the next byte. (deflate, GPTQ's int32 packing on a little-endian
 *  machine, and numpy.packbits(bitorder="little") agree with this order.) The last byte is filled with zeros. */

/** Bytes that `count` fields of `bits` bits take. */
export function packedSize(count: number, bits: number): number {
  return Math.ceil((count * bits) / 8);
}

/** Writes fields into an array that grows. */
export class BitWriter {
  private bytes: Uint8Array;
  private size = 0;
  /** Bits not yet written, fewer than 8, in the low end. */
  private pending = 0;
  private pendingBits = 0;

  /** `expectedBytes`: room to begin with; more is taken as needed. */
  constructor(expectedBytes = 64) {
    this.bytes = new Uint8Array(Math.max(8, expectedBytes));
  }

  /** Bits written so far. */
  get bitLength(): number {
    return 8 * this.size + this.pendingBits;
  }

  /** Appends the low `bits` bits of `value`, 0 ≤ bits ≤ 32. `OptionError` when `value` is no whole number in [0, 2^bits − 1]. */
  write(value: number, bits: number): void {
    if (!(
      bits >= 0 &&
      bits <= 32 &&
      value >= 0 &&
      value < 2 ** bits &&
      Number.isInteger(value) &&
      Number.isInteger(bits)
    ))
      throw new OptionError(`BitWriter: ${value} does not fit in ${bits} bits`);
    if (bits > 24) {
      this.append(value & 0xffff, 16);
      this.append(value >>> 16, bits - 16);
    } else this.append(value, bits);
  }

  /** Fills up with zero bits to the next byte. */
  align(): void {
    if (this.pendingBits > 0) this.append(0, 8 - this.pendingBits);
  }

  /** The bytes written, the last filled with zero bits. The writer may go on; what was returned does not change. */
  finish(): Uint8Array {
    this.align();
    return this.bytes.slice(0, this.size);
  }

  /** At most 24 bits: with the 7 pending at most they fit in 31. */
  private append(value: number, bits: number): void {
    this.pending |= value << this.pendingBits;
    this.pendingBits += bits;
    if (this.size + 4 > this.bytes.length) this.grow();
    while (this.pendingBits >= 8) {
      this.bytes[this.size++] = this.pending & 0xff;
      this.pending >>>= 8;
      this.pendingBits -= 8;
    }
  }

  private grow(): void {
    const larger = new Uint8Array(2 * this.bytes.length);
    larger.set(this.bytes);
    this.bytes = larger;
  }
}

/** Reads fields that a `BitWriter` wrote. `name` is what errors call the bytes. */
export class BitReader {
  private at = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly name = "bit stream",
  ) {}

  /** Bits read so far, and bits that are left. */
  get position(): number {
    return this.at;
  }
  get left(): number {
    return 8 * this.bytes.length - this.at;
  }

  /** The next field of `bits` bits, 0 ≤ bits ≤ 32. `FormatError` when fewer are left. */
  read(bits: number): number {
    if (!(bits >= 0 && bits <= 32 && Number.isInteger(bits)))
      throw new OptionError(`BitReader: a field of ${bits} bits`);
    if (bits > this.left)
      throw new FormatError(this.name, this.at >>> 3, `${this.left} bits are left`, `a field of ${bits} bits`);
    let value = 0;
    for (let done = 0; done < bits;) {
      const within = this.at & 7;
      const take = Math.min(8 - within, bits - done);
      value += ((this.bytes[Math.floor(this.at / 8)] >>> within) & ((1 << take) - 1)) * 2 ** done;
      done += take;
      this.at += take;
    }
    return value;
  }

  /** Skips to the next byte; the skipped bits must be zero. */
  align(): void {
    const rest = (8 - (this.at & 7)) & 7;
    const at = Math.floor(this.at / 8);
    if (this.read(rest) !== 0)
      throw new FormatError(this.name, at, "the filling bits are not zero", "zeros up to the next byte");
  }

  /** Refuses anything but zero filling of the last byte: every byte must have been used. */
  end(): void {
    this.align();
    if (this.left > 0)
      throw new FormatError(
        this.name,
        Math.floor(this.at / 8),
        `${this.left / 8} bytes are left over`,
        "the end of the stream",
      );
  }
}

/** Packs `codes` at `bits` bits each, 1 ≤ bits ≤ 32. */
export function packBits(codes: ArrayLike<number>, bits: number): Uint8Array {
  const writer = new BitWriter(packedSize(codes.length, bits) + 4);
  for (let i = 0; i < codes.length; i++) writer.write(codes[i], bits);
  return writer.finish();
}

/** The `count` codes that `packBits` packed. `FormatError` unless `bytes` has exactly their size and ends in zero bits. */
export function unpackBits(bytes: Uint8Array, bits: number, count: number, name?: string): Uint32Array {
  const reader = new BitReader(bytes, name);
  const codes = new Uint32Array(checkedCount(bytes, bits, count, name ?? "bit stream"));
  for (let i = 0; i < count; i++) codes[i] = reader.read(bits);
  reader.end();
  return codes;
}

function checkedCount(bytes: Uint8Array, bits: number, count: number, name: string): number {
  const size = packedSize(count, bits);
  if (bytes.length !== size)
    throw new FormatError(
      name,
      Math.min(bytes.length, size),
      `there are ${bytes.length} bytes`,
      `${size}, for ${count} fields of ${bits} bits`,
    );
  return count;
}
