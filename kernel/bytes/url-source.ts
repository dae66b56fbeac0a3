import { SourceError } from "../errors";
import { currentHost } from "../host";
import { HttpFailure, piecesOf, readBody, withRetries } from "./http";
import type { HttpClient, HttpReply } from "./http";
import { CountingSource } from "./source";
import type { ByteSource } from "./source";

/** The bytes of an address, read by ranges (RFC 9110, 14). Only the bytes that are asked for are fetched, over one connection that stays
 *  open; after a break the reading goes on where it stopped. Opening fetches the first 64 KiB and keeps them, because readers begin there.
 *  Every answer must be of the range that was asked for and of the same version of the file. */

/** Bytes fetched at the opening; the headers of most models are shorter. */
const frontBytes = 64 * 1024;
/** Bytes that a reader of long headers asks for at once; a slow line takes some tenths of a second for them. */
const windowBytes = 1024 * 1024;
/** The most bytes that are kept in memory of a server that knows no ranges and sends the whole file. */
const mostUnranged = 64 * 1024 * 1024;
/** Reads of so many bytes and more report their progress. */
const longReadBytes = 8 * 1024 * 1024;

/** A file at an address, and what is known of it. */
export interface RemoteFile {
  /** The name that errors give it: the address without credentials and query. */
  readonly name: string;
  readonly url: URL;
  /** The size that is known from elsewhere; an answer of another size is refused. */
  readonly byteLength?: number;
  /** ETag without quotes, of the file itself (X-Linked-ETag) or of the answer. */
  readonly etag?: string;
  readonly sha256?: string;
}

/** Opens an address. `SourceError` in plain words when it cannot be read, or is not the file that is expected; `explain`, if given, words the
 *  failures of the network. */
export async function urlSource(
  client: HttpClient,
  file: RemoteFile,
  options: { readonly signal?: AbortSignal; readonly explain?: (failure: HttpFailure) => string | undefined } = {},
): Promise<ByteSource> {
  const explain = (failure: HttpFailure): string => options.explain?.(failure) ?? sentenceOf(failure);
  const remote = new RemoteRanges(client, file, explain);
  const { byteLength, front } = await remote.begin(options.signal);
  return new UrlSource(file, byteLength, front, remote);
}

function sentenceOf(failure: HttpFailure): string {
  const { status } = failure.facts;
  if (status === 401 || status === 403) return `the server refuses access (${status})`;
  if (status === 404 || status === 410) return `there is no such file on the server (${status})`;
  return failure.message;
}

class UrlSource extends CountingSource {
  readonly windowBytes = windowBytes;
  readonly sha256?: string;

  constructor(
    file: RemoteFile,
    byteLength: number,
    private readonly front: Uint8Array,
    private readonly remote: RemoteRanges,
  ) {
    super(file.name, byteLength);
    if (file.sha256 !== undefined) this.sha256 = file.sha256;
  }

  protected async fill(target: Uint8Array, start: number, signal: AbortSignal | undefined): Promise<void> {
    const known = Math.max(0, Math.min(target.length, this.front.length - start));
    if (known > 0) target.set(this.front.subarray(start, start + known));
    if (known < target.length) await this.remote.fetch(target.subarray(known), start + known, this.byteLength, signal);
  }
}

/** What tells one version of a file from another. */
interface Version {
  readonly total: number;
  readonly etag: string | undefined;
}

/** Reads ranges of a remote file, and sees to it that all are of one version. */
export class RemoteRanges {
  private version: Version | undefined;
  /** The address that a redirect led to; it is asked directly until it refuses. */
  private settled: URL | undefined;

  constructor(
    private readonly client: HttpClient,
    private readonly file: RemoteFile,
    private readonly explain: (failure: HttpFailure) => string,
  ) {}

  /** The size, and the first bytes. */
  async begin(signal: AbortSignal | undefined): Promise<{ byteLength: number; front: Uint8Array }> {
    if (this.file.byteLength === 0) return { byteLength: 0, front: new Uint8Array(0) };
    return this.plainly(() =>
      withRetries(signal, async () => {
        const reply = await this.ask(0, frontBytes, signal).catch((failure: unknown) => {
          // An empty file answers 416 to any range.
          if (failure instanceof HttpFailure && failure.facts.status === 416) return undefined;
          throw failure;
        });
        if (!reply) return { byteLength: 0, front: new Uint8Array(0) };
        if (reply.status === 206) {
          const { total } = this.check(reply, 0, frontBytes);
          const size = Math.min(frontBytes, total);
          const front = await readBody(reply, size, signal);
          if (front.length < size) throw broken(reply);
          return { byteLength: total, front };
        }
        const length = Number(reply.headers["content-length"] ?? NaN);
        if (!(length <= mostUnranged)) {
          reply.body.destroy();
          const size = Number.isNaN(length) ? "an untold number of" : String(length);
          throw new SourceError(
            this.file.name,
            `the server gives no ranges, and ${size} bytes are too many to keep; download it first`,
          );
        }
        const front = await readBody(reply, length, signal);
        if (front.length !== length) throw broken(reply);
        this.checkSize(front.length);
        return { byteLength: front.length, front };
      }),
    );
  }

  /** Fills `target` with the bytes from `start` on. */
  async fetch(target: Uint8Array, start: number, total: number, signal: AbortSignal | undefined): Promise<void> {
    const host = currentHost();
    await this.stream(start, start + target.length, total, signal, (piece, at) => {
      target.set(piece, at - start);
      if (target.length < longReadBytes) return;
      const done = at - start + piece.length;
      host.progress?.({ task: "downloading", done, total: target.length, unit: "bytes", item: this.file.name });
    });
  }

  /** Hands the bytes [start, end) to `take`, piece by piece and in order, each once. */
  async stream(
    start: number,
    end: number,
    total: number,
    signal: AbortSignal | undefined,
    take: (piece: Uint8Array, at: number) => void | Promise<void>,
  ): Promise<void> {
    let at = start;
    const more = async (headway: () => void): Promise<void> => {
      const reply = await this.ask(at, end, signal);
      if (reply.status !== 206) {
        reply.body.destroy();
        throw new SourceError(this.file.name, "the server gives no ranges any more; open it again");
      }
      if (this.check(reply, at, end).total !== total) throw this.changed(reply);
      for await (const piece of piecesOf(reply, signal)) {
        if (piece.length > end - at)
          throw new SourceError(this.file.name, `the server sends more than the ${end - start} bytes asked for`);
        await take(piece, at);
        at += piece.length;
        headway();
      }
      if (at < end) throw broken(reply);
    };
    await this.plainly(() => withRetries(signal, more));
  }

  /** Asks for the bytes [start, end): of the address that an earlier redirect led to, or, without one and where it has expired, of the first. */
  async ask(start: number, end: number, signal: AbortSignal | undefined): Promise<HttpReply> {
    const request = { headers: { Range: `bytes=${start}-${end - 1}` }, ...(signal && { signal }) };
    if (this.settled)
      try {
        return await this.client.request(this.settled, request);
      } catch (error) {
        if (!(error instanceof HttpFailure) || error.facts.mayPass) throw error;
        this.settled = undefined;
      }
    const reply = await this.client.request(this.file.url, request);
    this.checkLinked(reply);
    if (reply.url.href !== this.file.url.href) this.settled = reply.url;
    return reply;
  }

  /** An answer of 206 must be of the range, and of the version that was opened. */
  private check(reply: HttpReply, start: number, end: number): Version {
    const range = /^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16})$/.exec(reply.headers["content-range"] ?? "");
    const [first, last, total] = (range ?? []).slice(1).map(Number);
    if (!range || first !== start || last !== Math.min(end, total) - 1 || !Number.isSafeInteger(total)) {
      reply.body.destroy();
      throw new SourceError(
        this.file.name,
        `bytes ${start} to ${end} were asked for, and the server sends ${JSON.stringify(reply.headers["content-range"] ?? "no range").slice(0, 60)}`,
      );
    }
    this.checkSize(total);
    const version = { total, etag: reply.headers.etag };
    this.version ??= version;
    const sameTag = version.etag === undefined || this.version.etag === undefined || version.etag === this.version.etag;
    if (total !== this.version.total || (!sameTag && this.file.etag === undefined)) throw this.changed(reply);
    return version;
  }

  private checkSize(size: number): void {
    const expected = this.file.byteLength;
    if (expected !== undefined && size !== expected)
      throw new SourceError(this.file.name, `has ${size} bytes on the server, and ${expected} in its list of files`);
  }

  /** Checks the size and the ETag of the file itself, which the Hub states in the headers of its redirect. */
  private checkLinked({ firstHeaders, url, body }: HttpReply): void {
    const linked = firstHeaders["x-linked-etag"];
    const expected = this.file.etag;
    if (expected === undefined || typeof linked !== "string" || plainEtag(linked) === expected) return;
    body.destroy();
    throw new SourceError(this.file.name, `${url.host} gives another file than its list of files names`);
  }

  private changed(reply: HttpReply): SourceError {
    reply.body.destroy();
    return new SourceError(this.file.name, "was changed on the server since it was opened; open it again");
  }

  private async plainly<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof HttpFailure) throw new SourceError(this.file.name, this.explain(error), { cause: error });
      throw error;
    }
  }
}

function broken(reply: HttpReply): HttpFailure {
  return new HttpFailure(`${reply.url.host} sent less than it promised`, { code: "ECONNRESET", mayPass: true });
}

/** An ETag without quotes and the mark of a weak one. */
export function plainEtag(etag: string): string {
  return etag.replace(/^W\//, "").replace(/^"|"$/g, "");
}

/** An address for messages: without credentials and query, which may be secret. */
export function plainUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}
