import type { CodeArray } from "../grid/arrays";

type CodeClass = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => CodeArray;

const classes: Readonly<Record<string, CodeClass>> = { Uint8Array, Int8Array, Uint16Array, Int16Array, Int32Array };

/** The same numbers as a plain array of this realm. Cells hand over arrays of another realm and `Buffer`s, whose classes are not those that
 *  the kernels tell signed from unsigned codes by. `undefined` for what is no array of integers. */
export function ownCodes(codes: ArrayLike<number>): CodeArray | undefined {
  const name = Object.prototype.toString.call(codes).slice("[object ".length, -1);
  if (!Object.hasOwn(classes, name)) return undefined;
  const { buffer, byteOffset, length } = codes as CodeArray;
  return new classes[name](buffer, byteOffset, length);
}

/** Whether a code takes one byte. */
export function isBytes(codes: CodeArray | undefined): codes is Uint8Array | Int8Array {
  return codes?.BYTES_PER_ELEMENT === 1;
}
