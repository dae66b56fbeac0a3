/** What is known of an archive that is not finished: in memory of each segment, and in a line beside the file of each batch of blocks. */
import { createHash } from "node:crypto";
import { archiveVersion, blockCount, type Segment, type SegmentInfo } from "./contents";
import type { EncodedBatch } from "./tasks";

/** What is known of a segment so far. */
export class SegmentBuilder {
  /** Takes in the segment's bytes that were read. */
  hash = createHash("sha256");
  /** The SHA-256 of all its bytes, where an earlier call has read them. */
  known: string | undefined;
  readonly blocks: number;
  private readonly at: Float64Array;
  private readonly hashes: BigUint64Array;
  private added = 0;

  constructor(readonly info: SegmentInfo) {
    this.blocks = blockCount(archiveVersion, info);
    this.at = new Float64Array(this.blocks + 1);
    this.hashes = new BigUint64Array(this.blocks);
  }

  get sha256(): string {
    return this.known ?? this.hash.copy().digest("hex");
  }

  add(at: number, size: number, hash: bigint): void {
    this.at[this.added] = at;
    this.hashes[this.added++] = hash;
    this.at[this.added] = at + size;
  }

  finish(): Segment {
    return { ...this.info, at: this.at, hashes: this.hashes, sha256: this.sha256 };
  }
}

/** What a later call must know of a batch besides its blocks. */
export interface BatchNote extends EncodedBatch {
  /** SHA-256 of the original up to the batch's end. */
  readonly upTo: string;
  /** SHA-256 of each segment that ends in the batch. */
  readonly ended: readonly string[];
}

export function writeNote({ upTo, ended, sizes, hashes }: BatchNote): string {
  const lists = [ended, [...sizes], [...hashes].map((hash) => hash.toString(16))];
  return [upTo, ...lists.map((list) => list.join(","))].join(" ");
}

/** The inverse of `writeNote`; `undefined` for a line that is no note of `blocks` blocks. */
export function readNote(note: string, blocks: number): BatchNote | undefined {
  const form = /^([0-9a-f]{64}) ((?:[0-9a-f]{64},?)*) ((?:\d{1,15},?)+) ((?:[0-9a-f]{1,16},?)+)$/.exec(note);
  if (!form) return undefined;
  const [ended, sizes, hashes] = form.slice(2).map((list) => list.split(",").filter((word) => word !== ""));
  if (sizes.length !== blocks || hashes.length !== blocks) return undefined;
  return {
    upTo: form[1],
    ended,
    sizes: Float64Array.from(sizes, Number),
    hashes: BigUint64Array.from(hashes, (hash) => BigInt(`0x${hash}`)),
  };
}
