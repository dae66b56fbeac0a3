/** Work that needs much memory says so before it begins, and does not begin above a limit: a process that the system ends for want of memory
 *  tells nobody why. */
import { totalmem } from "node:os";
import { OptionError } from "../errors";

/** Three quarters of the memory that this process may have: the machine's, or what its container is given. */
export function defaultMemoryLimit(): number {
  const given = process.constrainedMemory?.() ?? 0;
  const most = given > 0 ? Math.min(given, totalmem()) : totalmem();
  return Math.floor(0.75 * most);
}

/** `OptionError` where `method` needs about `bytes` of memory for `what`, and that is above the limit. */
export function checkMemory(limit: number, bytes: number, method: string, what: string): void {
  if (bytes <= limit) return;
  throw new OptionError(
    `compress(): ${method} needs about ${inWords(bytes)} of memory for ${what}, and the limit is ${inWords(limit)}; ` +
      `{ memoryLimit: ${10 ** 6 * Math.ceil(bytes / 10 ** 6)} } raises it`,
  );
}

function inWords(bytes: number): string {
  const [unit, size] = bytes < 1e9 ? ["MB", 1e6] : ["GB", 1e9];
  return `${Number((bytes / size).toPrecision(3))} ${unit}`;
}
