import { basename } from "node:path";
import type { ByteSource } from "../bytes/source";
import { FormatError } from "../errors";
import type { Model } from "../tensor/model";
import { TensorSet } from "../tensor/tensor-set";
import { mapInOrder } from "../threads/pool";
import { hashSources } from "./hash-sources";
import { quote } from "./json-reader";
import { maxShards, shardsAtOnce } from "./limits";
import { openSafetensors, readSafetensorsHeader, tensorsOf } from "./safetensors";
import type { Siblings } from "./siblings";

/** A model in several safetensors files without an index: their names say which of how many each is, `model-00002-of-00003.safetensors`. */

const partPattern = /^(?<stem>.*[-_.])(?<at>\d{1,5})-of-(?<count>\d{1,5})\.safetensors$/s;

/** The names of all parts, the first one first, and which of them `name` is, from 0; `undefined` for a file that is no part by its name. */
export function safetensorsParts(name: string): { readonly at: number; readonly names: readonly string[] } | undefined {
  const groups = partPattern.exec(name)?.groups;
  if (!groups) return undefined;
  const [at, count] = [Number(groups.at), Number(groups.count)];
  if (at < 1 || at > count || count > maxShards) return undefined;
  const names = Array.from(
    { length: count },
    (_, i) => `${groups.stem}${String(i + 1).padStart(groups.at.length, "0")}-of-${groups.count}.safetensors`,
  );
  return { at: at - 1, names };
}

/** A model in a safetensors file, or, where its name says that it is the first of several, in all of these; reads headers only. A later part opens
 *  alone. `SourceError` when a part is missing, `FormatError` where two parts have a tensor of the same name. */
export async function openSafetensorsParts(
  source: ByteSource,
  name: string,
  signal: AbortSignal | undefined,
  siblings: Siblings,
): Promise<Model> {
  const parts = safetensorsParts(basename(source.name));
  if (!parts || parts.at > 0 || parts.names.length === 1) return openSafetensors(source, name, signal);
  const opened = await mapInOrder(parts.names, shardsAtOnce, async (part, at) => {
    const file = at === 0 ? source : await siblings(part, 0);
    const header = await readSafetensorsHeader(file, signal);
    return { file, header, tensors: await tensorsOf(file, header, signal) };
  });
  const seen = new Set<string>();
  for (const { file, header } of opened)
    for (const { name: tensor, nameAt } of header.entries) {
      if (seen.has(tensor))
        throw new FormatError(
          file.name,
          nameAt,
          `the tensor ${quote(tensor)} is in a part before this one too`,
          "each tensor once",
        );
      seen.add(tensor);
    }
  return new TensorSet({
    name,
    format: "safetensors",
    tensors: opened.flatMap(({ tensors }) => tensors),
    metadata: Object.assign(Object.create(null), ...opened.map(({ header }) => header.metadata).reverse()),
    sha256: (options) =>
      hashSources(
        opened.map(({ file }) => file),
        name,
        options?.signal,
      ),
  });
}
