import { request as requestPlain, Agent as PlainAgent } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage, RequestOptions } from "node:http";
import { request as requestSecure, Agent as SecureAgent } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { CancelledError } from "../errors";
import { throwIfStopped } from "./pause";

/** HTTP as a reader of models needs it. The client sends its token to one origin only, whatever a redirect says. It takes answers as they
 *  are and unpacks none, so that no decoder of Brotli meets foreign bytes. A connection that stays silent is an error; a request whose
 *  failure may pass is tried again after a pause that doubles. Messages name hosts, and no query of an address, which may hold a
 *  signature. */

/** How often one piece of work is tried without headway: the pauses of 0.5, 1, 2 and 4 s make 7.5 s in all. */
const maxTries = 5;
const firstPauseMs = 500;
/** A server may ask for a longer pause (Retry-After), up to this. */
const longestPauseMs = 60_000;
const maxRedirects = 5;
/** A connection that says nothing for so long is given up. */
const longestSilenceMs = 30_000;

/** What is asked for. */
export interface HttpRequest {
  readonly method?: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

/** An answer whose body was not read yet: read it, or destroy it. */
export interface HttpReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The headers of the first redirect that led here, or of the answer itself where none did. */
  readonly firstHeaders: IncomingHttpHeaders;
  /** The address that answered, behind all redirects. */
  readonly url: URL;
  readonly body: IncomingMessage;
}

/** Why there is no useful answer. `status` when the server gave one, `code` when the network did not get that far. */
export class HttpFailure extends Error {
  constructor(
    message: string,
    readonly facts: {
      readonly status?: number;
      readonly code?: string;
      /** The Hub's word for it, from X-Error-Code. */
      readonly errorCode?: string;
      /** Given where another try may succeed: the pause before it, in milliseconds. */
      readonly retryAfterMs?: number;
      readonly mayPass: boolean;
    },
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }

  /** The server was not reached at all. */
  get isOffline(): boolean {
    return this.facts.status === undefined;
  }
}

/** What a client may send, and how patient it is. */
export interface HttpClientOptions {
  /** The origin ("https://huggingface.co") that the token is sent to. */
  readonly trusted?: string;
  readonly token?: string;
  /** After how long a silent connection is given up, in milliseconds; 30,000 by default. */
  readonly silenceMs?: number;
}

/** A client that keeps its connections open. */
export class HttpClient {
  private readonly plain = new PlainAgent({ keepAlive: true, maxSockets: 8 });
  private readonly secure = new SecureAgent({ keepAlive: true, maxSockets: 8 });

  constructor(private readonly options: HttpClientOptions = {}) {}

  get hasToken(): boolean {
    return this.options.token !== undefined;
  }

  /** One request, redirects followed. `HttpFailure` for a status of 400 or more, and when there is no answer. */
  async request(url: URL, request: HttpRequest = {}): Promise<HttpReply> {
    let at = url;
    let first: IncomingHttpHeaders | undefined;
    for (let redirects = 0; ; redirects++) {
      const body = await this.once(at, request);
      const status = body.statusCode ?? 0;
      first ??= body.headers;
      if (status >= 400) throw await failureOf(body, at);
      if (status < 300) return { status, headers: body.headers, firstHeaders: first, url: at, body };
      body.destroy();
      const { location } = body.headers;
      if (location === undefined) throw wrong(at, `answers ${status} without an address`);
      if (redirects === maxRedirects) throw wrong(url, `redirects more than ${maxRedirects} times`);
      at = redirectTarget(at, location);
    }
  }

  private once(url: URL, { method = "GET", headers = {}, body, signal }: HttpRequest): Promise<IncomingMessage> {
    const secure = url.protocol === "https:";
    if (!secure && url.protocol !== "http:") throw wrong(url, `is reached by ${url.protocol}, not by https:`);
    const { trusted, token, silenceMs = longestSilenceMs } = this.options;
    const options: RequestOptions = {
      method,
      agent: secure ? this.secure : this.plain,
      timeout: silenceMs,
      headers: {
        "User-Agent": "codebook",
        "Accept-Encoding": "identity",
        ...headers,
        ...(token !== undefined && url.origin === trusted && { Authorization: `Bearer ${token}` }),
        ...(body !== undefined && { "Content-Length": String(Buffer.byteLength(body)) }),
      },
      ...(signal && { signal }),
    };
    throwIfStopped(signal, `reading from ${url.host}`);
    return new Promise((resolve, reject) => {
      const sent = (secure ? requestSecure : requestPlain)(url, options, resolve);
      sent.on("timeout", () => sent.destroy(silent(url, silenceMs)));
      sent.on("error", (cause) => reject(networkFailure(url, cause, signal)));
      sent.end(body);
    });
  }
}

/** Where a redirect leads; refuses one that leaves https, or leads to no web address. */
export function redirectTarget(from: URL, location: string): URL {
  let to: URL;
  try {
    to = new URL(location, from);
  } catch {
    throw wrong(from, "redirects to something that is no address");
  }
  if (to.protocol !== "https:" && to.protocol !== from.protocol)
    throw wrong(from, `redirects to ${to.protocol}//${to.host}`);
  to.username = to.password = "";
  return to;
}

function wrong(url: URL, problem: string): HttpFailure {
  return new HttpFailure(`${url.host} ${problem}`, { status: 0, mayPass: false });
}

function silent(url: URL, silenceMs: number): HttpFailure {
  return new HttpFailure(`${url.host} said nothing for ${silenceMs / 1000} s`, { code: "ETIMEDOUT", mayPass: true });
}

/** Statuses that say "not now". */
const passing: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

async function failureOf(body: IncomingMessage, url: URL): Promise<HttpFailure> {
  const status = body.statusCode ?? 0;
  const code = body.headers["x-error-code"];
  body.destroy();
  const errorCode = typeof code === "string" && /^[A-Za-z]{1,40}$/.test(code) ? code : undefined;
  return new HttpFailure(`${url.host} answered ${status}`, {
    status,
    mayPass: passing.has(status),
    ...(errorCode !== undefined && { errorCode }),
    ...retryAfter(body.headers["retry-after"]),
  });
}

function retryAfter(header: string | undefined): { retryAfterMs?: number } {
  if (header === undefined) return {};
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? { retryAfterMs: Math.min(longestPauseMs, Math.max(0, ms)) } : {};
}

/** The system's codes of a failure, the sentence for it, and whether the failure may pass. */
const networkSentences: readonly (readonly [codes: RegExp, sentence: string, mayPass: boolean])[] = [
  [/^ENOTFOUND$/, "cannot be found: there is no network, or the name is wrong", false],
  [/^EAI_AGAIN$/, "cannot be found: the network's name service does not answer", false],
  [/^(ENETUNREACH|EHOSTUNREACH|ENETDOWN)$/, "cannot be reached: there is no network", false],
  [/^ECONNREFUSED$/, "refuses the connection", false],
  [/^(ECONNRESET|EPIPE|ECONNABORTED)$/, "broke the connection", true],
  [/^(ETIMEDOUT|ESOCKETTIMEDOUT)$/, "does not answer", true],
  [/^EPROTO$/, "does not speak https", false],
  [/CERT|SELF_SIGNED|VERIFY|ERR_TLS|ERR_SSL/, "shows a certificate that cannot be verified", false],
];

/** A failure of the network as an error in plain words; `CancelledError` where the caller's own signal stopped the request. */
export function networkFailure(url: URL, cause: unknown, signal: AbortSignal | undefined): Error {
  if (signal?.aborted) return new CancelledError(`reading from ${url.host}`);
  if (cause instanceof HttpFailure) return cause;
  const code = String((cause as NodeJS.ErrnoException).code ?? "");
  const known = networkSentences.find(([codes]) => codes.test(code));
  const sentence = known?.[1] ?? `cannot be read (${code || "the connection failed"})`;
  const isProxied = known && !known[2] && (process.env.HTTPS_PROXY ?? process.env.https_proxy);
  const hint = isProxied ? "; HTTPS_PROXY is set, and proxies are not used here" : "";
  return new HttpFailure(`${url.host} ${sentence}${hint}`, { code, mayPass: known?.[2] ?? true });
}

/** Runs `attempt` until it succeeds. A failure that may pass is followed by a pause and another try, five in all; a call of `headway` by
 *  `attempt` begins the count anew. The pause ends at once when `signal` fires. */
export async function withRetries<T>(
  signal: AbortSignal | undefined,
  attempt: (headway: () => void) => Promise<T>,
): Promise<T> {
  let tries = 0;
  for (;;) {
    try {
      return await attempt(() => (tries = 0));
    } catch (error) {
      if (!(error instanceof HttpFailure) || !error.facts.mayPass || ++tries >= maxTries) throw error;
      const pauseMs = Math.max(error.facts.retryAfterMs ?? 0, firstPauseMs * 2 ** (tries - 1));
      await sleep(pauseMs, undefined, signal ? { signal } : {}).catch(() => {
        throw new CancelledError("waiting for another try");
      });
    }
  }
}

/** The pieces of a body as they come. Throws `HttpFailure` when the connection breaks, and `CancelledError` when `signal` fires. */
export async function* piecesOf(reply: HttpReply, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  const encoding = reply.headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity") {
    reply.body.destroy();
    throw wrong(reply.url, "packs what was asked for as it is");
  }
  try {
    for await (const piece of reply.body) yield piece as Buffer;
  } catch (cause) {
    throw networkFailure(reply.url, cause, signal);
  } finally {
    reply.body.destroy();
  }
}

/** A whole body, of at most `limit` bytes. */
export async function readBody(reply: HttpReply, limit: number, signal: AbortSignal | undefined): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of piecesOf(reply, signal)) {
    size += piece.length;
    if (size > limit) throw wrong(reply.url, `sends more than ${limit} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
