/** Zstandard (RFC 8878): what everyone knows, to compare with. Matches of earlier bytes, then Huffman codes and tANS. It finds repetitions,
 *  which weights do not have, and codes bytes as they come, exponents among mantissas; `planes({ coder: zstd() })` parts them first.
 *
 *  Stored: varint bytes of each frame, one for each 16 MiB of the array's bytes, little-endian; then the frames, which any zstd reads. */
import { free } from "../bytes/array-memory";
import { checkNumber, checkOptionNames } from "../options";
import type { Step } from "../tensor/step";
import type { ByteForm, SymbolCoder } from "./coder";
import { ByteWriter } from "./container/container";
import { compressFrame, decompressFrame } from "./container/zstd-module";

const frameBytes = 2 ** 24;
/** A frame's header is 2 bytes at least; a block has up to 128 KiB in 3 bytes and one. */
const leastBytes = (length: number): number => 2 + 4 * Math.ceil(length / 2 ** 17);
/** ZSTD_COMPRESSBOUND of a frame. */
const mostBytes = frameBytes + frameBytes / 256;

/** Options of `zstd()`. */
export interface ZstdOptions {
  /** 1 (fast) to 19 (small); 3 unless told. */
  level?: number;
}

/** The step that `zstd()` gives, checked and frozen. */
export interface ZstdStep extends Step {
  /** Names the coder. */
  readonly kind: "zstd";
  /** 1 (fast) to 19 (small); absent: 3. */
  readonly level?: number;
}

/** The step "code by Zstandard": `zstd()`, `zstd({ level: 19 })`. Throws `OptionError` for an unknown option. */
export function zstd(options: ZstdOptions = {}): ZstdStep {
  checkOptionNames("zstd", options, ["level"]);
  if (options.level === undefined) return Object.freeze({ kind: "zstd" });
  const range = { minimum: 1, maximum: 19, integer: true };
  return Object.freeze({ kind: "zstd", level: checkNumber("zstd", "level", options.level, range) });
}

const form: ByteForm<ZstdStep> = {
  id: 7,
  encodeBytes(source, _type, step, writer) {
    const start = writer.length;
    const sizes: number[] = [];
    for (let at = 0; at < source.length; at += frameBytes) {
      const part = source.part(at, Math.min(source.length, at + frameBytes));
      const frame = compressFrame(part, step.level ?? 3);
      sizes.push(frame.length);
      writer.bytes(frame);
      free(frame);
    }
    // The sizes stand before the frames.
    const table = new ByteWriter();
    for (const size of sizes) table.varint(size);
    writer.insert(start, table.written);
    return 8 * sizes.reduce((sum, size) => sum + size, 0);
  },
  decodeBytes(reader, length, create) {
    const count = Math.ceil(length / frameBytes);
    if (count > reader.end - reader.offset)
      reader.fail(`${length} bytes in ${count} frames`, "the bytes of each frame");
    const lengthOf = (i: number): number => Math.min(frameBytes, length - i * frameBytes);
    const sizes = Array.from({ length: count }, (_, i) => {
      const size = reader.varint("the bytes of a frame", mostBytes);
      if (size < leastBytes(lengthOf(i)))
        reader.fail(`a frame of ${size} bytes`, `${leastBytes(lengthOf(i))} or more for ${lengthOf(i)} bytes`);
      return size;
    });
    const total = sizes.reduce((sum, size) => sum + size, 0);
    if (total !== reader.end - reader.offset)
      reader.fail(`frames of ${total} bytes`, `${reader.end - reader.offset}, all that are left`);
    const out = create();
    sizes.forEach((size, i) => {
      const frame = reader.bytes.subarray(reader.offset, reader.offset + size);
      const bytes = decompressFrame(frame, lengthOf(i));
      if (!bytes) return reader.fail("a frame that zstd does not decode", `one of ${lengthOf(i)} bytes`);
      out.set(bytes, i * frameBytes);
      reader.offset += size;
    });
  },
};

/** The coder of `zstd()` steps. */
export const zstdCoder: SymbolCoder<ZstdStep> = {
  kind: "zstd",
  forms: [form],
  formFor: () => form,
  label: (step) => (step.level === undefined ? "zstd" : `zstd -${step.level}`),
  floatStep: (step) => step,
};
