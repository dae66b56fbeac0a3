/** The bytes of an address, asked of a client whose answers the test words. */
import { HttpFailure } from "../../kernel/bytes/http";
import { RemoteRanges, plainEtag, plainUrl, urlSource } from "../../kernel/bytes/url-source";
import type { RemoteFile } from "../../kernel/bytes/url-source";
import { SourceError } from "../../kernel/errors";
import { setHostProvider } from "../../kernel/host";
import type { Progress } from "../../kernel/host";
import { ScriptedClient } from "./scripted-client";
import type { Answer } from "./scripted-client";

jest.mock("node:timers/promises", () => ({
  ...jest.requireActual<object>("node:timers/promises"),
  setTimeout: () => Promise.resolve(),
}));

const url = new URL("https://user:word@example.org/models/a.bin?key=secret");
const moved = new URL("https://cdn.example.org/a1b2?signature=secret");
const file: RemoteFile = { name: "a.bin", url };
const content = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 7) & 255));
const front = 64 * 1024;

/** Answers by the number of the call, from 1; others are faultless. */
const answers =
  (own: Record<number, Answer>) =>
  (call: number): Answer =>
    own[call] ?? {};

const refused = (status: number): never => {
  throw new HttpFailure(`example.org answered ${status}`, { status, mayPass: false });
};

describe("opening", () => {
  it("fetches the first 64 KiB, and no byte of them again", async () => {
    const client = new ScriptedClient(content);
    const source = await urlSource(client, { ...file, sha256: "ab", byteLength: content.length });
    expect(client.asked).toEqual([`example.org bytes=0-${front - 1}`]);
    expect([source.name, source.byteLength, source.sha256, source.windowBytes]).toEqual([
      "a.bin",
      100_000,
      "ab",
      2 ** 20,
    ]);
    expect(Buffer.compare(await source.read(0, front), content.subarray(0, front))).toBe(0);
    expect(client.asked).toHaveLength(1);
    expect(Buffer.compare(await source.read(front - 3, front + 4), content.subarray(front - 3, front + 4))).toBe(0);
    expect(Buffer.compare(await source.read(99_990, 100_000), content.subarray(99_990))).toBe(0);
    expect(client.asked.slice(1)).toEqual([`example.org bytes=${front}-${front + 3}`, "example.org bytes=99990-99999"]);
    expect((await urlSource(new ScriptedClient(content), file)).sha256).toBeUndefined();
  });

  it("knows a file shorter than that, and an empty one, which answers 416 or is not asked for", async () => {
    const short = await urlSource(new ScriptedClient(content.subarray(0, 10)), file);
    expect([short.byteLength, (await short.read(0, 10)).length]).toEqual([10, 10]);
    const empty = new ScriptedClient(content, () => refused(416));
    expect((await urlSource(empty, file)).byteLength).toBe(0);
    expect(empty.asked).toHaveLength(1);
    const known = new ScriptedClient(content, () => refused(500));
    expect((await urlSource(known, { ...file, byteLength: 0 })).byteLength).toBe(0);
    expect(known.asked).toEqual([]);
  });

  it("tries again what broke off, and refuses what is not whole in the end", async () => {
    const client = new ScriptedClient(content, answers({ 1: { pieces: [content.subarray(0, 100)] } }));
    const source = await urlSource(client, file);
    expect(Buffer.compare(await source.read(0, front), content.subarray(0, front))).toBe(0);
    expect(client.asked).toHaveLength(2);
    const never = new ScriptedClient(content, () => ({ pieces: [content.subarray(0, 100)] }));
    await expect(urlSource(never, file)).rejects.toThrow("a.bin: example.org sent less than it promised");
    expect(never.asked).toHaveLength(5);
  });

  it("takes the whole of a server without ranges where it is known to fit in memory", async () => {
    const wholeOf = (length: string | undefined, pieces = [content]) =>
      new ScriptedClient(content, () => ({
        status: 200,
        headers: length === undefined ? {} : { "content-length": length },
        pieces,
      }));
    const source = await urlSource(wholeOf("100000"), file);
    expect(Buffer.compare(await source.read(90_000, 100_000), content.subarray(90_000))).toBe(0);
    const many = 64 * 2 ** 20;
    const refusals: [string | undefined, string][] = [
      [String(many + 1), `the server gives no ranges, and ${many + 1} bytes are too many to keep; download it first`],
      [undefined, "the server gives no ranges, and an untold number of bytes are too many to keep; download it first"],
      ["100001", "example.org sent less than it promised"],
      ["99999", "example.org sends more than 99999 bytes"],
    ];
    for (const [length, words] of refusals) {
      const client = wholeOf(length);
      await expect(urlSource(client, file)).rejects.toThrow(`a.bin: ${words}`);
      expect(client.bodies.every((body) => body.destroyed)).toBe(true);
    }
    const big = await urlSource(wholeOf(String(many), [Buffer.alloc(many)]), file);
    expect(big.byteLength).toBe(many);
    await expect(urlSource(wholeOf("100000"), { ...file, byteLength: 7 })).rejects.toThrow(
      "has 100000 bytes on the server, and 7 in its list of files",
    );
  });

  it("words a refusal by its status, or as its caller does", async () => {
    const wordsOf = (status: number, explain?: (failure: HttpFailure) => string | undefined) =>
      urlSource(new ScriptedClient(content, () => refused(status)), file, explain ? { explain } : {}).catch(
        (error: unknown) => {
          expect(error).toBeInstanceOf(SourceError);
          return (error as Error).message;
        },
      );
    expect(await wordsOf(401)).toBe("a.bin: the server refuses access (401)");
    expect(await wordsOf(403)).toBe("a.bin: the server refuses access (403)");
    expect(await wordsOf(404)).toBe("a.bin: there is no such file on the server (404)");
    expect(await wordsOf(410)).toBe("a.bin: there is no such file on the server (410)");
    expect(await wordsOf(400)).toBe("a.bin: example.org answered 400");
    expect(await wordsOf(404, ({ facts }) => `own words for ${facts.status}`)).toBe("a.bin: own words for 404");
    expect(await wordsOf(404, () => undefined)).toBe("a.bin: there is no such file on the server (404)");
  });

  it("lets other errors through as they are", async () => {
    const fault = new RangeError("a fault");
    const client = new ScriptedClient(content, () => {
      throw fault;
    });
    await expect(urlSource(client, file)).rejects.toBe(fault);
  });
});

describe("every answer is of the range and the version that was asked for", () => {
  const asked = "bytes 70000 to 70010 were asked for, and the server sends ";
  it.each([
    ["bytes 0-9/100000", asked + '"bytes 0-9/100000"'],
    ["bytes 70000-70010/100000", asked + '"bytes 70000-70010/100000"'],
    ["bytes 70000-70008/100000", asked + '"bytes 70000-70008/100000"'],
    ["bytes 70000-70009/*", asked + '"bytes 70000-70009/*"'],
    ["items 70000-70009/100000", asked + '"items 70000-70009/100000"'],
    ["bytes 70000-70009/100000, more", asked + '"bytes 70000-70009/100000, more"'],
    ["bytes 70000-70009/9999999999999999", asked + '"bytes 70000-70009/9999999999999999"'],
    [undefined, asked + '"no range"'],
    ["bytes 70000-70009/100001", "was changed on the server since it was opened; open it again"],
  ])("%s", async (range, words) => {
    const client = new ScriptedClient(content, answers({ 2: { headers: { "content-range": range } } }));
    const source = await urlSource(client, file);
    await expect(source.read(70_000, 70_010)).rejects.toThrow(`a.bin: ${words}`);
    expect(client.asked).toHaveLength(2);
    expect(client.bodies[1].destroyed).toBe(true);
  });

  it("another ETag is another version, where the file has none of its own", async () => {
    const tagged = (second: string | undefined) =>
      new ScriptedClient(content, answers({ 1: { headers: { etag: '"a"' } }, 2: { headers: { etag: second } } }));
    const read = async (client: ScriptedClient, own: RemoteFile) => (await urlSource(client, own)).read(70_000, 70_010);
    await expect(read(tagged('"b"'), file)).rejects.toThrow("was changed on the server");
    expect(await read(tagged('"a"'), file)).toHaveLength(10);
    expect(await read(tagged(undefined), file)).toHaveLength(10);
    expect(await read(tagged('"b"'), { ...file, etag: "of the file" })).toHaveLength(10);
    const late = new ScriptedClient(content, answers({ 2: { headers: { etag: '"b"' } } }));
    expect(await read(late, file)).toHaveLength(10);
  });

  it("the size and the ETag that the list of files names are those of the answers", async () => {
    await expect(urlSource(new ScriptedClient(content), { ...file, byteLength: 99_999 })).rejects.toThrow(
      "a.bin: has 100000 bytes on the server, and 99999 in its list of files",
    );
    const linked = (etag: string | undefined) =>
      new ScriptedClient(content, () => ({ firstHeaders: etag === undefined ? {} : { "x-linked-etag": etag } }));
    const own = { ...file, etag: "abc" };
    const other = linked('"abd"');
    await expect(urlSource(other, own)).rejects.toThrow(
      "a.bin: example.org gives another file than its list of files names",
    );
    expect(other.bodies[0].destroyed).toBe(true);
    for (const etag of ['"abc"', 'W/"abc"', undefined])
      expect((await urlSource(linked(etag), own)).byteLength).toBe(100_000);
    expect((await urlSource(linked('"abd"'), file)).byteLength).toBe(100_000);
  });

  it("ranges that end are told, and more bytes than asked for are not taken", async () => {
    const ended = new ScriptedClient(content, answers({ 2: { status: 200 } }));
    await expect((await urlSource(ended, file)).read(70_000, 70_010)).rejects.toThrow(
      "a.bin: the server gives no ranges any more; open it again",
    );
    expect(ended.bodies[1].destroyed).toBe(true);
    const more = new ScriptedClient(
      content,
      answers({ 2: { pieces: [content.subarray(0, 6), content.subarray(0, 5)] } }),
    );
    await expect((await urlSource(more, file)).read(70_000, 70_010)).rejects.toThrow(
      "a.bin: the server sends more than the 10 bytes asked for",
    );
  });
});

describe("reading", () => {
  it("goes on where it broke off, as often as it got on", async () => {
    const pieceFrom = (start: number) => ({ pieces: [content.subarray(start, start + 2)] });
    const client = new ScriptedClient(content, (call, asked) =>
      call === 1 ? {} : pieceFrom(Number(/=(\d+)/.exec(asked)?.[1])),
    );
    const source = await urlSource(client, file);
    expect(Buffer.compare(await source.read(70_000, 70_014), content.subarray(70_000, 70_014))).toBe(0);
    expect(client.asked.slice(1)).toEqual(
      [70_000, 70_002, 70_004, 70_006, 70_008, 70_010, 70_012].map((at) => `example.org bytes=${at}-70013`),
    );
  });

  it("asks the address that a redirect led to, until it refuses for good", async () => {
    let isExpired = false;
    const client = new ScriptedClient(content, (_, asked) => {
      if (isExpired && asked.startsWith(moved.host)) refused(403);
      return { url: moved };
    });
    const source = await urlSource(client, file);
    await source.read(70_000, 70_001);
    isExpired = true;
    expect(Buffer.compare(await source.read(70_001, 70_003), content.subarray(70_001, 70_003))).toBe(0);
    isExpired = false;
    await source.read(70_003, 70_004);
    expect(client.asked.map((one) => one.split(" ")[0])).toEqual([
      "example.org",
      moved.host,
      moved.host,
      "example.org",
      moved.host,
    ]);
  });

  it("asks the same redirected address again after a failure that may pass", async () => {
    const client = new ScriptedClient(content, (call) => {
      if (call === 2) throw new HttpFailure("not now", { status: 503, mayPass: true });
      return { url: moved };
    });
    await (await urlSource(client, file)).read(70_000, 70_001);
    expect(client.asked.map((one) => one.split(" ")[0])).toEqual(["example.org", moved.host, moved.host]);
  });

  it("tells the progress of a long read, piece by piece, and none of a short one", async () => {
    const told: Progress[] = [];
    setHostProvider(() => ({ progress: (progress) => void told.push(progress) }));
    const half = 4 * 2 ** 20;
    const whole = Buffer.alloc(front + 2 * half);
    const pieces = [whole.subarray(0, half), whole.subarray(0, half)];
    const client = new ScriptedClient(
      whole,
      answers({ 2: { pieces }, 3: { pieces: [whole.subarray(0, 2 * half - 1)] } }),
    );
    const source = await urlSource(client, file);
    await source.read(front, whole.length);
    const entry = { task: "downloading", total: 2 * half, unit: "bytes", item: "a.bin" };
    expect(told.splice(0)).toEqual([
      { ...entry, done: half },
      { ...entry, done: 2 * half },
    ]);
    await source.read(front, whole.length - 1);
    expect(told).toEqual([]);
    setHostProvider(() => ({}));
  });

  it("hands on pieces in their order, each with its place", async () => {
    const client = new ScriptedClient(
      content,
      answers({ 1: { pieces: [content.subarray(5, 7), content.subarray(7, 12)] } }),
    );
    const taken: [number, number][] = [];
    const ranges = new RemoteRanges(client, file, ({ message }) => message);
    await ranges.stream(5, 12, 100_000, undefined, (piece, at) => void taken.push([at, piece.length]));
    expect(taken).toEqual([
      [5, 2],
      [7, 5],
    ]);
    expect(client.asked).toEqual(["example.org bytes=5-11"]);
  });
});

test("what a message may say of an address and of an ETag", () => {
  expect(plainUrl(url)).toBe("https://example.org/models/a.bin");
  expect(plainUrl(new URL("http://127.0.0.1:80/a#b"))).toBe("http://127.0.0.1/a");
  expect([plainEtag('"a"'), plainEtag('W/"a"'), plainEtag("a"), plainEtag('a"b'), plainEtag('aW/"')]).toEqual([
    "a",
    "a",
    "a",
    'a"b',
    "aW/",
  ]);
});
