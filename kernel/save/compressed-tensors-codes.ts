/** Codes and tables of a stored tensor, for the parameters of compressed-tensors. Synchronous: worker threads pack. */
import { groupsOf } from "../grid/groups";
import type { LinearStep } from "../quantize/linear";
import type { CodeArray, Table } from "../quantize/quantizer";
import { restoreQuantized } from "../stored/restored-weights";
import type { StoredCodes, StoredTensor } from "../stored/stored-tensor";
import { refuse } from "./compressed-tensors-scheme";

/** The numbers of a table, by its number. */
export const dataOf = ({ content }: StoredTensor, table: number) => (content as StoredCodes).tables[table].data;

/** Makes the bytes of a table as float32. */
export const f32 = (table: number) => (stored: StoredTensor) =>
  new Uint8Array(Float32Array.from(dataOf(stored, table)).buffer);

/** One code for each weight; a weight that was pruned away has the code of zero. */
export function codesOf(stored: StoredTensor): CodeArray {
  return restoreQuantized(stored, zeroCode(stored))?.codes ?? refuse(stored.name, "has no codes");
}

/** The code of a weight that was pruned away: that of zero in its group. */
function zeroCode({ shape, content }: StoredTensor): (tables: readonly Table[], index: number) => number {
  const step = content.kind === "codes" ? (content.quantizer as Partial<LinearStep>) : undefined;
  if (step?.symmetric !== false) return () => 0;
  const per = step.per ?? "tensor";
  const { rowLength, groupLength, groupsPerRow } = groupsOf(step.kind ?? "", shape, shape[0] * shape[1], {
    per,
    group: step.group,
  });
  return ([, zeros], i) =>
    zeros.data[Math.floor(i / rowLength) * groupsPerRow + Math.floor((i % rowLength) / groupLength)];
}
