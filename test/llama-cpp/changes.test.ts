import type { SavedTensor } from "../../kernel/formats/safetensors-writer";
import type { Change } from "../../kernel/llama-cpp/architecture";
import { asVector, pairedRows, plusOne, renamed, rowsFrom, sortedHeads, turned } from "../../kernel/llama-cpp/changes";

/** A tensor of `shape` whose values are 0, 1, 2, …. */
function counting(...shape: number[]): SavedTensor {
  const values = Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, (_, i) => i);
  return {
    ...{ name: "t", shape, dtype: "F32", sizeBytes: values.byteLength },
    read: () => Promise.resolve(values),
    readBytes: () => Promise.resolve(new Uint8Array(values.slice().buffer)),
  };
}

/** Name, shape and values of what becomes of a tensor; its bytes must be those values. */
async function madeBy(change: Change, tensor: SavedTensor, config = {}) {
  const [made] = [change(tensor, "new", config)].flat();
  const values = await made.read();
  const bytes = await made.readBytes();
  expect(bytes).toHaveLength(made.sizeBytes);
  expect(new Float32Array(bytes.slice().buffer)).toEqual(values);
  return [made.name, made.shape, Array.from(values)];
}

test("a name, a shape, the values plus one, a transposition", async () => {
  expect(await madeBy(renamed, counting(2, 2))).toEqual(["new", [2, 2], [0, 1, 2, 3]]);
  expect(await madeBy(asVector, counting(1, 3))).toEqual(["new", [3], [0, 1, 2]]);
  expect(await madeBy(plusOne, counting(3))).toEqual(["new", [3], [1, 2, 3]]);
  expect(await madeBy(turned, counting(2, 3))).toEqual(["new", [3, 2], [0, 3, 1, 4, 2, 5]]);
});

test("the first rows go", async () => {
  const change = rowsFrom(() => 2);
  expect(await madeBy(change, counting(4, 2))).toEqual(["new", [2, 2], [4, 5, 6, 7]]);
  expect(() => change(counting(2, 2), "new", {})).toThrow("t has 2 rows, and 2 go");
});

test("entries i and i + d/2 of a head become 2i and 2i + 1", async () => {
  const config = { num_attention_heads: 2, num_key_value_heads: 1 };
  expect(await madeBy(pairedRows("query"), counting(8), config)).toEqual(["new", [8], [0, 2, 1, 3, 4, 6, 5, 7]]);
  expect(await madeBy(pairedRows("key"), counting(4, 1), config)).toEqual(["new", [4, 1], [0, 2, 1, 3]]);
  expect(() => pairedRows("query")(counting(6), "new", config)).toThrow("6 rows, which are no pairs of 2 heads");
});

test("groups of queries, key and value become all queries, all keys, all values", async () => {
  // Two groups of two queries, a key and a value, each of one row.
  const config = { num_attention_heads: 4 };
  const change = sortedHeads(() => 2);
  expect(await madeBy(change, counting(8), config)).toEqual(["new", [8], [0, 1, 4, 5, 2, 6, 3, 7]]);
  // One query, key and value of two rows for each of two heads.
  const each = sortedHeads(() => 2);
  expect(await madeBy(each, counting(12), { num_attention_heads: 2 })).toEqual([
    ...["new", [12]],
    [0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11],
  ]);
  expect(() => change(counting(9), "new", config)).toThrow("9 rows, which are no queries of 4 heads");
  expect(() => sortedHeads(() => 3)(counting(8), "new", config)).toThrow("with keys and values of 3");
});
