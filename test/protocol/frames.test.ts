import { createHmac } from "node:crypto";
import fc from "fast-check";
import {
  decodeMessage,
  encodeMessage,
  MAX_BUFFERS,
  MAX_HEADER_BYTES,
  MAX_IDENTITIES,
} from "../../kernel/protocol/frames";
import { ProtocolError, type OutgoingMessage } from "../../kernel/protocol/message";
import { Signer } from "../../kernel/protocol/signature";

const key = "0123-key-of-the-tests";
const header = {
  msg_id: "m1",
  session: "s",
  username: "u",
  date: "2026-01-01",
  msg_type: "execute_request",
  version: "5.5",
};

function message(content = '{"code":"1"}', more: Partial<OutgoingMessage> = {}): OutgoingMessage {
  return { identities: [Buffer.from("id")], header, parentHeader: "{}", metadata: "{}", content, ...more };
}

const encode = (outgoing: OutgoingMessage): Buffer[] =>
  encodeMessage(outgoing, new Signer(key)).map((frame) => Buffer.from(frame));

function reason(frames: Uint8Array[], signer = new Signer(key)): string {
  try {
    decodeMessage(frames, signer);
    return "accepted";
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    expect(error.message).not.toContain(key);
    return error.reason;
  }
}

/** Frames with these JSON texts, signed. */
function signed(...parts: [string, string, string, string]): Buffer[] {
  const hmac = createHmac("sha256", key);
  for (const part of parts) hmac.update(part);
  return ["<IDS|MSG>", hmac.digest("hex"), ...parts].map((part) => Buffer.from(part));
}

test("a message survives the wire, with its identities and buffers", () => {
  const buffers = [Buffer.from([0, 255, 1]), Buffer.alloc(0), Buffer.from("<IDS|MSG>")];
  const decoded = decodeMessage(encode(message('{"code":"𝒳 é"}', { buffers })), new Signer(key));
  expect(decoded.header).toEqual(header);
  expect(decoded.content).toEqual({ code: "𝒳 é" });
  expect(decoded.identities).toEqual([Buffer.from("id")]);
  expect(decoded.buffers).toEqual(buffers);
});

test("the signature is the HMAC-SHA256 of the four JSON frames, in hexadecimal", () => {
  const frames = encode(message());
  const hmac = createHmac("sha256", key);
  for (const frame of frames.slice(3, 7)) hmac.update(frame);
  expect(frames[2].toString()).toBe(hmac.digest("hex"));
});

test("says why a message is dropped, and never with its bytes", () => {
  const good = encode(message());
  expect(reason(good)).toBe("accepted");
  expect(reason([])).toBe("no delimiter");
  expect(reason(good.slice(0, 6))).toBe("too few frames");
  expect(reason([good[0], good[1], Buffer.alloc(0), ...good.slice(3)])).toBe("unsigned");
  expect(reason([good[0], good[1], Buffer.from("00".repeat(32)), ...good.slice(3)])).toBe("wrong signature");
  expect(reason([good[0], good[1], Buffer.from("a".repeat(1000)), ...good.slice(3)])).toBe("wrong signature");
  expect(reason([...Array<Buffer>(MAX_IDENTITIES + 1).fill(Buffer.from("x")), ...good.slice(1)])).toBe(
    "too many identities",
  );
  expect(reason([...good, ...Array<Buffer>(MAX_BUFFERS + 1).fill(Buffer.alloc(0))])).toBe("too many buffers");
  expect(reason([...good.slice(0, 3), Buffer.alloc(MAX_HEADER_BYTES + 1), ...good.slice(4)])).toBe("header too long");
});

test("signed nonsense is dropped too", () => {
  const text = JSON.stringify(header);
  expect(reason(signed("[]", "{}", "{}", "{}"))).toBe("header is not a JSON object");
  expect(reason(signed("{}", "{}", "{}", "{}"))).toBe("header without msg_id or msg_type");
  expect(reason(signed(text, "{}", "{}", "{"))).toBe("content is not JSON that can be read");
  expect(reason(signed(text, "{}", "{}", "[".repeat(1e6) + "]".repeat(1e6)))).toBe(
    "content is not JSON that can be read",
  );
  expect(reason(signed(text, "{}", "{}", `{"a":${"[".repeat(400)}"[[["${"]".repeat(400)}}`))).toBe("accepted");
});

test("the signature is looked at before the JSON", () => {
  const frames = ["<IDS|MSG>", "00".repeat(32), "{not json", "{", "{", "{"].map((part) => Buffer.from(part));
  expect(reason(frames)).toBe("wrong signature");
});

test("a message counts once, and again only after more messages than are remembered", () => {
  const signer = new Signer(key, 3);
  const first = encode(message("{}"));
  expect(reason(first, signer)).toBe("accepted");
  expect(reason(first, signer)).toBe("replayed");
  for (let i = 0; i < 2; i++) expect(reason(encode(message(`{"i":${i}}`)), signer)).toBe("accepted");
  expect(reason(first, signer)).toBe("replayed");
  expect(reason(encode(message('{"i":3}')), signer)).toBe("accepted");
  expect(reason(first, signer)).toBe("accepted");
});

test("without a key nothing is signed and nothing refused", () => {
  const frames = encodeMessage(message(), new Signer("")).map((frame) => Buffer.from(frame));
  expect(frames[2].length).toBe(0);
  expect(reason(frames, new Signer(""))).toBe("accepted");
  expect(reason(frames, new Signer(""))).toBe("accepted");
});

test("any change of a signed frame is noticed, and any frames whatever end in a message or a ProtocolError", () => {
  const good = encode(message());
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 6 }), fc.nat(), fc.integer({ min: 1, max: 255 }), (frame, at, flip) => {
      const bad = good.map((bytes) => Buffer.from(bytes));
      bad[frame][at % bad[frame].length] ^= flip;
      expect(reason(bad)).toBe("wrong signature");
    }),
    { seed: 7, numRuns: 2000 },
  );
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.uint8Array(), fc.constant(Buffer.from("<IDS|MSG>"))), { maxLength: 12 }),
      (frames) => {
        expect(reason(frames)).not.toBe("accepted");
      },
    ),
    { seed: 8, numRuns: 2000 },
  );
});
