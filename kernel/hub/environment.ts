import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { OptionError } from "../errors";

/** What the environment says about the Hub, under the names that the Hub's own clients use, read anew at each call:
 *
 *  | HF_ENDPOINT                                          | the Hub's address, for mirrors; https://huggingface.co                  |
 *  | HF_HUB_CACHE (or HUGGINGFACE_HUB_CACHE), HF_HOME     | where files are kept; ~/.cache/huggingface/hub                          |
 *  | HF_HUB_OFFLINE (or TRANSFORMERS_OFFLINE)             | 1: the network is not touched                                           |
 *  | HF_TOKEN (or HUGGING_FACE_HUB_TOKEN), HF_TOKEN_PATH  | the token, or its file; else the file that `hf auth login` writes        |
 *  | HF_HUB_DISABLE_IMPLICIT_TOKEN                        | 1: no token is sent                                                     |
 */
export interface HubEnvironment {
  readonly endpoint: URL;
  readonly cacheFolder: string;
  readonly isOffline: boolean;
}

/** The Hub's address. `OptionError` when HF_ENDPOINT is no address. */
export function hubEndpoint(): URL {
  const text = process.env.HF_ENDPOINT || "https://huggingface.co";
  let url: URL | undefined;
  try {
    url = new URL(text);
  } catch {
    // The error below says so.
  }
  if (!url || !/^https?:$/.test(url.protocol))
    throw new OptionError("HF_ENDPOINT is no address; it takes one such as https://huggingface.co");
  return url;
}

/** The settings of the environment as they are now. */
export function hubEnvironment(): HubEnvironment {
  const { env } = process;
  const cacheFolder = env.HF_HUB_CACHE || env.HUGGINGFACE_HUB_CACHE || join(hubHome(), "hub");
  return {
    endpoint: hubEndpoint(),
    cacheFolder: fromHome(cacheFolder),
    isOffline: isTrue(env.HF_HUB_OFFLINE || env.TRANSFORMERS_OFFLINE),
  };
}

/** The token, or none. It is never part of a message. */
export async function hubToken(): Promise<string | undefined> {
  const { env } = process;
  if (isTrue(env.HF_HUB_DISABLE_IMPLICIT_TOKEN)) return undefined;
  const direct = clean(env.HF_TOKEN) ?? clean(env.HUGGING_FACE_HUB_TOKEN);
  if (direct !== undefined) return direct;
  return clean(await readFile(fromHome(env.HF_TOKEN_PATH || join(hubHome(), "token")), "utf8").catch(() => undefined));
}

function hubHome(): string {
  const { env } = process;
  return fromHome(env.HF_HOME || join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "huggingface"));
}

function fromHome(path: string): string {
  return path.replace(/^~(?=[/\\]|$)/, homedir());
}

/** The token in `text`, without the blanks around it; `undefined` for a text that cannot stand in a header. */
function clean(text: string | undefined): string | undefined {
  const word = text?.trim() ?? "";
  return /^[\x21-\x7e]+$/.test(word) ? word : undefined;
}

function isTrue(value: string | undefined): boolean {
  return /^(1|on|yes|true)$/i.test(value ?? "");
}
