import { HttpClient } from "../bytes/http";
import { plainUrl, urlSource } from "../bytes/url-source";
import { nameAtAddress } from "../catalog/names";
import type { Located } from "./repository";

/** The text of a part of an address; where a % stands for itself, as servers take it too, the part as it is. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** A model at an address: read by ranges, its shards beside it. No token is sent. */
export async function locateUrl(url: URL, signal: AbortSignal | undefined): Promise<Located> {
  const client = new HttpClient();
  const at = (address: URL) => urlSource(client, { name: plainUrl(address), url: address }, signal ? { signal } : {});
  const base = decoded(url.pathname.slice(url.pathname.lastIndexOf("/") + 1));
  return {
    source: await at(url),
    siblings: (name) => at(new URL(name.split("/").map(encodeURIComponent).join("/"), url)),
    name: nameAtAddress(base) || url.host,
    origin: plainUrl(url),
  };
}
