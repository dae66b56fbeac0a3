import { basename } from "node:path";
import type { ByteSource } from "../../bytes/source";
import { FormatError, UnsupportedError } from "../../errors";
import { mapInOrder } from "../../threads/pool";
import type { Model } from "../../tensor/model";
import { TensorSet } from "../../tensor/tensor-set";
import { partNames } from "./parts";
import { readGgufHeader } from "./header";
import type { GgufHeader } from "./header";
import { checkNetworkSizes } from "./sizes";
import { changedMetadata } from "./metadata";
import { quote } from "../json-reader";
import { hashSources } from "../hash-sources";
import { maxShards, maxTensors, shardsAtOnce } from "../limits";
import type { Siblings } from "../siblings";

export { maxGgufNameBytes, maxGgufRank } from "./header";

/** Models in GGUF: one file, or several, `NAME-00001-of-00003.gguf` and so on, as large models come. Each part is a GGUF file with
 *  `split.no` (0, 1, …), `split.count` and `split.tensors.count`, the number of tensors in all; the first has the model's other keys. A part
 *  alone would pass for the whole, so all must be there, agree, and hold each tensor once. Source: llama.cpp, tools/gguf-split. */

/** Matches the first bytes of a file, read as Latin-1. */
export const ggufMagic = /^GGUF/;

const splitKeys = ["split.no", "split.count", "split.tensors.count"];

interface Part {
  readonly source: ByteSource;
  readonly header: GgufHeader;
}

/** Opens a file, and the other parts where it is the first of several. Reads headers only. `FormatError` for files that break any rule of
 *  the format, `SourceError` when a part is missing, `UnsupportedError` for a part whose others cannot be found by its name. */
export async function openGguf(
  source: ByteSource,
  name: string,
  signal?: AbortSignal,
  siblings?: Siblings,
): Promise<Model> {
  const header = await readGgufHeader(source, signal);
  checkNetworkSizes(source.name, header.metadata, header.keyAt);
  const count = splitCount(header, source.name);
  const parts = count > 1 ? await openParts({ source, header }, count, siblings, signal) : [{ source, header }];
  return new TensorSet({
    name,
    format: "gguf",
    tensors: parts.flatMap((part) => part.header.tensors),
    metadata: count > 1 ? changedMetadata(header.metadata, splitKeys) : header.metadata,
    sha256: (options) =>
      hashSources(
        parts.map((part) => part.source),
        name,
        options?.signal,
      ),
  });
}

function splitCount({ metadata, keyAt }: GgufHeader, file: string): number {
  const count = metadata["split.count"] ?? 1;
  if (typeof count === "number" && Number.isInteger(count) && count >= 0 && count <= maxShards) return count;
  throw new FormatError(
    file,
    keyAt("split.count"),
    `split.count is ${shown(count)}`,
    `a number of parts up to ${maxShards}`,
  );
}

async function openParts(
  first: Part,
  count: number,
  siblings: Siblings | undefined,
  signal: AbortSignal | undefined,
): Promise<Part[]> {
  const file = first.source.name;
  const named = partNames(basename(file));
  if (!named || named.names.length !== count || !siblings)
    throw new UnsupportedError(
      `${file}: this is one of ${count} parts of a model, and its name does not tell the others; name them as llama-gguf-split does, "model-00001-of-${String(count).padStart(5, "0")}.gguf"`,
    );
  if (named.at !== 0)
    throw new UnsupportedError(`${file}: this is part ${named.at + 1} of ${count}; open the first, ${named.names[0]}`);
  const total = first.header.metadata["split.tensors.count"];
  const parts = await mapInOrder(named.names, shardsAtOnce, async (partName, at) => {
    const source = at === 0 ? first.source : await siblings(partName, first.header.keyAt("split.count"));
    const part = at === 0 ? first : { source, header: await readGgufHeader(source, signal) };
    checkPart(part, at, count, total);
    return part;
  });
  checkTensors(parts, total);
  return parts;
}

function checkPart({ source, header }: Part, at: number, count: number, total: unknown): void {
  const expected = { "split.no": at, "split.count": count, "split.tensors.count": total };
  for (const [key, value] of Object.entries(expected)) {
    const found = header.metadata[key];
    if (found === value && typeof found === "number") continue;
    throw new FormatError(
      source.name,
      header.keyAt(key),
      `${key} is ${shown(found)}`,
      typeof value === "number" ? `${value}, in part ${at + 1} of ${count}` : "the number of tensors in all parts",
    );
  }
}

function checkTensors(parts: readonly Part[], total: unknown): void {
  const seen = new Map<string, string>();
  for (const { source, header } of parts)
    for (const { name } of header.tensors) {
      const other = seen.get(name);
      if (other !== undefined)
        throw new FormatError(
          source.name,
          0,
          `the tensor ${quote(name)} is in ${basename(other)} too`,
          "each tensor once",
        );
      seen.set(name, source.name);
    }
  const [{ source, header }] = parts;
  if (seen.size !== total || seen.size > maxTensors)
    throw new FormatError(
      source.name,
      header.keyAt("split.tensors.count"),
      `split.tensors.count is ${shown(total)}`,
      `${seen.size}, as the parts have, and at most ${maxTensors}`,
    );
}

function shown(value: unknown): string {
  if (value === undefined) return "missing";
  return typeof value === "string" ? quote(value) : (JSON.stringify(value) ?? "").slice(0, 40);
}
