/** Codes and tables of a stored tensor, for the parameters of compressed-tensors. Synchronous: worker threads pack. */
import type { CodeArray, Table } from "../quantize/quantizer";
import { restoreQuantized } from "../stored/restored-weights";
import type { StoredCodes, StoredTensor } from "../stored/stored-tensor";
import { refuse } from "./compressed-tensors-scheme";

/** The numbers of a table, by its number. */
export const dataOf = ({ content }: StoredTensor, table: number) => (content as StoredCodes).tables[table].data;

/** Makes the bytes of a table as float32. */
export const f32 = (table: number) => (stored: StoredTensor) =>
  new Uint8Array(Float32Array.from(dataOf(stored, table)).buffer);

/** The code of a weight that was pruned away, by its index: that of zero. */
export type ZeroCode = (tables: readonly Table[], index: number) => number;

/** One code for each weight; one that was pruned away has the code 0 unless `zeroCode` says another. */
export function codesOf(stored: StoredTensor, zeroCode: ZeroCode = () => 0): CodeArray {
  return restoreQuantized(stored, zeroCode)?.codes ?? refuse(stored.name, "has no codes");
}
