import { CodebookError } from "./errors";
import { currentHost, type Comm, type CommHost, type CommMessage } from "./host";

function comms(): CommHost {
  const { comm } = currentHost();
  if (!comm) throw new CodebookError("NO_FRONT_END", "comms need a front end: this code does not run in a notebook");
  return comm;
}

/** Opens a comm to code that a front end registered under `target`. `data`, `metadata` and `buffers` go with the opening
 *  message. Throws `CodebookError` (code NO_FRONT_END) outside a notebook. */
export function openComm(
  target: string,
  data: unknown = {},
  options: { metadata?: Record<string, unknown>; buffers?: Uint8Array[] } = {},
): Comm {
  return comms().open(target, data, options.metadata, options.buffers);
}

/** Lets front ends open comms to `target`: `handler` gets each one, with its opening message. Registering again replaces.
 *  Throws `CodebookError` (code NO_FRONT_END) outside a notebook. */
export function onComm(target: string, handler: (comm: Comm, openMessage: CommMessage) => void): void {
  comms().registerTarget(target, handler);
}
