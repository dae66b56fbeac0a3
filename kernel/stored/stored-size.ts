/** Where the bytes of a compressed layer are counted, and so the bits per weight of every report. The size of a stored tensor is the sum of
 *  - content: codes at `codeBits` each (or a coder's bytes, tables and headers included), or values at their own width;
 *  - tables of the method: scales, zero points, offsets, codebooks, at the bits of their entries;
 *  - an index of the weights that are left, where zeros are left out of the content or cannot be told from it (prune/sparse/storage.ts);
 *  each rounded up to whole bytes, and the tensor's entry in the file's header: the UTF-8 bytes of its name, its shape, and the kind
 *  and length of its parts, as JSON. */
import type { Sized, StoredTensor } from "./stored-tensor";

/** The name and the size in bytes of each part; the header's entry comes last. */
export function storedParts(stored: StoredTensor<Sized>): [string, number][] {
  const { content, index, sparse } = stored;
  const parts: [string, number][] = [];
  const bytesOf = (bits: number): number => Math.ceil(bits / 8);
  // The index n:m stores padding for a short last group.
  const weightsIn = (length: number): number => (sparse && index ? index.storedWeights : length);
  if (content.kind === "bytes") parts.push(["bytes", content.bytes.bytes.length]);
  else if (content.kind === "factors")
    parts.push(["factors", "coder" in content.bytes ? content.bytes.bytes.length : content.bytes.length]);
  else if (content.kind === "values") {
    const { values, bitsPerValue } = content;
    parts.push(["values", "coder" in values ? values.bytes.length : bytesOf(weightsIn(values.length) * bitsPerValue)]);
  } else {
    const { codes } = content;
    parts.push(["codes", "coder" in codes ? codes.bytes.length : bytesOf(weightsIn(codes.length) * codes.bits)]);
    for (const { name, data, bitsPerEntry } of content.tables) parts.push([name, bytesOf(data.length * bitsPerEntry)]);
  }
  if (index) parts.push([index.scheme, bytesOf(index.indexBits)]);
  return [...parts, ["header", Buffer.byteLength(JSON.stringify([stored.name, stored.shape, parts]))]];
}

/** The size of a stored tensor in bytes, with its entry in the header. */
export function storedBytes(stored: StoredTensor<Sized>): number {
  return storedParts(stored).reduce((sum, [, bytes]) => sum + bytes, 0);
}
