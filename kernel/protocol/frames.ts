import {
  isJsonObject,
  ProtocolError,
  type Header,
  type JsonObject,
  type Message,
  type OutgoingMessage,
} from "./message";
import type { Replays } from "./replays";
import type { Signer } from "./signature";

/** On the wire: identities…, `<IDS|MSG>`, signature, header, parent header, metadata, content, buffers… */
const DELIMITER = Buffer.from("<IDS|MSG>", "latin1");

/** Routing identities are one frame from a client, a few more through proxies. */
export const MAX_IDENTITIES = 16;
/** 64 hexadecimal digits; anything longer is no signature of ours. */
const MAX_SIGNATURE_BYTES = 64;
/** Headers hold six short fields; a megabyte leaves room for tools that add their own. */
export const MAX_HEADER_BYTES = 1 << 20;
/** Metadata carries widget state at most. */
export const MAX_METADATA_BYTES = 16 << 20;
/** A cell's code, or the JSON state of a comm. */
export const MAX_CONTENT_BYTES = 64 << 20;
/** One binary buffer; the sockets refuse longer frames before they are in memory. */
export const MAX_FRAME_BYTES = 256 << 20;
/** Widget libraries send one buffer per array. */
export const MAX_BUFFERS = 4_096;
/** All frames of one message together. */
export const MAX_MESSAGE_BYTES = 512 << 20;
/** The deepest nesting of JSON that is accepted; deeper JSON is an attack on the stack of the parser or of a consumer. */
const MAX_JSON_DEPTH = 512;

/** Frames of a message ready to send. */
export function encodeMessage(message: OutgoingMessage, signer: Signer): (string | Uint8Array)[] {
  const parts = [JSON.stringify(message.header), message.parentHeader, message.metadata, message.content];
  return [...message.identities, DELIMITER, signer.sign(parts), ...parts, ...(message.buffers ?? [])];
}

/** The message in `frames`. Its signature is checked before its JSON is parsed. `ProtocolError` for a message that must be dropped: where messages
 *  are signed also for one that a kernel with this key sent itself, and for one that `replays` has seen. */
export function decodeMessage(frames: readonly Uint8Array[], signer: Signer, replays?: Replays): Message {
  const at = frames.findIndex((frame) => DELIMITER.equals(frame));
  if (at < 0) throw new ProtocolError("no delimiter");
  if (at > MAX_IDENTITIES) throw new ProtocolError("too many identities");
  if (frames.length < at + 6) throw new ProtocolError("too few frames");
  if (frames.length > at + 6 + MAX_BUFFERS) throw new ProtocolError("too many buffers");
  let total = 0;
  for (const frame of frames) total += frame.length;
  if (total > MAX_MESSAGE_BYTES) throw new ProtocolError("message too long");
  const [signature, header, parent, metadata, content] = frames.slice(at + 1, at + 6);
  if (signature.length > MAX_SIGNATURE_BYTES) throw new ProtocolError("wrong signature");
  if (header.length > MAX_HEADER_BYTES || parent.length > MAX_HEADER_BYTES) throw new ProtocolError("header too long");
  if (metadata.length > MAX_METADATA_BYTES) throw new ProtocolError("metadata too long");
  if (content.length > MAX_CONTENT_BYTES) throw new ProtocolError("content too long");
  const verdict = signer.check(signature, [header, parent, metadata, content]);
  if (verdict !== "ok") throw new ProtocolError(verdict);
  const checked = checkHeader(parseObject(header, "header"));
  if (signer.signs && checked.session.startsWith(signer.ownSession))
    throw new ProtocolError("sent by the kernel itself");
  const digest = Buffer.from(signature).toString("latin1");
  if (signer.signs && replays?.isNew(digest, checked.session, checked.date) === false)
    throw new ProtocolError("replayed");
  return {
    identities: frames.slice(0, at),
    header: checked,
    parentHeader: parseObject(parent, "parent header"),
    metadata: parseObject(metadata, "metadata"),
    content: parseObject(content, "content"),
    buffers: frames.slice(at + 6),
  };
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function parseObject(frame: Uint8Array, what: string): JsonObject {
  let value: unknown;
  try {
    if (jsonDepth(frame) > MAX_JSON_DEPTH) throw new Error("depth");
    value = JSON.parse(utf8.decode(frame));
  } catch {
    throw new ProtocolError(`${what} is not JSON that can be read`);
  }
  if (!isJsonObject(value)) throw new ProtocolError(`${what} is not a JSON object`);
  return value;
}

/** Deepest nesting of brackets outside strings. */
function jsonDepth(bytes: Uint8Array): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (inString) {
      if (byte === 0x5c) i++;
      else if (byte === 0x22) inString = false;
    } else if (byte === 0x22) inString = true;
    else if (byte === 0x5b || byte === 0x7b) deepest = Math.max(deepest, ++depth);
    else if (byte === 0x5d || byte === 0x7d) depth--;
  }
  return deepest;
}

function checkHeader(header: JsonObject): Header {
  if (typeof header.msg_id !== "string" || typeof header.msg_type !== "string")
    throw new ProtocolError("header without msg_id or msg_type");
  const text = (value: unknown): string => (typeof value === "string" ? value : "");
  return {
    ...header,
    msg_id: header.msg_id,
    msg_type: header.msg_type,
    session: text(header.session),
    username: text(header.username),
    date: text(header.date),
    version: text(header.version),
  };
}
