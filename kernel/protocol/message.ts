/** Jupyter messages as data. Specification: "Messaging in Jupyter", protocol 5.5. */
export const PROTOCOL_VERSION = "5.5";

/** JSON as it comes from the other side: known to be an object, of unknown content. */
export type JsonObject = Record<string, unknown>;

/** The header of a message. */
export interface Header {
  msg_id: string;
  session: string;
  username: string;
  date: string;
  msg_type: string;
  version: string;
  /** The subshell that a request of the shell channel is for (JEP 91); absent or null: the main shell. */
  subshell_id?: unknown;
}

/** The header of the request that a message belongs to; empty when there is none. */
export type ParentHeader = Header | Record<string, never>;

/** The channels on which requests come in. */
export type Channel = "shell" | "control" | "stdin";

/** A message that came in, checked and parsed. `identities` is the way back to its sender. */
export interface Message {
  identities: Uint8Array[];
  header: Header;
  parentHeader: JsonObject;
  metadata: JsonObject;
  content: JsonObject;
  buffers: Uint8Array[];
}

/** A message to send, its JSON parts already text. */
export interface OutgoingMessage {
  identities: readonly Uint8Array[];
  header: Header;
  /** JSON text of the parent's header, `{}` without one. */
  parentHeader: string;
  metadata: string;
  content: string;
  buffers?: readonly Uint8Array[];
}

/** A message that must be dropped. `reason` is fixed text: it never holds a byte of the message or of the key. */
export class ProtocolError extends Error {
  constructor(readonly reason: string) {
    super(reason);
    this.name = "ProtocolError";
  }
}

/** True for an object that is no array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
