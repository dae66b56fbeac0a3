/** What a worker thread does for an archive: code or decode some blocks of one segment. */
import { FormatError } from "../errors";
import { planeKernels } from "../simd/planes";
import { transferring, type Transferring } from "../simd/transferring";
import { decodeBlock, encodeBlock, hashBlock, type Fail } from "./planes";

export interface EncodeTask {
  /** Whole blocks, the last of which may be shorter. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly width: number;
  readonly rotate: boolean;
  readonly blockBytes: number;
}

export interface EncodedBlocks {
  /** One behind the other. */
  readonly stored: Uint8Array<ArrayBuffer>;
  readonly sizes: Float64Array;
  readonly hashes: BigUint64Array;
}

export interface DecodeTask {
  readonly stored: Uint8Array<ArrayBuffer>;
  readonly sizes: Float64Array;
  readonly hashes: BigUint64Array;
  readonly width: number;
  readonly blockBytes: number;
  /** Bytes that come out. */
  readonly length: number;
  /** For errors: the archive, and where its first block lies. */
  readonly file: string;
  readonly at: number;
}

export function encodeBlocks({ bytes, width, rotate, blockBytes }: EncodeTask): EncodedBlocks {
  const kernels = planeKernels();
  const blocks: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; start += blockBytes)
    blocks.push(encodeBlock(kernels, bytes.subarray(start, start + blockBytes), width, rotate));
  const stored = new Uint8Array(blocks.reduce((sum, block) => sum + block.length, 0));
  let at = 0;
  for (const block of blocks) {
    stored.set(block, at);
    at += block.length;
  }
  return {
    stored,
    sizes: Float64Array.from(blocks, (block) => block.length),
    hashes: BigUint64Array.from(blocks, (block) => hashBlock(kernels, block)),
  };
}

/** Decodes into `out`, or into an array of its own. `FormatError` for a block with another hash, or that no encoder wrote. */
export function decodeBlocks(task: DecodeTask, out: Uint8Array = new Uint8Array(task.length)): Uint8Array {
  const kernels = planeKernels();
  let from = 0;
  task.sizes.forEach((size, i) => {
    const block = task.stored.subarray(from, from + size);
    const at = task.at + from;
    if (hashBlock(kernels, block) !== task.hashes[i])
      throw new FormatError(
        task.file,
        at,
        `the block of ${size} bytes here is damaged`,
        "the hash that the index gives",
      );
    const part = out.subarray(i * task.blockBytes, Math.min((i + 1) * task.blockBytes, task.length));
    const fail: Fail = (problem, expected, offset) => {
      throw new FormatError(task.file, at + offset, problem, expected);
    };
    decodeBlock(kernels, block, task.width, part, fail, true);
    from += size;
  });
  return out;
}

export const tasks = {
  encode: (task: EncodeTask): Transferring<EncodedBlocks> => transferring(encodeBlocks(task)),
  decode: (task: DecodeTask): Transferring<Uint8Array> => transferring(decodeBlocks(task)),
};
