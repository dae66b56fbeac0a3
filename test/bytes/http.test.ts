/** HTTP as a reader of models needs it, asked of a server of the test's own. Pauses before another try are noted and not waited for. */
import { createServer } from "node:http";
import type { IncomingHttpHeaders, RequestListener, Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  HttpClient,
  HttpFailure,
  networkFailure,
  readBody,
  redirectTarget,
  withRetries,
} from "../../kernel/bytes/http";
import { CancelledError } from "../../kernel/errors";

const mockPauses: number[] = [];
jest.mock("node:timers/promises", () => ({
  ...jest.requireActual<object>("node:timers/promises"),
  setTimeout: (ms: number, _: undefined, { signal }: { signal?: AbortSignal } = {}) => {
    mockPauses.push(ms);
    return signal?.aborted ? Promise.reject(new Error("stopped")) : Promise.resolve();
  },
}));
beforeEach(() => (mockPauses.length = 0));

const servers: Server[] = [];
async function serve(listener: RequestListener): Promise<URL> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/file.bin?key=secret`);
}
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** What a promise is refused with. */
const failureOf = (promise: Promise<unknown>): Promise<HttpFailure> =>
  promise.then(
    () => Promise.reject(new Error("there was an answer")),
    (error: unknown) => {
      expect(error).toBeInstanceOf(HttpFailure);
      return error as HttpFailure;
    },
  );

describe("a request", () => {
  it("says who asks, takes answers unpacked, and sends the body with its length", async () => {
    const seen: (IncomingHttpHeaders & { method?: string; text: string })[] = [];
    const url = await serve((request, reply) => {
      let text = "";
      request.on("data", (piece: Buffer) => (text += piece.toString()));
      request.on("end", () => {
        seen.push({ ...request.headers, method: request.method ?? "", text });
        reply.writeHead(201, { "X-Own": "yes" }).end("fine");
      });
    });
    const client = new HttpClient({ trusted: url.origin, token: "hf_secret" });
    expect(client.hasToken).toBe(true);
    expect(new HttpClient().hasToken).toBe(false);
    const body = "größer";
    const reply = await client.request(url, { method: "POST", headers: { Range: "bytes=0-3" }, body });
    expect([reply.status, reply.headers["x-own"], reply.url.href]).toEqual([201, "yes", url.href]);
    expect(reply.firstHeaders).toEqual(reply.headers);
    expect((await readBody(reply, 4, undefined)).toString()).toBe("fine");
    await readBody(await new HttpClient({ trusted: "https://huggingface.co", token: "t" }).request(url), 4, undefined);
    expect(seen[0]).toMatchObject({
      method: "POST",
      "user-agent": "codebook",
      "accept-encoding": "identity",
      range: "bytes=0-3",
      authorization: "Bearer hf_secret",
      "content-length": String(Buffer.byteLength(body)),
      text: body,
    });
    expect(seen[1]).toMatchObject({ method: "GET", text: "" });
    expect(Object.keys(seen[1])).not.toContain("authorization");
  });

  it("follows five redirects and no more, and keeps the first answer's headers", async () => {
    let asked = 0;
    const url = await serve(({ url: path = "" }, reply) => {
      asked++;
      const left = Number(/\d+/.exec(path)?.[0] ?? 0);
      if (left > 0) reply.writeHead(302, { Location: `/${left - 1}`, "X-Step": String(left) }).end();
      else reply.writeHead(200, { "X-Step": "0" }).end("there");
    });
    const reply = await new HttpClient().request(new URL("/5", url));
    expect([asked, reply.url.pathname, reply.headers["x-step"], reply.firstHeaders["x-step"]]).toEqual([
      6,
      "/0",
      "0",
      "5",
    ]);
    reply.body.destroy();
    asked = 0;
    const failure = await failureOf(new HttpClient().request(new URL("/6", url)));
    expect([failure.message, asked]).toEqual([`${url.host} redirects more than 5 times`, 6]);
    expect(failure.facts).toEqual({ status: 0, mayPass: false });
  });

  it("refuses a redirect that names no address, and what is not the web", async () => {
    const url = await serve((_, reply) => reply.writeHead(302).end());
    expect((await failureOf(new HttpClient().request(url))).message).toBe(`${url.host} answers 302 without an address`);
    const failure = await failureOf(new HttpClient().request(new URL("ftp://example.org/a")));
    expect(failure.message).toBe("example.org is reached by ftp:, not by https:");
  });

  it("is stopped before it is sent", async () => {
    let asked = 0;
    const url = await serve((_, reply) => (asked++, reply.end()));
    await expect(new HttpClient().request(url, { signal: AbortSignal.abort() })).rejects.toThrow(CancelledError);
    expect(asked).toBe(0);
  });
});

describe("a status of 400 or more", () => {
  const answer = async (status: number, headers: Record<string, string> = {}) => {
    const url = await serve((_, reply) => reply.writeHead(status, headers).end());
    return (await failureOf(new HttpClient().request(url))).facts;
  };

  it.each([408, 425, 429, 500, 502, 503, 504])("%d may pass", async (status) => {
    expect(await answer(status)).toEqual({ status, mayPass: true });
  });

  it.each([400, 401, 403, 404, 410, 501])("%d stays", async (status) => {
    expect(await answer(status)).toEqual({ status, mayPass: false });
  });

  it("tells the Hub's word for it where it is one word", async () => {
    expect(await answer(401, { "X-Error-Code": "GatedRepo" })).toMatchObject({ errorCode: "GatedRepo" });
    for (const word of ["a word", "a".repeat(41), "Gated-Repo", "1"])
      expect(await answer(401, { "X-Error-Code": word })).toEqual({ status: 401, mayPass: false });
  });

  it("takes the pause that is asked for, in seconds or as a date, up to a minute", async () => {
    const pauseOf = async (text: string) => (await answer(503, { "Retry-After": text })).retryAfterMs;
    expect(await pauseOf("7")).toBe(7000);
    expect(await pauseOf("61")).toBe(60_000);
    expect(await pauseOf("Thu, 01 Jan 1970 00:00:00 GMT")).toBe(0);
    expect(await pauseOf("Fri, 31 Dec 9999 00:00:00 GMT")).toBe(60_000);
    expect(await pauseOf("soon")).toBeUndefined();
    expect(await pauseOf("7 s")).toBeUndefined();
  });

  it("was an answer: the server is not offline", async () => {
    const url = await serve((_, reply) => reply.writeHead(500).end());
    expect((await failureOf(new HttpClient().request(url))).isOffline).toBe(false);
    expect((networkFailure(url, {}, undefined) as HttpFailure).isOffline).toBe(true);
  });
});

describe("where a redirect leads", () => {
  const from = new URL("https://huggingface.co/a/b?x=1");

  it("is read beside the address that it comes from, without a name and a password", () => {
    expect(redirectTarget(from, "../c").href).toBe("https://huggingface.co/c");
    expect(redirectTarget(from, "https://user:word@cdn.example/c?y=2").href).toBe("https://cdn.example/c?y=2");
  });

  it("never leaves https; plain http may go to either", () => {
    expect(() => redirectTarget(from, "http://cdn.example/c")).toThrow(
      "huggingface.co redirects to http://cdn.example",
    );
    expect(() => redirectTarget(from, "file:///etc/passwd")).toThrow("huggingface.co redirects to file://");
    const plain = new URL("http://127.0.0.1:80/");
    expect(redirectTarget(plain, "/d").href).toBe("http://127.0.0.1/d");
    expect(redirectTarget(plain, "https://cdn.example/d").href).toBe("https://cdn.example/d");
    expect(() => redirectTarget(plain, "ftp://cdn.example/d")).toThrow("redirects to ftp://cdn.example");
    expect(() => redirectTarget(from, "https://")).toThrow("huggingface.co redirects to something that is no address");
  });
});

describe("a failure of the network", () => {
  const url = new URL("https://huggingface.co/secret?key=1");
  const told = (code: string) => networkFailure(url, { code }, undefined) as HttpFailure;
  const proxies = { HTTPS_PROXY: process.env.HTTPS_PROXY, https_proxy: process.env.https_proxy };
  beforeEach(() => {
    delete process.env.HTTPS_PROXY;
    delete process.env.https_proxy;
  });
  afterAll(() => {
    for (const [name, value] of Object.entries(proxies)) if (value !== undefined) process.env[name] = value;
  });

  it.each([
    ["ENOTFOUND", "cannot be found: there is no network, or the name is wrong", false],
    ["EAI_AGAIN", "cannot be found: the network's name service does not answer", false],
    ["ENETUNREACH", "cannot be reached: there is no network", false],
    ["EHOSTUNREACH", "cannot be reached: there is no network", false],
    ["ENETDOWN", "cannot be reached: there is no network", false],
    ["ECONNREFUSED", "refuses the connection", false],
    ["ECONNRESET", "broke the connection", true],
    ["EPIPE", "broke the connection", true],
    ["ECONNABORTED", "broke the connection", true],
    ["ETIMEDOUT", "does not answer", true],
    ["ESOCKETTIMEDOUT", "does not answer", true],
    ["EPROTO", "does not speak https", false],
    ["CERT_HAS_EXPIRED", "shows a certificate that cannot be verified", false],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "shows a certificate that cannot be verified", false],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "shows a certificate that cannot be verified", false],
    ["XENOTFOUND", "cannot be read (XENOTFOUND)", true],
    ["EPIPES", "cannot be read (EPIPES)", true],
    ["", "cannot be read (the connection failed)", true],
  ])("%s is told in words", (code, sentence, mayPass) => {
    expect(told(code).message).toBe(`huggingface.co ${sentence}`);
    expect(told(code).facts).toEqual({ code, mayPass });
  });

  it("names the proxy that is set and not used, where that may be the cause", () => {
    process.env.https_proxy = "http://proxy";
    const hint = "; HTTPS_PROXY is set, and proxies are not used here";
    expect(told("ENOTFOUND").message).toMatch(hint);
    expect(told("ECONNRESET").message).not.toMatch(hint);
    expect(told("EOTHER").message).not.toMatch(hint);
  });

  it("is the caller's stop where the signal fired, and stays what it was where it has words already", () => {
    expect(networkFailure(url, {}, AbortSignal.abort())).toEqual(new CancelledError("reading from huggingface.co"));
    const own = told("EPROTO");
    expect(networkFailure(url, own, new AbortController().signal)).toBe(own);
  });
});

describe("another try", () => {
  const passing = (retryAfterMs?: number) =>
    new HttpFailure("not now", { status: 503, mayPass: true, ...(retryAfterMs !== undefined && { retryAfterMs }) });
  const failing = (failures: (Error | "headway")[]) => {
    let tries = 0;
    const attempt = (headway: () => void) => {
      const failure = failures[tries++];
      if (failure === "headway") headway();
      return failure === undefined
        ? Promise.resolve("done")
        : Promise.reject(failure === "headway" ? passing() : failure);
    };
    return { attempt, tries: () => tries };
  };

  it("comes after pauses that double, five in all", async () => {
    const { attempt, tries } = failing(Array.from({ length: 9 }, () => passing()));
    await expect(withRetries(undefined, attempt)).rejects.toThrow("not now");
    expect([tries(), mockPauses]).toEqual([5, [500, 1000, 2000, 4000]]);
  });

  it("waits as long as the server asks, and never less than it would", async () => {
    const { attempt } = failing([passing(3000), passing(10)]);
    expect(await withRetries(undefined, attempt)).toBe("done");
    expect(mockPauses).toEqual([3000, 1000]);
  });

  it("begins to count anew with each headway", async () => {
    const { attempt, tries } = failing([passing(), passing(), "headway", passing(), passing(), passing()]);
    expect(await withRetries(undefined, attempt)).toBe("done");
    expect([tries(), mockPauses]).toEqual([7, [500, 1000, 500, 1000, 2000, 4000]]);
  });

  it("does not come after what stays, nor after what is no failure of HTTP", async () => {
    for (const error of [new HttpFailure("gone", { status: 404, mayPass: false }), new RangeError("a fault")]) {
      const { attempt, tries } = failing([error]);
      await expect(withRetries(undefined, attempt)).rejects.toBe(error);
      expect(tries()).toBe(1);
    }
    expect(mockPauses).toEqual([]);
  });

  it("is given up at once when the signal fires in a pause", async () => {
    const { attempt, tries } = failing([passing()]);
    await expect(withRetries(AbortSignal.abort(), attempt)).rejects.toEqual(
      new CancelledError("waiting for another try"),
    );
    expect(tries()).toBe(1);
  });

  it("comes after a silence, before the answer and in it", async () => {
    let asked = 0;
    const url = await serve((_, reply) => {
      if (++asked === 1) return; // no answer at all
      reply.writeHead(200, { "Content-Length": "4" });
      if (asked === 2) reply.write("ab");
      else reply.end("abcd");
    });
    const client = new HttpClient({ silenceMs: 100 });
    const bytes = await withRetries(undefined, async () => readBody(await client.request(url), 10, undefined));
    expect([bytes.toString(), asked, mockPauses]).toEqual(["abcd", 3, [500, 1000]]);
  });
});

test("a body larger than asked for is broken off, whatever the server says", async () => {
  const url = await serve((_, reply) => {
    const more = (): void => {
      if (!reply.destroyed) reply.write(Buffer.alloc(65_536), more);
    };
    more();
  });
  const reply = await new HttpClient().request(url);
  await expect(readBody(reply, 1_000_000, undefined)).rejects.toThrow(/sends more than 1000000 bytes/);
});
