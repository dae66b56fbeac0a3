/** What becomes of tensors on their way from a folder to GGUF: rows in another order, parts, values with something added. */
import { OptionError } from "../errors";
import type { SavedTensor } from "../formats/safetensors-writer";
import type { Change } from "./architecture";
import { ComputedTensor, MovedRows, turnedMatrix } from "./moved-tensor";
import { headsOf, sharedHeadsOf, type Settings } from "./settings";

/** As it is, under another name. */
export const renamed: Change = (tensor, name) => new MovedRows(tensor, name, undefined);

/** A matrix (in, out) as (out, in). */
export const turned: Change = (tensor, name) => turnedMatrix(tensor, name);

/** (1, width) as a vector. */
export const asVector: Change = (tensor, name) => new MovedRows(tensor, name, undefined, [tensor.shape[1]]);

/** w + 1 in float32: Gemma multiplies by 1 + w where llama.cpp multiplies by w. */
export const plusOne: Change = (tensor, name) =>
  new ComputedTensor(name, [tensor], tensor.shape, ([values]) => values.map((value) => value + 1));

/** The rows from the n-th on, n by config.json. */
export function rowsFrom(first: (config: Settings) => number): Change {
  return (tensor, name, config) => {
    const from = first(config);
    const count = tensor.shape[0] - from;
    if (count < 1) throw new OptionError(`saveGguf(): ${tensor.name} has ${tensor.shape[0]} rows, and ${from} go`);
    return new MovedRows(
      tensor,
      name,
      Uint32Array.from({ length: count }, (_, row) => row + from),
      [count, ...tensor.shape.slice(1)],
    );
  };
}

/** Query or key whose rotary positions pair entry i of a head with i + d/2, where llama.cpp pairs 2i with 2i + 1: rows (heads, 2, d/2, in)
 *  become (heads, d/2, 2, in). Whole rows move, so that blocks of quantized weights stay what they are. */
export function pairedRows(kind: "query" | "key"): Change {
  return (tensor, name, config) =>
    new MovedRows(tensor, name, rotaryRows(tensor, kind === "query" ? headsOf(config) : sharedHeadsOf(config)));
}

/** Where llama.cpp's rows of query and key come from: its row r is row `order[r]` of the folder's. */
function rotaryRows({ name, shape: [rows] }: SavedTensor, heads: number): Uint32Array {
  const size = rows / heads;
  if (!Number.isInteger(size / 2))
    throw new OptionError(`saveGguf(): ${name} has ${rows} rows, which are no pairs of ${heads} heads`);
  return Uint32Array.from({ length: rows }, (_, r) => {
    const head = Math.floor(r / size);
    const at = r % size;
    return head * size + (at % 2) * (size / 2) + (at >> 1);
  });
}

/** One matrix, or bias, of query, key and value, whose groups of `queries` query heads, a key and a value stand behind one another: rows
 *  (groups, queries + 2, d, in) become all queries, all keys, all values. */
export function sortedHeads(groupsOf: (config: Settings) => number): Change {
  return (tensor, name, config) => {
    const [groups, heads] = [groupsOf(config), headsOf(config)];
    const [rows] = tensor.shape;
    const queries = heads / groups;
    const size = rows / (heads + 2 * groups);
    if (!Number.isInteger(queries) || !Number.isInteger(size))
      throw new OptionError(
        `saveGguf(): ${tensor.name} has ${rows} rows, which are no queries of ${heads} heads with keys and values of ${groups}`,
      );
    const order: number[] = [];
    const take = (group: number, at: number): void => {
      for (let row = 0; row < size; row++) order.push((group * (queries + 2) + at) * size + row);
    };
    for (let group = 0; group < groups; group++) for (let at = 0; at < queries; at++) take(group, at);
    for (const at of [queries, queries + 1]) for (let group = 0; group < groups; group++) take(group, at);
    return new MovedRows(tensor, name, Uint32Array.from(order));
  };
}
