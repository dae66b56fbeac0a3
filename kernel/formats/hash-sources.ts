import { sha256 } from "../bytes/hash";
import type { ByteSource } from "../bytes/source";
import { currentHost } from "../host";

/** SHA-256 (hex) of whole files, one behind the other, with progress for whoever watches; of one file on the Hub, the hash that names it
 *  there. `name` is the model's, for the progress. `SourceError` when a file cannot be read, `CancelledError` when the signal fired. */
export async function hashSources(sources: readonly ByteSource[], name: string, signal?: AbortSignal): Promise<string> {
  if (sources.length === 1 && sources[0].sha256 !== undefined) return sources[0].sha256;
  const host = currentHost();
  return sha256(sources, {
    signal: signal ?? host.signal,
    onProgress: (done, total) => host.progress?.({ task: "hashing", done, total, unit: "bytes", item: name }),
  });
}
