/** Cuts of a tensor on its stored bytes: rows always, entries of a row where whole blocks of a block type stay or go. */
import { isReadable } from "../../formats/values";
import { mappedShape, type AxisMap } from "./axis-map";
import { dtypes } from "../../tensor/dtype";
import { parametersOf, type Shape } from "../../tensor/tensor";

export interface ByteCut {
  /** Slices before the axis. */
  readonly outer: number;
  /** Bytes of one entry of the map's axis, or of one block. */
  readonly unit: number;
  readonly map: AxisMap;
}

/** The cuts on bytes that maps stand for, if they do: only cuts, and along rows of blocks only at their ends. */
export function byteCuts(dtype: string, shape: Shape, maps: readonly AxisMap[]): ByteCut[] | undefined {
  if (!isReadable(dtype)) return undefined;
  const { blockElements, blockBytes } = dtypes[dtype];
  const cuts: ByteCut[] = [];
  let before: Shape = shape;
  for (const map of maps) {
    if (map.kind !== "keep" || map.members.some((member) => member < 0)) return undefined;
    const outer = parametersOf(before.slice(0, map.axis));
    const inner = parametersOf(before.slice(map.axis + 1));
    if (map.axis < before.length - 1 || blockElements === 1) {
      cuts.push({ outer, unit: (inner / blockElements) * blockBytes, map });
    } else {
      const blocks = wholeBlocks(map, blockElements);
      if (!blocks) return undefined;
      cuts.push({ outer, unit: blockBytes, map: blocks });
    }
    before = mappedShape(before, [map]);
  }
  return cuts;
}

/** A cut of entries as a cut of blocks of them; `undefined` where a block is cut through. */
function wholeBlocks({ axis, size, members }: AxisMap, blockElements: number): AxisMap | undefined {
  if (size % blockElements !== 0 || members.length % blockElements !== 0) return undefined;
  const blocks = new Int32Array(members.length / blockElements);
  for (let i = 0; i < members.length; i++) {
    const block = Math.floor(i / blockElements);
    if (i % blockElements === 0) blocks[block] = members[i] / blockElements;
    if (members[i] !== blocks[block] * blockElements + (i % blockElements)) return undefined;
  }
  return { kind: "keep", axis, size: size / blockElements, members: blocks };
}

/** What stays of the bytes after one cut. */
export function cutOnce(bytes: Uint8Array, { outer, unit, map }: ByteCut): Uint8Array<ArrayBuffer> {
  const { size, members } = map;
  const out = new Uint8Array(outer * members.length * unit);
  for (let o = 0; o < outer; o++)
    for (let k = 0; k < members.length; k++) {
      const from = (o * size + members[k]) * unit;
      out.set(bytes.subarray(from, from + unit), (o * members.length + k) * unit);
    }
  return out;
}

/** The bytes of a tensor after cuts; `undefined` where they cannot be had without decoding. */
export function cutBytes(
  bytes: Uint8Array<ArrayBuffer>,
  dtype: string,
  shape: Shape,
  maps: readonly AxisMap[],
): Uint8Array<ArrayBuffer> | undefined {
  return byteCuts(dtype, shape, maps)?.reduce(cutOnce, bytes);
}
