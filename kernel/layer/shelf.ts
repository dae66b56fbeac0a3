/** Where the arrays of a stored layer are put that are as large as the layer: in memory, or in a file, a piece at a time. */
import type { SpilledArray, SpillFile } from "../bytes/spill-file";
import { encode, encodeSource, encodeToFile, type ByteSource } from "../encode";
import { loops } from "../loops/loops";
import type { CodeArray } from "../quantize/quantizer";
import {
  emptyCodes,
  packCodes,
  packCodesInto,
  typeOfCodes,
  type CodeType,
  type PackedCodes,
  type Sized,
} from "../stored/packed-codes";
import type { Step } from "../tensor/step";
import type { FloatSource } from "./float-source";

/** Puts arrays away; the same elements wherever they are. */
export interface Shelf<Place extends Sized> {
  /** The bytes of a coder; of codes, what it writes of them in an array of that class. */
  coded(data: CodeArray | ByteSource, step: Step, type?: CodeType): Uint8Array | Place;
  /** Codes in so many bits each, which unpack to an array of that class, their own unless told. */
  packed(codes: CodeArray, bits: number, type?: CodeType): PackedCodes<Place>;
  /** All floats of a source. */
  floats(source: FloatSource): Float32Array | Place;
}

/** Arrays on the heap. */
export const memoryShelf: Shelf<never> = {
  coded: (data, step, type) =>
    ArrayBuffer.isView(data) ? encode(inClass(data, type), step).bytes : encodeSource(data, step),
  packed: packCodes,
  floats(source) {
    if (source.pieces === 1) return loops.memory.keep(source.piece(0));
    const values = new Float32Array(source.length);
    for (let at = 0; at < source.pieces; at++) values.set(source.piece(at), source.startOf(at));
    return values;
  },
};

/** The codes in an array of that class: the same where it is their own. */
function inClass(codes: CodeArray, type: CodeType = typeOfCodes(codes)): CodeArray {
  if (type === typeOfCodes(codes)) return codes;
  const own = emptyCodes(type, codes.length);
  own.set(codes);
  return own;
}

/** Arrays at the end of a file. */
export function fileShelf(file: SpillFile): Shelf<SpilledArray> {
  const placed = (type: SpilledArray["type"], length: number, write: () => void): SpilledArray => {
    const start = file.length;
    write();
    return { spilledTo: file.path, type, start, length, byteLength: file.length - start };
  };
  return {
    coded: (data, step, type) => encodeToFile(data, step, file, type),
    packed: (codes, bits, type = typeOfCodes(codes)) =>
      packCodesInto(codes, { bits, type }, (size, pieces) =>
        placed("Uint8Array", size, () => {
          for (const piece of pieces) file.append(piece);
        }),
      ),
    floats: (source) =>
      placed("Float32Array", source.length, () => {
        for (let at = 0; at < source.pieces; at++) {
          const { buffer, byteOffset, byteLength } = source.piece(at);
          file.append(new Uint8Array(buffer, byteOffset, byteLength));
        }
      }),
  };
}
