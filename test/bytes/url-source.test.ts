import { createServer } from "node:http";
import type { RequestListener, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { HttpClient, readBody, withRetries } from "../../kernel/bytes/http";
import { urlSource } from "../../kernel/bytes/url-source";

/** The pauses between tries, in milliseconds: they are noted, and take no time. */
const mockPauses: number[] = [];
jest.mock("node:timers/promises", () => ({
  ...jest.requireActual<object>("node:timers/promises"),
  setTimeout: (ms: number) => Promise.resolve(mockPauses.push(ms)),
}));
beforeEach(() => mockPauses.splice(0));

let server: Server | undefined;
const serve = async (listener: RequestListener): Promise<URL> => {
  server = createServer(listener);
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/file.bin?key=secret`);
};
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

it("silence is an error, and is tried again", async () => {
  let asked = 0;
  const url = await serve((_, reply) => {
    if (++asked === 1) return; // no answer at all
    reply.writeHead(200, { "Content-Length": "4" });
    if (asked === 2) reply.write("ab");
    else reply.end("abcd");
  });
  const client = new HttpClient({ silenceMs: 100 });
  const bytes = await withRetries(undefined, async () => readBody(await client.request(url), 10, undefined));
  expect([bytes.toString(), asked]).toEqual(["abcd", 3]);
});

it("a pause that is asked for is kept to, and five tries are all", async () => {
  let asked = 0;
  const now = Date.UTC(2026, 0, 1);
  const url = await serve((_, reply) => {
    asked++;
    const later = [new Date(now + 3000).toUTCString(), "7", "3600", "0", "0"];
    reply.writeHead(429, { "Retry-After": later[asked - 1] }).end();
  });
  const clock = jest.spyOn(Date, "now").mockReturnValue(now);
  await expect(withRetries(undefined, () => new HttpClient().request(url))).rejects.toThrow(/answered 429/);
  clock.mockRestore();
  expect(asked).toBe(5);
  // A date, seconds, more than a minute, and less than the fourth pause of our own.
  expect(mockPauses).toEqual([3000, 7000, 60_000, 4000]);
});

it("tries again after 0.5, 1, 2 and 4 s; headway begins the count anew; what cannot pass is tried once", async () => {
  let [asked, reads] = [0, 0];
  const url = await serve((_, reply) => void reply.writeHead(++asked === 8 ? 404 : 503).end());
  const attempt = (headway: () => void): Promise<unknown> => {
    if (++reads === 4) headway();
    return new HttpClient().request(url);
  };
  await expect(withRetries(undefined, attempt)).rejects.toThrow(/answered 404/);
  expect(mockPauses).toEqual([500, 1000, 2000, 500, 1000, 2000, 4000]);
});

it("a server without ranges gives the whole; none larger than memory allows", async () => {
  const content = Buffer.from(Array.from({ length: 100_000 }, (_, i) => i & 255));
  let length = String(content.length);
  const url = await serve((_, reply) => {
    reply.writeHead(200, { "Content-Length": length });
    reply.end(content);
  });
  const source = await urlSource(new HttpClient(), { name: "file.bin", url });
  expect(Buffer.compare(await source.read(90_000, 100_000), content.subarray(90_000))).toBe(0);
  length = String(2 ** 40);
  await expect(urlSource(new HttpClient(), { name: "file.bin", url })).rejects.toThrow(
    /file\.bin: the server gives no ranges, and 1099511627776 bytes are too many to keep; download it first/,
  );
});

it("no more is read than fits, whatever the server says", async () => {
  const url = await serve((_, reply) => {
    const more = (): void => {
      if (!reply.destroyed) reply.write(Buffer.alloc(65_536), more);
    };
    more();
  });
  const reply = await new HttpClient().request(url);
  await expect(readBody(reply, 1_000_000, undefined)).rejects.toThrow(/sends more than 1000000 bytes/);
});
