import { withRetries, readBody } from "../bytes/http";
import { fileSource, memorySource } from "../bytes/source";
import type { ByteSource } from "../bytes/source";
import { RemoteRanges, urlSource } from "../bytes/url-source";
import type { RemoteFile } from "../bytes/url-source";
import { SourceError, WriteError } from "../errors";
import { currentHost } from "../host";
import {
  chooseModelFile,
  isCalledAfterRepository,
  isFirstChoice,
  isModelPath,
  nameAtAddress,
  partsByName,
  partsInJson,
  severalFiles,
} from "../catalog/names";
import { refusedFolder } from "../catalog/refused";
import type { HubApi } from "./api";
import { hubName } from "./address";
import type { HubAddress } from "./address";
import type { HubCache, HubFile } from "./cache";
import { download } from "./download";
import type { HubEnvironment } from "./environment";
import { isPlainPath, missingFile, type Siblings } from "../formats/siblings";

/** A model's first file, and how to come to the others. */
export interface Located {
  readonly source: ByteSource;
  readonly siblings: Siblings;
  /** The model's name. */
  readonly name: string;
  /** The address that opens these very bytes again. */
  readonly origin?: string;
  /** The folder on this machine that holds the file. */
  readonly folder?: string;
}

/** How a model of the Hub is opened. */
export interface HubOptions {
  /** Fetches the model whole into the cache before it is opened. */
  readonly download: boolean;
  /** Asks for the newest commit of a branch although one is known here. */
  readonly refresh: boolean;
  readonly signal: AbortSignal | undefined;
}

/** Files that are fetched whole into the cache rather than by ranges. */
const smallFile = /\.json$/;
/** Files beside the weights that a download takes along. */
const companions =
  /^((generation_|tokenizer_|preprocessor_|quantize_|quantization_)?config|tokenizer|special_tokens_map|added_tokens|vocab)\.json$|^(vocab|merges)\.txt$|\.(model|jinja)$/;
const maxSmallBytes = 100_000_000;

/** A repository of the Hub at one commit: which of its files is the model, and where their bytes come from. */
export class Repository {
  private api: Promise<HubApi> | undefined;

  constructor(
    private readonly address: HubAddress,
    private readonly commit: string,
    private readonly cache: HubCache,
    private readonly environment: HubEnvironment,
    private readonly connect: () => Promise<HubApi>,
  ) {}

  /** The file to open among those in the cache. Without `any`, only a file that would be chosen whatever else the repository holds. */
  async chooseCached(any: boolean): Promise<string | undefined> {
    const { file } = this.address;
    if (file !== undefined) {
      if (await this.cache.find(this.commit, file)) return file;
      const inside = await this.cache.list(this.commit, file);
      return this.chosen(inside, file, any);
    }
    return this.chosen(await this.cache.list(this.commit, ""), "", any);
  }

  private chosen(names: readonly string[], folder: string, any: boolean): string | undefined {
    const path = (name: string): string => (folder === "" ? name : `${folder}/${name}`);
    const usual = names.filter(isFirstChoice).sort((a, b) => a.length - b.length);
    if (usual.length > 0) return path(usual[0]);
    if (!any) return undefined;
    const name = chooseModelFile(names, `the cache of ${this.nameOf(folder || undefined)}`);
    return name === undefined ? undefined : path(name);
  }

  /** The file to open among those of the repository. */
  async choose(signal: AbortSignal | undefined): Promise<string> {
    const api = await this.hub();
    const { file } = this.address;
    if (file !== undefined) {
      const inside = await api.file(this.commit, file, signal).then(
        () => undefined,
        async (error: unknown) => {
          const files = await api.files(this.commit, file, signal).catch(() => []);
          if (files.length === 0) throw error;
          return files;
        },
      );
      return inside === undefined ? file : this.chooseAmong(inside, file, api, signal);
    }
    return this.chooseAmong(await api.files(this.commit, "", signal), "", api, signal);
  }

  private async chooseAmong(
    files: readonly HubFile[],
    folder: string,
    api: HubApi,
    signal: AbortSignal | undefined,
  ): Promise<string> {
    const prefix = folder === "" ? "" : `${folder}/`;
    const names = files.map((file) => file.path.slice(prefix.length)).filter((name) => !name.includes("/"));
    const name = chooseModelFile(names, this.nameOf(folder || undefined));
    if (name !== undefined) return prefix + name;
    const deeper = (await api.files(this.commit, folder, signal, true)).map((file) => file.path);
    const models = deeper.filter(isModelPath);
    if (models.length > 0) throw severalFiles(this.nameOf(folder || undefined), models);
    throw refusedFolder(
      this.nameOf(folder || undefined),
      names,
      `the repository holds no model that is read here, neither safetensors, nor GGUF, .bin or .npz; it has ${deeper.slice(0, 20).join(", ") || "no file"}`,
    );
  }

  /** True when opening `file` needs nothing from the network: always, but for a download, which wants all its files. */
  async holds(file: string, { download: whole }: HubOptions): Promise<boolean> {
    if (!whole) return true;
    const parts = await this.partsOf(file, undefined).catch(() => undefined);
    const found = await Promise.all((parts ?? []).map((part) => this.cache.find(this.commit, part)));
    return parts !== undefined && found.every((path) => path !== undefined);
  }

  async locate(file: string, signal: AbortSignal | undefined): Promise<Located> {
    const base = file.slice(file.lastIndexOf("/") + 1);
    const repository = this.address.repository.slice(this.address.repository.indexOf("/") + 1);
    const folder = file.slice(0, file.length - base.length);
    return {
      source: await this.source(file, signal),
      siblings: (name) => this.source(folder + name, signal),
      name: isCalledAfterRepository(base) ? repository : nameAtAddress(base, [".json"]),
      origin: this.nameOf(file),
    };
  }

  /** A file's bytes: from the cache, or by ranges; a small one is fetched into the cache first. */
  private async source(file: string, signal: AbortSignal | undefined): Promise<ByteSource> {
    const cached = await this.cache.find(this.commit, file);
    if (cached !== undefined) return fileSource(cached);
    if (this.environment.isOffline)
      throw missingFile(
        this.nameOf(file),
        `HF_HUB_OFFLINE is set, and this file is not in the cache, ${this.cache.folder}`,
      );
    const api = await this.hub();
    const entry = await api.file(this.commit, file, signal);
    if (smallFile.test(file) && entry.sizeBytes <= maxSmallBytes) return this.small(api, entry, signal);
    return urlSource(api.client, this.remote(api, entry), {
      ...(signal && { signal }),
      explain: (failure) => api.explain(failure),
    });
  }

  private async small(api: HubApi, entry: HubFile, signal: AbortSignal | undefined): Promise<ByteSource> {
    const { name, url } = this.remote(api, entry);
    const bytes = await withRetries(signal, async () =>
      readBody(await api.client.request(url, { ...(signal && { signal }) }), entry.sizeBytes, signal),
    ).catch((failure: unknown) => {
      throw failure instanceof Error && "facts" in failure
        ? new SourceError(name, api.explain(failure as Parameters<HubApi["explain"]>[0]), { cause: failure })
        : failure;
    });
    const kept = await this.cache.keep(this.commit, entry, bytes, name).catch((error: unknown) => {
      if (error instanceof SourceError) throw error;
      return undefined; // A cache that cannot be written to costs another fetch next time.
    });
    return kept === undefined ? memorySource(bytes, name) : fileSource(kept);
  }

  /** Fetches a file with its shards, and the small files beside it that a model needs, into the cache. */
  async download(file: string, signal: AbortSignal | undefined): Promise<void> {
    const api = await this.hub();
    const parts = await this.partsOf(file, signal);
    const folder = file.slice(0, file.lastIndexOf("/") + 1);
    const beside = (await api.files(this.commit, folder.replace(/\/$/, ""), signal)).filter(
      ({ path, sizeBytes }) => companions.test(path.slice(folder.length)) && sizeBytes <= maxSmallBytes,
    );
    const wanted = new Map<string, HubFile>();
    for (const part of parts) wanted.set(part, await api.file(this.commit, part, signal));
    for (const entry of beside) wanted.set(entry.path, entry);
    const files = [...wanted.values()];
    const total = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const host = currentHost();
    let before = 0;
    for (const entry of files) {
      const item = this.nameOf(entry.path);
      if (!(await this.cache.find(this.commit, entry.path)))
        await download({
          cache: this.cache,
          commit: this.commit,
          file: entry,
          ranges: new RemoteRanges(api.client, this.remote(api, entry), (failure) => api.explain(failure)),
          name: item,
          signal,
          onProgress: (done) =>
            host.progress?.({ task: "downloading", done: before + done, total, unit: "bytes", item }),
        });
      before += entry.sizeBytes;
    }
  }

  /** The names of a file and of the files that it names: all parts of a split file, or the files of an index. */
  private async partsOf(file: string, signal: AbortSignal | undefined): Promise<readonly string[]> {
    const folder = file.slice(0, file.lastIndexOf("/") + 1);
    const parts = partsByName(file);
    if (parts) return parts;
    if (!file.endsWith(".json")) return [file];
    const source = await this.source(file, signal);
    if (source.byteLength > maxSmallBytes)
      throw new WriteError(this.nameOf(file), "the index is too large to download by");
    const text = Buffer.from(await source.read(0, source.byteLength, signal)).toString("utf8");
    return [file, ...new Set(namesIn(text).map((name) => folder + name))];
  }

  private hub(): Promise<HubApi> {
    this.api ??= this.connect();
    return this.api;
  }

  private remote(api: HubApi, { path, sizeBytes, etag }: HubFile): RemoteFile {
    const encoded = path.split("/").map(encodeURIComponent).join("/");
    return {
      name: this.nameOf(path),
      url: new URL(`${api.hubUrl}/${this.address.repository}/resolve/${this.commit}/${encoded}`),
      byteLength: sizeBytes,
      etag,
      ...(etag.length === 64 && { sha256: etag }),
    };
  }

  private nameOf(file: string | undefined): string {
    return hubName(this.address.repository, this.commit, file);
  }
}

/** The files that a model's first one names. What is wrong in it is told when it is opened. */
function namesIn(text: string): readonly string[] {
  let first: unknown;
  try {
    first = JSON.parse(text);
  } catch {
    return [];
  }
  return partsInJson(first).filter(isPlainPath);
}
