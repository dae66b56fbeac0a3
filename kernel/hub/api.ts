import { createRequire } from "node:module";
import type * as hub from "@huggingface/hub";
import { HttpFailure, readBody, withRetries } from "../bytes/http";
import type { HttpClient } from "../bytes/http";
import { plainEtag } from "../bytes/url-source";
import { CancelledError, SourceError } from "../errors";
import { missingFile } from "../formats/siblings";
import { nearestWord } from "../options";
import type { HubAddress } from "./address";
import { isPlainPath } from "./address";
import { isCommit } from "./cache";
import type { HubFile } from "./cache";

/** What the Hub says about a repository, asked through the Hub's own client, whose requests go through our HTTP client. Answers are checked:
 *  a commit must be 40 hex digits, a path must stay in its folder, a size must be a whole number. */

/** The most bytes of an answer; the list of a thousand files has some 300 kB. */
const maxAnswerBytes = 32 * 1024 * 1024;
const maxListed = 100_000;
/** Milliseconds that are spent on guessing which name was meant. */
const guessMs = 5000;

/** The Hub's client, loaded when it is first needed. */
const lazily = createRequire(__filename);
const client = () => lazily("@huggingface/hub") as typeof hub;

/** What the Hub says about the repository of one address. */
export class HubApi {
  private readonly folders = new Map<string, Promise<readonly HubFile[]>>();

  constructor(
    readonly address: HubAddress,
    readonly endpoint: URL,
    readonly client: HttpClient,
  ) {}

  get hubUrl(): string {
    return this.endpoint.href.replace(/\/+$/, "");
  }

  /** The name that errors give the model: the address that was asked for. */
  get name(): string {
    return `hf:${this.address.repository}`;
  }

  /** The commit that the revision stands at now. */
  async commit(signal: AbortSignal | undefined): Promise<string> {
    const { repository, revision } = this.address;
    const { modelInfo } = client();
    const info = await this.plainly("", signal, () =>
      modelInfo({
        name: repository,
        revision,
        additionalFields: ["sha"],
        hubUrl: this.hubUrl,
        fetch: this.fetchBy(signal),
      }),
    );
    const commit: unknown = info.sha;
    if (typeof commit !== "string" || !isCommit(commit))
      throw new SourceError(this.name, `${this.endpoint.host} names no commit for the revision "${revision}"`);
    return commit;
  }

  /** The files of a folder ("" for the top) at a commit, those of its sub-folders too where `recursive`. */
  async files(
    commit: string,
    folder: string,
    signal: AbortSignal | undefined,
    recursive = false,
  ): Promise<readonly HubFile[]> {
    const key = `${commit}/${folder}/${recursive}`;
    const known = this.folders.get(key) ?? this.list(commit, folder, recursive, signal);
    this.folders.set(key, known);
    return known.catch((error: unknown) => {
      this.folders.delete(key);
      throw error;
    });
  }

  /** The entry of one file; `SourceError` with the nearest name when there is none. */
  async file(commit: string, path: string, signal: AbortSignal | undefined): Promise<HubFile> {
    const slash = path.lastIndexOf("/");
    const files = await this.files(commit, path.slice(0, Math.max(0, slash)), signal);
    const found = files.find((file) => file.path === path);
    if (found) return found;
    const names = files.map((file) => file.path);
    const guess = nearestWord(path, names) ?? names.find((name) => name.toLowerCase().includes(path.toLowerCase()));
    const hint = guess ? `did you mean "${guess}"?` : `it has ${names.slice(0, 20).join(", ")}`;
    throw missingFile(`${this.name}/${path}`, `there is no such file in the repository; ${hint}`);
  }

  private async list(
    commit: string,
    folder: string,
    recursive: boolean,
    signal: AbortSignal | undefined,
  ): Promise<readonly HubFile[]> {
    const { listFiles } = client();
    return this.plainly(folder, signal, async () => {
      const files: HubFile[] = [];
      let seen = 0;
      for await (const entry of listFiles({
        repo: { type: "model", name: this.address.repository },
        revision: commit,
        ...(folder !== "" && { path: folder.split("/").map(encodeURIComponent).join("/") }),
        recursive,
        hubUrl: this.hubUrl,
        fetch: this.fetchBy(signal),
      })) {
        if (++seen > maxListed) throw new SourceError(this.name, `the repository lists more than ${maxListed} files`);
        const file = fileOf(entry);
        if (file) files.push(file);
      }
      return files;
    });
  }

  /** `fetch` for the Hub's client: through our own, so that the token, the tries, the limits and the stop are ours. */
  private fetchBy(signal: AbortSignal | undefined): typeof fetch {
    return async (input) => {
      const url = new URL(input instanceof Request ? input.url : input);
      const headers: Record<string, string> = { Accept: "application/json" };
      const [reply, bytes] = await withRetries(signal, async () => {
        const got = await this.client.request(url, { headers, ...(signal && { signal }) });
        return [got, await readBody(got, maxAnswerBytes, signal)] as const;
      });
      const { link } = reply.headers;
      return new Response(new Uint8Array(bytes), {
        status: reply.status,
        headers: { "Content-Type": "application/json", ...(link !== undefined && { Link: String(link) }) },
      });
    };
  }

  private async plainly<T>(folder: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof SourceError || error instanceof CancelledError) throw error;
      if (signal?.aborted) throw new CancelledError(`opening ${this.name}`);
      if (error instanceof HttpFailure)
        throw new SourceError(this.name, await this.explainFully(error, folder, signal), { cause: error });
      // The Hub's client throws such an error for an answer that is no JSON, or not of the form that it expects.
      throw new SourceError(this.name, `${this.endpoint.host} answers with something that is no answer of the Hub`);
    }
  }

  /** Why the Hub gave nothing, in plain words. */
  explain(failure: HttpFailure): string {
    const { status, errorCode } = failure.facts;
    const { repository, revision } = this.address;
    const { hasToken } = this.client;
    if (errorCode === "GatedRepo" || status === 403)
      return hasToken
        ? `access to this model is gated, and the account of your token has none yet (${status}): ask for it at ${this.hubUrl}/${repository}`
        : `access to this model is gated (${status}): ask for it at ${this.hubUrl}/${repository}, then set HF_TOKEN to a token of that account`;
    if (errorCode === "RevisionNotFound") return `the repository has no revision "${revision}"`;
    if (errorCode === "EntryNotFound") return "there is no such file in the repository";
    if (status === 401)
      return hasToken
        ? "the Hub does not take the token (401): it may have expired, or have no access to this model. It comes from HF_TOKEN or from the file that hf auth login wrote"
        : "there is no such model on the Hub, or it is private (401); a private one needs a token in HF_TOKEN";
    if (status === 404) return "there is no such model on the Hub (404)";
    if (status === 429)
      return `the Hub asks to wait, there were too many requests (429)${hasToken ? "" : "; with a token in HF_TOKEN it allows more"}`;
    return failure.message;
  }

  private async explainFully(failure: HttpFailure, folder: string, signal: AbortSignal | undefined): Promise<string> {
    const { status, errorCode } = failure.facts;
    const text = this.explain(failure);
    if (errorCode === "GatedRepo" || (status !== 401 && status !== 404)) return text;
    if (errorCode === "EntryNotFound") return `${text}: ${folder || "it is empty"}`;
    const soon = AbortSignal.any([AbortSignal.timeout(guessMs), ...(signal ? [signal] : [])]);
    const guess = await (errorCode === "RevisionNotFound" ? this.nearestRevision(soon) : this.nearestModel(soon)).catch(
      () => undefined,
    );
    if (signal?.aborted) throw new CancelledError(`opening ${this.name}`);
    return guess === undefined ? text : `${text}; did you mean "${guess}"?`;
  }

  private async nearestModel(signal: AbortSignal): Promise<string | undefined> {
    const { repository } = this.address;
    const [owner, name] = repository.includes("/") ? repository.split("/") : ["", repository];
    const { listModels } = client();
    for (const search of [...(owner ? [{ owner }] : []), { query: name }]) {
      const names: string[] = [];
      for await (const model of listModels({ search, limit: 100, hubUrl: this.hubUrl, fetch: this.fetchBy(signal) }))
        if (typeof model.name === "string") names.push(model.name);
      const guess = nearestWord(repository, names);
      if (guess !== undefined && /^[\w./-]{1,200}$/.test(guess)) return `hf:${guess}`;
    }
    return undefined;
  }

  private async nearestRevision(signal: AbortSignal): Promise<string | undefined> {
    const url = new URL(`${this.hubUrl}/api/models/${this.address.repository}/refs`);
    const refs = (await (await this.fetchBy(signal)(url)).json()) as Record<string, { name?: unknown }[] | undefined>;
    const names = [...(refs.branches ?? []), ...(refs.tags ?? [])].map((ref) => ref.name);
    const known = names.filter((name): name is string => typeof name === "string" && /^[\w./-]{1,100}$/.test(name));
    return nearestWord(this.address.revision, known) ?? (known.includes("main") ? "main" : undefined);
  }
}

function fileOf(entry: unknown): HubFile | undefined {
  if (typeof entry !== "object" || entry === null) return undefined;
  const { type, path, size, oid, lfs } = entry as Record<string, unknown>;
  if (type !== "file" || typeof path !== "string" || !isPlainPath(path)) return undefined;
  const large = lfs as { oid?: unknown; size?: unknown } | null | undefined;
  const [etag, sizeBytes] = large ? [large.oid, large.size] : [oid, size];
  if (typeof sizeBytes !== "number" || !Number.isSafeInteger(sizeBytes) || sizeBytes < 0) return undefined;
  if (typeof etag !== "string") return undefined;
  const plain = plainEtag(etag);
  return /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(plain) ? { path, sizeBytes, etag: plain } : undefined;
}
