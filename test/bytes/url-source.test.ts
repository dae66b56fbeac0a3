import { createServer } from "node:http";
import type { RequestListener, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { HttpClient, readBody, withRetries } from "../../kernel/bytes/http";
import { urlSource } from "../../kernel/bytes/url-source";

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
  const url = await serve((_, reply) => {
    asked++;
    reply.writeHead(asked === 1 ? 429 : 404, { "Retry-After": new Date(Date.now() + 3000).toUTCString() }).end();
  });
  const started = Date.now();
  await expect(withRetries(undefined, () => new HttpClient().request(url))).rejects.toThrow(/answered 404/);
  expect(Date.now() - started).toBeGreaterThanOrEqual(1500);
  expect(asked).toBe(2);
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
