/** A small Hub on this machine: the answers of huggingface.co that its clients read (model info, tree in pages, refs, search, resolve with
 *  redirects to a second host, ranges, error codes), held against huggingface_hub in hub-clients.test.ts. It notes what was asked, and
 *  fails when told to. */
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Asked {
  readonly host: "hub" | "store";
  readonly method: string;
  readonly url: string;
  readonly range?: string;
  readonly authorization?: string;
  /** Bytes of the body that were sent. */
  sent: number;
}

/** What goes wrong with the next answers of a host: a status, or a connection that breaks or falls silent after some bytes. */
export type Fault =
  | { readonly status: number; readonly headers?: Record<string, string> }
  | { readonly breakAfter: number }
  | { readonly stallAfter: number };

export interface Repository {
  readonly files: Map<string, Buffer>;
  commit: string;
  readonly revisions: Map<string, string>;
  access: "public" | "gated" | "private";
}

/** Files from here on are kept as large ones: named by SHA-256, given by the store. */
const largeBytes = 1000;

export class HubServer {
  readonly asked: Asked[] = [];
  readonly repositories = new Map<string, Repository>();
  readonly faults: { hub: Fault[]; store: Fault[] } = { hub: [], store: [] };
  /** The token that opens gated and private repositories. */
  readonly token = "hf_secretTokenOfTheTest";
  pageSize = 1000;
  /** Told when an answer falls silent, its last bytes handed to the system. */
  onStall: (() => void) | undefined;
  /** For hostile answers: changes the headers or the body of the store's answers. */
  tamper: ((headers: Record<string, string>, body: Buffer) => Buffer) | undefined;
  /** Where large files are redirected to, instead of the store. */
  elsewhere: string | undefined;
  private readonly blobs = new Map<string, Buffer>();
  private readonly servers: Server[] = [];
  endpoint = "";
  store = "";

  async start(): Promise<void> {
    this.endpoint = await this.listen((request, reply) => this.answer("hub", request, reply));
    this.store = await this.listen((request, reply) => this.answer("store", request, reply));
  }

  private async listen(handler: (request: IncomingMessage, reply: ServerResponse) => void): Promise<string> {
    const server = createServer(handler);
    this.servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    for (const server of this.servers.splice(0)) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  /** Adds a repository; its commit is made of its files. */
  add(name: string, files: Record<string, Buffer | string>, access: Repository["access"] = "public"): Repository {
    const entries = Object.entries(files).map(([path, content]) => [path, Buffer.from(content)] as const);
    const hash = createHash("sha1");
    for (const [path, content] of entries) hash.update(path).update(content);
    const commit = hash.digest("hex");
    const repository = { files: new Map(entries), commit, revisions: new Map([["main", commit]]), access };
    this.repositories.set(name, repository);
    for (const [, content] of entries) this.blobs.set(sha256(content), content);
    return repository;
  }

  /** Bytes that a host sent for weights, tokens or anything, since `from` of the list. */
  sent(host: Asked["host"], from = 0): number {
    return this.asked.slice(from).reduce((sum, one) => sum + (one.host === host ? one.sent : 0), 0);
  }

  private answer(host: "hub" | "store", request: IncomingMessage, reply: ServerResponse): void {
    const { method = "GET", url = "/" } = request;
    const { range, authorization } = request.headers;
    const asked: Asked = {
      host,
      method,
      url,
      ...(range && { range }),
      ...(authorization && { authorization }),
      sent: 0,
    };
    this.asked.push(asked);
    const fault = this.faults[host].shift();
    if (fault && "status" in fault) {
      reply.writeHead(fault.status, { "Content-Length": 0, ...fault.headers });
      reply.end();
      return;
    }
    const send = (status: number, headers: Record<string, string>, body: Buffer): void => {
      reply.writeHead(status, { ...headers, "Content-Length": body.length });
      if (method === "HEAD") {
        reply.end();
        return;
      }
      const cut = fault && ("breakAfter" in fault ? fault.breakAfter : fault.stallAfter);
      if (cut === undefined || cut >= body.length) {
        asked.sent += body.length;
        reply.end(body);
        return;
      }
      asked.sent += cut;
      reply.write(body.subarray(0, cut), () => {
        if (fault && "breakAfter" in fault) setTimeout(() => reply.destroy(), 20);
        else this.onStall?.();
      });
      if (cut === 0) reply.flushHeaders();
    };
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      if (host === "store") this.storeAnswer(new URL(url, this.store), range, send);
      else this.hubAnswer(new URL(url, this.endpoint), authorization, range, Buffer.concat(pieces).toString(), send);
    });
  }

  private storeAnswer(url: URL, range: string | undefined, send: Send): void {
    const bytes = this.blobs.get(url.pathname.slice(1));
    if (!bytes || url.searchParams.get("signature") !== "S1gnature") return send(403, {}, Buffer.from("no"));
    sendRange(bytes, `"${createHash("md5").update(bytes).digest("hex")}"`, range, {}, (status, headers, body) =>
      send(status, headers, this.tamper?.(headers, body) ?? body),
    );
  }

  private hubAnswer(
    url: URL,
    authorization: string | undefined,
    range: string | undefined,
    body: string,
    send: Send,
  ): void {
    const fail = (status: number, code: string, message: string): void =>
      send(
        status,
        { "X-Error-Code": code, "X-Error-Message": message, "Content-Type": "application/json" },
        Buffer.from(JSON.stringify({ error: message })),
      );
    const json = (value: unknown, headers: Record<string, string> = {}): void =>
      send(200, { "Content-Type": "application/json; charset=utf-8", ...headers }, Buffer.from(JSON.stringify(value)));
    if (authorization !== undefined && authorization !== `Bearer ${this.token}`)
      return send(401, {}, Buffer.from('{"error":"Invalid username or password."}'));
    if (url.pathname === "/api/models") return json(this.search(url.searchParams));
    const api =
      /^\/api\/models\/(?<name>[^/]+(?:\/[^/]+)?)\/(?<kind>revision|tree|refs|paths-info)(?:\/(?<rest>.*))?$/.exec(
        url.pathname,
      );
    const file = /^\/(?<name>[^/]+(?:\/[^/]+)?)\/resolve\/(?<rest>.*)$/.exec(url.pathname);
    const { name = "", kind = "resolve", rest = "" } = (api ?? file)?.groups ?? {};
    const repository = this.repositories.get(name);
    const hasToken = authorization !== undefined;
    if (!repository || (repository.access === "private" && !hasToken))
      return hasToken
        ? fail(404, "RepoNotFound", "Repository not found")
        : fail(401, "RepoNotFound", "Repository not found");
    if (kind === "refs") {
      const branches = [...repository.revisions].map(([ref, commit]) => ({ name: ref, ref, targetCommit: commit }));
      return json({ branches, tags: [], converts: [] });
    }
    const [revision, ...path] = rest.split("/").map(decodeURIComponent);
    const commit = repository.revisions.get(revision) ?? (revision === repository.commit ? revision : undefined);
    if (revision === "HEAD" || commit === undefined)
      return fail(404, "RevisionNotFound", `Invalid rev id: ${revision}`);
    if (kind === "revision") {
      const siblings = [...repository.files.keys()].map((rfilename) => ({ rfilename }));
      return json({
        ...{ _id: "621ffdc036468d709f17434d", id: name, modelId: name, sha: commit, private: false, siblings },
        ...{ gated: repository.access === "gated" ? "auto" : false, lastModified: "2026-01-01T00:00:00.000Z" },
        ...{ downloads: 1, likes: 1, pipeline_tag: "text-generation", tags: [] },
      });
    }
    if (kind === "paths-info") {
      const { paths } = JSON.parse(body) as { paths: string[] };
      return json(
        [...repository.files].filter(([path]) => paths.includes(path)).map(([path, bytes]) => entryOf(path, bytes)),
      );
    }
    if (kind === "tree") return this.tree(repository, path.join("/"), url, json, fail);
    if (repository.access === "gated" && !hasToken)
      return fail(401, "GatedRepo", `Access to model ${name} is restricted.`);
    const bytes = repository.files.get(path.join("/"));
    if (!bytes) return fail(404, "EntryNotFound", "Entry not found");
    const common = { "X-Repo-Commit": commit, "Accept-Ranges": "bytes" };
    if (bytes.length < largeBytes) return sendRange(bytes, `"${gitHash(bytes)}"`, range, common, send);
    const large = { "X-Linked-Size": String(bytes.length), "X-Linked-Etag": `"${sha256(bytes)}"` };
    const location = `${this.elsewhere ?? this.store}/${sha256(bytes)}?signature=S1gnature`;
    return send(302, { ...common, ...large, Location: location }, Buffer.from("Found"));
  }

  private search(query: URLSearchParams): unknown[] {
    const author = query.get("author");
    const word = query.get("search")?.toLowerCase();
    return [...this.repositories.keys()]
      .filter(
        (name) => (author ? name.startsWith(`${author}/`) : true) && (word ? name.toLowerCase().includes(word) : true),
      )
      .map((id) => ({
        _id: "1",
        id,
        modelId: id,
        private: false,
        gated: false,
        likes: 1,
        downloads: 1,
        lastModified: "2026-01-01T00:00:00.000Z",
      }));
  }

  private tree(
    { files }: Repository,
    folder: string,
    url: URL,
    json: (value: unknown, headers?: Record<string, string>) => void,
    fail: (status: number, code: string, message: string) => void,
  ): void {
    const prefix = folder === "" ? "" : `${folder}/`;
    const recursive = url.searchParams.get("recursive")?.toLowerCase() === "true";
    const inside = [...files].filter(([path]) => path.startsWith(prefix));
    if (inside.length === 0) return fail(404, "EntryNotFound", `${folder} does not exist`);
    const entries = new Map<string, object>();
    for (const [path, bytes] of inside) {
      const rest = path.slice(prefix.length).split("/");
      for (let depth = 1; depth < (recursive ? rest.length : Math.min(2, rest.length)); depth++) {
        const directory = prefix + rest.slice(0, depth).join("/");
        entries.set(directory, { type: "directory", oid: gitHash(Buffer.from(directory)), size: 0, path: directory });
      }
      if (!recursive && rest.length > 1) continue;
      entries.set(path, entryOf(path, bytes));
    }
    const all = [...entries.values()];
    const from = Number(url.searchParams.get("cursor") ?? 0);
    const next = new URL(url);
    next.searchParams.set("cursor", String(from + this.pageSize));
    const more = from + this.pageSize < all.length;
    json(all.slice(from, from + this.pageSize), more ? { Link: `<${next.href}>; rel="next"` } : {});
  }
}

function entryOf(path: string, bytes: Buffer): object {
  const large = bytes.length >= largeBytes;
  return {
    ...{ type: "file", oid: gitHash(large ? Buffer.from(sha256(bytes)) : bytes), size: bytes.length, path },
    ...(large && {
      lfs: { oid: sha256(bytes), size: bytes.length, pointerSize: 134 },
      xetHash: sha256(Buffer.from(path)),
    }),
  };
}

type Send = (status: number, headers: Record<string, string>, body: Buffer) => void;

function sendRange(
  bytes: Buffer,
  etag: string,
  range: string | undefined,
  extra: Record<string, string>,
  send: Send,
): void {
  const headers: Record<string, string> = {
    ...extra,
    ETag: etag,
    "Accept-Ranges": "bytes",
    "Content-Type": "application/octet-stream",
  };
  const asked = /^bytes=(\d+)-(\d*)$/.exec(range ?? "");
  if (!asked) return send(200, headers, bytes);
  const first = Number(asked[1]);
  const last = Math.min(bytes.length - 1, asked[2] === "" ? Infinity : Number(asked[2]));
  if (first > last) return send(416, { ...headers, "Content-Range": `bytes */${bytes.length}` }, Buffer.alloc(0));
  headers["Content-Range"] = `bytes ${first}-${last}/${bytes.length}`;
  return send(206, headers, bytes.subarray(first, last + 1));
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

export function gitHash(bytes: Uint8Array): string {
  return createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}
