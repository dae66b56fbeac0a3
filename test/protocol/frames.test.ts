import { createHmac } from "node:crypto";
import fc from "fast-check";
import * as limits from "../../kernel/protocol/frames";
import { decodeMessage, encodeMessage } from "../../kernel/protocol/frames";
import { ProtocolError, type OutgoingMessage } from "../../kernel/protocol/message";
import { Replays } from "../../kernel/protocol/replays";
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

function reason(frames: Uint8Array[], signer = new Signer(key), replays?: Replays): string {
  try {
    decodeMessage(frames, signer, replays);
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
});

test("the limits are what the protocol's clients need, and no more", () => {
  expect(limits).toMatchObject({
    MAX_IDENTITIES: 16,
    MAX_HEADER_BYTES: 2 ** 20,
    MAX_METADATA_BYTES: 16 * 2 ** 20,
    MAX_CONTENT_BYTES: 64 * 2 ** 20,
    MAX_FRAME_BYTES: 256 * 2 ** 20,
    MAX_BUFFERS: 4_096,
    MAX_MESSAGE_BYTES: 512 * 2 ** 20,
  });
});

describe("a message of the largest size is read, and one that is larger by one is dropped", () => {
  const good = encode(message());
  const padded = (json: string, length: number) => Buffer.alloc(length, " ").fill(json, 0, json.length);
  /** The message with frame `at` (3 header, 4 parent, 5 metadata, 6 content) made `length` bytes long, signed again. */
  const withFrame = (at: number, length: number) => {
    const parts = good.slice(3, 7);
    parts[at - 3] = padded(parts[at - 3].toString(), length);
    return [good[0], good[1], Buffer.from(new Signer(key).sign(parts)), ...parts];
  };

  test.each([
    ["header", 3, 2 ** 20, "header too long"],
    ["parent header", 4, 2 ** 20, "header too long"],
    ["metadata", 5, 2 ** 24, "metadata too long"],
    ["content", 6, 2 ** 26, "content too long"],
  ])("by its %s", (_, at, most, problem) => {
    expect(reason(withFrame(at, most))).toBe("accepted");
    expect(reason(withFrame(at, most + 1))).toBe(problem);
  });

  test("by its identities", () => {
    const identities = (count: number) => [...Array<Buffer>(count).fill(Buffer.from("x")), ...good.slice(1)];
    expect(reason(identities(16))).toBe("accepted");
    expect(reason(identities(17))).toBe("too many identities");
  });

  test("by the number of its buffers", () => {
    const buffers = (count: number) => [...good, ...Array<Buffer>(count).fill(Buffer.alloc(0))];
    expect(reason(buffers(4096))).toBe("accepted");
    expect(reason(buffers(4097))).toBe("too many buffers");
  });

  test("by all of its frames together", () => {
    const rest = good.reduce((sum, { length }) => sum + length, 0);
    const large = Buffer.alloc(2 ** 26); // One buffer stands for eight.
    const buffers = (last: number) => [...good, ...Array<Buffer>(7).fill(large), large.subarray(0, last)];
    expect(reason(buffers(2 ** 26 - rest))).toBe("accepted");
    expect(reason(buffers(2 ** 26 - rest + 1))).toBe("message too long");
  });
});

describe("JSON", () => {
  const text = JSON.stringify(header);
  const content = (json: string) => reason(signed(text, "{}", "{}", json));
  const refused = "content is not JSON that can be read";
  const nested = (depth: number, open: string, close: string, inside = "") =>
    `{"a":${open.repeat(depth - 1)}${inside}${close.repeat(depth - 1)}}`;

  test("may be nested 512 deep, lists and objects alike", () => {
    expect(content(nested(512, "[", "]"))).toBe("accepted");
    expect(content(nested(513, "[", "]"))).toBe(refused);
    expect(content(nested(512, '{"a":', "}", "1"))).toBe("accepted");
    expect(content(nested(513, '{"a":', "}", "1"))).toBe(refused);
  });

  test("is deep by what is open at a time: neighbours and text do not count", () => {
    expect(content(`{"a":[${Array(600).fill("[{}]").join(",")}]}`)).toBe("accepted");
    expect(content(JSON.stringify({ a: "[{".repeat(600) }))).toBe("accepted");
    expect(content(JSON.stringify({ a: '"[{\\"'.repeat(600), b: "\\" }))).toBe("accepted");
    expect(content(`{"a":"\\\\","b":${"[".repeat(512)}${"]".repeat(512)}}`)).toBe(refused);
    expect(content(`{"}]}]":${"[".repeat(512)}${"]".repeat(512)}}`)).toBe(refused);
  });

  test("is UTF-8 without a mark of the byte order", () => {
    const parts = (last: Buffer) => {
      const own = [...[text, "{}", "{}"].map((part) => Buffer.from(part)), last];
      return [Buffer.from("<IDS|MSG>"), Buffer.from(new Signer(key).sign(own)), ...own];
    };
    expect(reason(parts(Buffer.from('{"a":"é"}')))).toBe("accepted");
    expect(reason(parts(Buffer.from('{"a":"\xe9"}', "latin1")))).toBe(refused);
    expect(reason(parts(Buffer.from('\ufeff{"a":1}')))).toBe(refused);
  });

  test.each([
    ["parent header", ["[]", "{}", "{}"]],
    ["metadata", ["{}", "null", "{}"]],
    ["content", ["{}", "{}", '"text"']],
  ])("of the %s is an object", (what, parts) => {
    expect(reason(signed(text, ...(parts as [string, string, string])))).toBe(`${what} is not a JSON object`);
  });
});

test("a header's text is text, whatever was sent, and tools may add fields of their own", () => {
  const odd = { msg_id: "m", msg_type: "t", session: 5, username: null, date: {}, version: 5.3, subshell_id: "s" };
  const decoded = decodeMessage(signed(JSON.stringify(odd), "{}", "{}", "{}"), new Signer(key));
  expect(decoded.header).toEqual({
    ...{ msg_id: "m", msg_type: "t", subshell_id: "s" },
    ...{ session: "", username: "", date: "", version: "" },
  });
  for (const id of [{ msg_id: "m" }, { msg_type: "t" }, { msg_id: 1, msg_type: "t" }, { msg_id: "m", msg_type: 1 }])
    expect(reason(signed(JSON.stringify(id), "{}", "{}", "{}"))).toBe("header without msg_id or msg_type");
});

test("each part of a message comes out as the part that it was", () => {
  const outgoing = message('{"c":1}', { parentHeader: '{"p":1}', metadata: '{"m":1}' });
  expect(decodeMessage(encode(outgoing), new Signer(key))).toEqual({
    identities: [Buffer.from("id")],
    header,
    parentHeader: { p: 1 },
    metadata: { m: 1 },
    content: { c: 1 },
    buffers: [],
  });
});

test("signed nonsense is dropped too", () => {
  const text = JSON.stringify(header);
  expect(reason(signed("[]", "{}", "{}", "{}"))).toBe("header is not a JSON object");
  expect(reason(signed("{}", "{}", "{}", "{}"))).toBe("header without msg_id or msg_type");
  expect(reason(signed(text, "{}", "{}", "{"))).toBe("content is not JSON that can be read");
  expect(reason(signed(text, "{}", "{}", "[".repeat(1e6) + "]".repeat(1e6)))).toBe(
    "content is not JSON that can be read",
  );
});

test("the signature is looked at before the JSON", () => {
  const frames = ["<IDS|MSG>", "00".repeat(32), "{not json", "{", "{", "{"].map((part) => Buffer.from(part));
  expect(reason(frames)).toBe("wrong signature");
});

test("a message counts once, where one looks for replays", () => {
  const replays = new Replays(3);
  const first = encode(message("{}"));
  expect(reason(first, undefined, replays)).toBe("accepted");
  expect(reason(first, undefined, replays)).toBe("replayed");
  expect(reason(encode(message('{"i":0}')), undefined, replays)).toBe("accepted");
  const unsigned = encodeMessage(message(), new Signer("")).map((frame) => Buffer.from(frame));
  for (let i = 0; i < 2; i++) expect(reason(unsigned, new Signer(""), replays)).toBe("accepted");
});

test("a message that a kernel with this key sent is refused, whatever process that was", () => {
  const signer = new Signer(key);
  const own = message();
  const from = (session: string) => encode({ ...own, header: { ...own.header, session } });
  expect(reason(from(`${signer.ownSession}-1`))).toBe("sent by the kernel itself");
  expect(reason(from(`${new Signer("another").ownSession}-1`))).toBe("accepted");
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
    { seed: 7, numRuns: 500 },
  );
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.uint8Array(), fc.constant(Buffer.from("<IDS|MSG>"))), { maxLength: 12 }),
      (frames) => {
        expect(reason(frames)).not.toBe("accepted");
      },
    ),
    { seed: 8, numRuns: 500 },
  );
});
