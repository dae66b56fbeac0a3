/** The stand-in for a server on the net: a client whose answers a test words. */
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { HttpClient } from "../../kernel/bytes/http";
import type { HttpReply, HttpRequest } from "../../kernel/bytes/http";

/** What the client answers to a request: parts of an answer; what is left out is as a faultless server has it. */
export interface Answer {
  readonly status?: number;
  readonly headers?: IncomingHttpHeaders;
  readonly firstHeaders?: IncomingHttpHeaders;
  readonly url?: URL;
  readonly pieces?: readonly Uint8Array[];
}

/** A client of a server that has `whole`. It notes the ranges it is asked for; `answer`, by the number of the request from 1 and what it asks,
 *  changes what a faultless server would say, or throws. */
export class ScriptedClient extends HttpClient {
  readonly asked: string[] = [];
  readonly bodies: Readable[] = [];
  constructor(
    private readonly whole: Uint8Array,
    private readonly answer: (call: number, asked: string) => Answer = () => ({}),
  ) {
    super();
  }

  override request(at: URL, { headers = {} }: HttpRequest = {}): Promise<HttpReply> {
    const asked = `${at.host} ${headers.Range}`;
    this.asked.push(asked);
    const [start, last] = (/bytes=(\d+)-(\d+)/.exec(headers.Range ?? "") ?? []).slice(1).map(Number);
    const end = Math.min(last + 1, this.whole.length);
    return new Promise((resolve) => {
      const own = this.answer(this.asked.length, asked);
      const body = Readable.from(own.pieces ?? [this.whole.subarray(start, end)]);
      this.bodies.push(body);
      const said = { "content-range": `bytes ${start}-${end - 1}/${this.whole.length}`, ...own.headers };
      resolve({
        status: own.status ?? 206,
        headers: said,
        firstHeaders: own.firstHeaders ?? said,
        url: own.url ?? at,
        body: body as IncomingMessage,
      });
    });
  }
}
