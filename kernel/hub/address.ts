import { OptionError } from "../errors";

/** The names of models on the Hugging Face Hub, as people write them:
 *
 *      hf:owner/name                        the newest commit of the branch "main"
 *      hf:owner/name@v1.0                   a branch, a tag, or a commit (40 hex digits, or the beginning of them)
 *      hf:owner/name@refs%2Fpr%2F1/a.gguf   a file of it; a slash in a revision is written %2F (refs/pr/1 and refs/convert/x may be plain)
 *      https://huggingface.co/owner/name[/tree|blob|resolve/REVISION[/FILE]]   what the browser shows
 */
export interface HubAddress {
  /** "owner/name", or "name" for the few models of old without an owner. */
  readonly repository: string;
  /** "main" unless told. */
  readonly revision: string;
  /** Path of the file in the repository. */
  readonly file?: string;
}

/** The address of a model on the Hub, or of a file elsewhere. */
export type Address = { readonly hub: HubAddress } | { readonly url: URL };

const hubHosts: readonly string[] = ["huggingface.co", "www.huggingface.co", "hf.co"];

/** What `name` is the address of; `undefined` for a name or a path on this machine. `OptionError` for an address that makes no sense. */
export function parseAddress(name: string, endpoint: URL): Address | undefined {
  if (/^hf:/i.test(name)) return { hub: parseShort(name.slice(3).replace(/^\/\/(models\/)?/, ""), name) };
  if (/^(s3|gs|az|ftp):/i.test(name))
    throw new OptionError(
      `open(): "${name}" is an address that is not read here; open() takes hf:owner/name and https:`,
    );
  if (!/^https?:/i.test(name)) return undefined;
  let url: URL;
  try {
    url = new URL(name);
  } catch {
    throw new OptionError(`open(): "${name}" is no address`);
  }
  return hubHosts.includes(url.host) || url.host === endpoint.host ? { hub: parsePage(url) } : { url };
}

const part = "[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?";
const shortForm = new RegExp(
  `^(?<repository>${part}(?:/${part})?)(?:@(?<revision>refs/(?:pr|convert)/[^/@]+|[^/]+))?(?:/(?<file>.+))?$`,
);

function parseShort(text: string, whole: string): HubAddress {
  const groups = shortForm.exec(text)?.groups;
  // The first slash of a name stands behind the owner, so a name without an owner names no file.
  if (!groups || (!groups.repository.includes("/") && groups.revision === undefined && groups.file !== undefined))
    throw new OptionError(
      `open(): "${whole}" is no name of a model on the Hub; it takes hf:owner/name[@revision][/file]`,
    );
  return checked(groups.repository, decode(groups.revision ?? "main", whole), groups.file, whole);
}

function parsePage(url: URL): HubAddress {
  const whole = `${url.origin}${url.pathname}`;
  const pieces = url.pathname
    .split("/")
    .filter((piece) => piece !== "")
    .map((piece) => decode(piece, whole));
  if (pieces[0] === "datasets" || pieces[0] === "spaces")
    throw new OptionError(`open(): ${whole} is one of the Hub's ${pieces[0]}; open() takes models`);
  const view = pieces.findIndex((piece, at) => at > 0 && at < 3 && ["tree", "blob", "resolve", "raw"].includes(piece));
  const repository = pieces.slice(0, view < 0 ? 2 : view).join("/");
  if (view < 0) return checked(repository, "main", undefined, whole);
  const rest = pieces.slice(view + 1);
  const size = rest[0] === "refs" && rest.length >= 3 ? 3 : 1;
  const revision = rest.slice(0, size).join("/") || "main";
  return checked(repository, revision, rest.slice(size).join("/") || undefined, whole);
}

function decode(text: string, whole: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new OptionError(`open(): "${whole}" holds a % that no two hex digits follow`);
  }
}

/** The address, where each of its names may be part of a path in the cache and does not lead out of it; `OptionError` else. */
function checked(repository: string, revision: string, file: string | undefined, whole: string): HubAddress {
  const fits = new RegExp(`^${part}(/${part})?$`).test(repository) && !/--|\.\./.test(repository);
  if (!fits) throw new OptionError(`open(): "${whole}" names no model; it takes hf:owner/name[@revision][/file]`);
  if (!isPlainPath(revision) || revision.length > 200)
    throw new OptionError(`open(): "${whole}" has a revision that cannot be one; it takes a branch, a tag or a commit`);
  if (file !== undefined && !isPlainPath(file))
    throw new OptionError(`open(): "${whole}" has a file that leads elsewhere`);
  return { repository, revision, ...(file !== undefined && { file }) };
}

/** A relative path that stays where it is on every system. */
export function isPlainPath(path: string): boolean {
  if (path.length === 0 || path.length > 1024 || /[\\:*?"<>|\u0000-\u001f\u007f]/.test(path)) return false;
  return path
    .split("/")
    .every(
      (piece) =>
        piece !== "" && piece !== "." && piece !== ".." && !/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(piece),
    );
}

/** The address as `open` takes it; with a commit as its revision it always opens the same bytes. */
export function hubName(repository: string, revision: string, file?: string): string {
  return `hf:${repository}@${revision.replaceAll("/", "%2F")}${file === undefined ? "" : `/${file}`}`;
}
