import { FormatError } from "../../errors";
import { quote } from "../json-reader";

/** The sizes of a network as the metadata of a GGUF file state them, by the ends of their keys, which begin with the architecture
 *  ("llama.block_count"). Whatever counts by them must not count to 2^40, nor below zero. Source: gguf-py, constants.py. */

/** No known network has a fiftieth of these. */
const some = 65_536;
/** llama.cpp holds sizes in 32 bits. */
const many = 2 ** 32 - 1;

const most: readonly (readonly [ending: string, most: number])[] = [
  ["block_count", some],
  ["attention.head_count", some],
  ["attention.head_count_kv", some],
  ["attention.key_length", some],
  ["attention.value_length", some],
  ["expert_count", some],
  ["expert_used_count", some],
  ["expert_shared_count", some],
  ["embedding_length", many],
  ["feed_forward_length", many],
  ["expert_feed_forward_length", many],
  ["context_length", many],
  ["vocab_size", many],
];

/** Refuses metadata in which a size of a network is no whole number from 0 on, or beyond what a network can have; a list has one for each
 *  block. `keyAt`: the file's byte where a key begins. `FormatError` at the key. */
export function checkNetworkSizes(
  file: string,
  metadata: Readonly<Record<string, unknown>>,
  keyAt: (key: string) => number,
): void {
  for (const key of Object.keys(metadata)) {
    const limit = most.find(([ending]) => key.endsWith(`.${ending}`))?.[1];
    if (limit === undefined) continue;
    const value = metadata[key];
    const list: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (list.length > some)
      throw new FormatError(file, keyAt(key), `${quote(key)} is a list of ${list.length}`, `at most ${some}`);
    const wrong = list.findIndex((one) => !isSize(one, limit));
    if (wrong >= 0)
      throw new FormatError(
        file,
        keyAt(key),
        `${quote(key)} is ${quote(String(list[wrong]))}`,
        `a whole number from 0 to ${limit}`,
      );
  }
}

function isSize(value: unknown, limit: number): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= limit;
}
