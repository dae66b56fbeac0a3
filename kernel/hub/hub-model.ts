/** Models of the Hugging Face Hub. First a revision is pinned to its commit. Then files that are in the cache are read there, small files are
 *  fetched into it, and of weights only the ranges that are asked for come over the network. The network is not asked about anything that
 *  the cache holds, so that a study repeats: `refresh` asks for the newest commit of a branch, `download` fetches the model whole. */
import { HttpClient } from "../bytes/http";
import { SourceError } from "../errors";
import { HubApi } from "./api";
import { hubName, type HubAddress } from "./address";
import { HubCache, isCommit } from "./cache";
import { hubEnvironment, hubToken, type HubEnvironment } from "./environment";
import { Repository, type HubOptions, type Located } from "./repository";

/** Finds a model on the Hub or in its cache. `SourceError` in plain words when it cannot be read, `OptionError` when there are several files
 *  to choose from. */
export async function locateOnHub(address: HubAddress, options: HubOptions): Promise<Located> {
  const environment = hubEnvironment();
  const cache = new HubCache(environment.cacheFolder, address.repository);
  const known = await knownCommit(cache, address, options.refresh && !environment.isOffline);
  const connect = async (): Promise<HubApi> => {
    const token = await hubToken();
    const client = new HttpClient({ trusted: environment.endpoint.origin, ...(token !== undefined && { token }) });
    return new HubApi(address, environment.endpoint, client);
  };
  const search: Search = { address, cache, environment, connect };
  if (known !== undefined) {
    const model = repositoryAt(known, search);
    const file = await model.chooseCached(false);
    if (file !== undefined && (await model.holds(file, options))) return model.locate(file, options.signal);
  }
  if (environment.isOffline) return offline(search, known, options, undefined);
  try {
    const api = await connect();
    const { revision } = address;
    const commit = isCommit(revision) ? revision : (known ?? (await api.commit(options.signal)));
    const model = repositoryAt(commit, { ...search, connect: async () => api });
    const file = await model.choose(options.signal);
    await cache.keepCommit(revision, commit).catch(() => undefined);
    if (options.download) await model.download(file, options.signal);
    return await model.locate(file, options.signal);
  } catch (error) {
    if (!(error instanceof SourceError) || !isOffline(error)) throw error;
    return offline(search, known, options, error);
  }
}

/** What is looked for, and where: in the cache, and behind `connect`, which is called when the network is first needed. */
interface Search {
  readonly address: HubAddress;
  readonly cache: HubCache;
  readonly environment: HubEnvironment;
  readonly connect: () => Promise<HubApi>;
}

function repositoryAt(commit: string, { address, cache, environment, connect }: Search): Repository {
  return new Repository(address, commit, cache, environment, connect);
}

function isOffline(error: SourceError): boolean {
  return (error.cause as { isOffline?: boolean } | undefined)?.isOffline === true;
}

/** The commit to open, where this machine knows it: the revision itself where it is a full commit, the commit of a branch when it was last
 *  asked for, or the one cached commit that begins with the revision. */
async function knownCommit(cache: HubCache, { revision }: HubAddress, refresh: boolean): Promise<string | undefined> {
  if (isCommit(revision)) return revision;
  if (refresh) return undefined;
  const kept = await cache.commitOf(revision);
  if (kept !== undefined || !/^[0-9a-f]{7,39}$/.test(revision)) return kept;
  const begun = (await cache.commits()).filter((commit) => commit.startsWith(revision));
  return begun.length === 1 ? begun[0] : undefined;
}

/** Opens what the cache has, where the network must not be used or cannot be reached (`failure`). `SourceError` where the cache lacks it. */
async function offline(
  search: Search,
  known: string | undefined,
  options: HubOptions,
  failure: SourceError | undefined,
): Promise<Located> {
  const { address, cache } = search;
  const commit = known ?? (await cache.commitOf(address.revision));
  if (commit !== undefined) {
    const model = repositoryAt(commit, search);
    const file = await model.chooseCached(true);
    if (file !== undefined) return model.locate(file, options.signal);
  }
  const what = hubName(address.repository, address.revision, address.file);
  const missing = `it is not in the cache, ${cache.folder}`;
  if (failure)
    throw new SourceError(what, `${failure.message.replace(/^[^ ]*: /, "")}, and ${missing}`, { cause: failure.cause });
  throw new SourceError(what, `HF_HUB_OFFLINE is set, and ${missing}`);
}
