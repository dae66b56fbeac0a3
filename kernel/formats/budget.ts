import type { ByteSource } from "../bytes/source";
import { FormatError } from "../errors";

/** What a parser may make of foreign bytes: memory in proportion to what is stored on disk, so that a small file stays cheap to refuse,
 *  however it is packed. Costs are estimates of what V8 takes for an object, rounded up. */

/** Bytes that any file may cost, however small it is. */
const ground = 16 * 1024 * 1024;
/** Bytes of memory for each byte that is stored: real headers need a sixth of that. */
const perStoredByte = 64;
/** No header of a model needs more. */
const most = 1024 * 1024 * 1024;

/** Bytes that a header may have which is stored in `storedBytes`: 64 to 1 at most, past the first MiB, and `limit` in any case. Text packs
 *  by 5 to 20 to 1. */
export function unpackedLimit(storedBytes: number, limit: number): number {
  return Math.min(limit, 1024 * 1024 + perStoredByte * storedBytes);
}

/** `unpackedLimit` of a header at the front of a file. A file that is not packed may have a header of `limit`. */
export function headerLimit({ storedBytes }: ByteSource, limit: number): number {
  return storedBytes === undefined ? limit : unpackedLimit(storedBytes, limit);
}

/** Counts what parsing costs; `spend` refuses what goes beyond. */
export class ParseBudget {
  private left: number;

  /** For a part of `file` that takes `storedBytes` on disk. */
  constructor(
    private readonly file: string,
    private readonly storedBytes: number,
  ) {
    this.left = Math.min(most, ground + perStoredByte * storedBytes);
  }

  /** Takes `bytes` for what byte `at` asks for. `FormatError` when it is more than what is stored can be worth. */
  spend(bytes: number, at: number): void {
    this.left -= bytes;
    if (this.left < 0)
      throw new FormatError(
        this.file,
        at,
        `up to here the data would take over ${Math.min(most, ground + perStoredByte * this.storedBytes)} bytes of memory`,
        `what ${this.storedBytes} stored bytes are worth`,
      );
  }
}
