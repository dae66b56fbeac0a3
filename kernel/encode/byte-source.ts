/** The bytes that a coder takes, as it comes to them: those of an array, or of a file that is larger than the memory that may be had. */

/** Bytes that are read a part at a time, in any order, as often as a coder likes. */
export interface ByteSource {
  /** How many there are. */
  readonly length: number;
  /** The bytes [from, to), not to be changed; they stand until the next call. */
  part(from: number, to: number): Uint8Array;
}

/** The source of bytes that are in memory. */
export function sourceOfBytes(bytes: Uint8Array): ByteSource {
  return { length: bytes.length, part: (from, to) => bytes.subarray(from, to) };
}
