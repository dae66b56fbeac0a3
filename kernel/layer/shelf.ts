/** Where the arrays of a stored layer are put that are as large as the layer: in memory, or in a file, a piece at a time. */
import type { SpilledArray, SpillFile } from "../bytes/spill-file";
import { encode, encodeSource, encodeToFile, type ByteSource } from "../encode";
import { loops } from "../loops/loops";
import type { CodeArray } from "../quantize/quantizer";
import { packCodes, packCodesInto, type PackedCodes } from "../stored/packed-codes";
import type { Sized } from "../stored/stored-tensor";
import type { Step } from "../tensor/step";
import type { FloatSource } from "./float-source";

/** Puts arrays away; the same elements wherever they are. */
export interface Shelf<Place extends Sized> {
  /** The bytes of a coder. */
  coded(data: CodeArray | ByteSource, step: Step): Uint8Array | Place;
  /** Codes in so many bits each. */
  packed(codes: CodeArray, bits: number): PackedCodes<Place>;
  /** All floats of a source. */
  floats(source: FloatSource): Float32Array | Place;
}

/** Arrays on the heap. */
export const memoryShelf: Shelf<never> = {
  coded: (data, step) => (ArrayBuffer.isView(data) ? encode(data, step).bytes : encodeSource(data, step)),
  packed: packCodes,
  floats(source) {
    if (source.pieces === 1) return loops.memory.keep(source.piece(0));
    const values = new Float32Array(source.length);
    for (let at = 0; at < source.pieces; at++) values.set(source.piece(at), source.startOf(at));
    return values;
  },
};

/** Arrays at the end of a file. */
export function fileShelf(file: SpillFile): Shelf<SpilledArray> {
  const placed = (type: SpilledArray["type"], length: number, write: () => void): SpilledArray => {
    const start = file.length;
    write();
    return { spilledTo: file.path, type, start, length, byteLength: file.length - start };
  };
  return {
    coded: (data, step) => encodeToFile(data, step, file),
    packed: (codes, bits) =>
      packCodesInto(codes, bits, (size, pieces) =>
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
