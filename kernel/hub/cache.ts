import { createHash, randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, realpath, rename, rm, stat, symlink, copyFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { writeFileAtomically } from "../bytes/atomic-file";
import { SourceError } from "../errors";

/** The folder that all clients of the Hub share, so that each finds what another has fetched. It holds for each repository
 *
 *      models--OWNER--NAME/blobs/ETAG                   the files; ETAG is the SHA-256 of a large file, git's SHA-1 of a small one
 *                          refs/BRANCH                  the commit that a branch or a tag stood at
 *                          snapshots/COMMIT/PATH        links into blobs
 *
 *  Source: huggingface_hub, "Understand caching", and @huggingface/hub, cache-management.ts. A link that leads out of the repository's
 *  own folder is not followed. */

/** A file of a repository. */
export interface HubFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** SHA-256 of a large file (Git LFS), SHA-1 of a small one as git takes it; hex. */
  readonly etag: string;
}

/** The cached files of one repository. */
export class HubCache {
  readonly folder: string;

  constructor(cacheFolder: string, repository: string) {
    this.folder = join(cacheFolder, ["models", ...repository.split("/")].join("--"));
  }

  /** The commit that a revision stood at when it was last asked for. */
  async commitOf(revision: string): Promise<string | undefined> {
    const text = await readFile(join(this.folder, "refs", ...revision.split("/")), "utf8").catch(() => "");
    return isCommit(text.trim()) ? text.trim() : undefined;
  }

  async keepCommit(revision: string, commit: string): Promise<void> {
    const path = join(this.folder, "refs", ...revision.split("/"));
    if (isCommit(revision) || (await this.commitOf(revision)) === commit) return;
    await mkdir(dirname(path), { recursive: true });
    await writeFileAtomically(path, [Buffer.from(commit)]);
  }

  pathOf(commit: string, file: string): string {
    return join(this.folder, "snapshots", commit, ...file.split("/"));
  }

  /** The path of a file that is here whole; `undefined` when it is not. */
  async find(commit: string, file: string): Promise<string | undefined> {
    const path = this.pathOf(commit, file);
    const real = await realpath(path).catch(() => undefined);
    if (real === undefined || !(await stat(real)).isFile()) return undefined;
    const homes = [this.folder, join(this.folder, "blobs")].map((home) => realpath(home).catch(() => undefined));
    if (!(await Promise.all(homes)).some((home) => home !== undefined && real.startsWith(home + sep)))
      throw new SourceError(path, `is a link that leads out of the cache, to ${real}; remove it`);
    return path;
  }

  /** The files of a commit that are here, in `under` ("" for the top). */
  async list(commit: string, under: string): Promise<string[]> {
    const names = await readdir(
      under === "" ? join(this.folder, "snapshots", commit) : this.pathOf(commit, under),
    ).catch(() => []);
    const found = await Promise.all(names.map((name) => this.find(commit, under === "" ? name : `${under}/${name}`)));
    return names.filter((_, at) => found[at] !== undefined).sort();
  }

  /** The commits that are here. */
  async commits(): Promise<string[]> {
    return (await readdir(join(this.folder, "snapshots")).catch(() => [])).filter(isCommit);
  }

  blobPath({ etag }: HubFile): string {
    return join(this.folder, "blobs", etag);
  }

  async hasBlob(file: HubFile): Promise<boolean> {
    const found = await stat(this.blobPath(file)).catch(() => undefined);
    return found?.isFile() === true && found.size === file.sizeBytes;
  }

  /** Keeps a small file that was read whole. `SourceError` when its bytes do not have the hash that names it. */
  async keep(commit: string, file: HubFile, bytes: Uint8Array, name: string): Promise<string> {
    if (hashOf(file.etag, bytes) !== file.etag) throw wrongHash(name, file);
    if (!(await this.hasBlob(file))) {
      await mkdir(join(this.folder, "blobs"), { recursive: true });
      await writeFileAtomically(this.blobPath(file), [bytes]);
    }
    return this.link(commit, file);
  }

  /** Makes `snapshots/COMMIT/PATH` of a blob that is here. A file system without links gets a copy. */
  async link(commit: string, file: HubFile): Promise<string> {
    const path = this.pathOf(commit, file.path);
    await mkdir(dirname(path), { recursive: true });
    const temporary = `${path}.${process.pid}.${randomBytes(4).toString("hex")}.tmp`;
    const target = relative(dirname(path), this.blobPath(file));
    try {
      await symlink(target, temporary).catch(() => copyFile(this.blobPath(file), temporary));
      await rename(temporary, path);
    } finally {
      await rm(temporary, { force: true });
    }
    return path;
  }
}

/** The hash of the kind that an ETag is: SHA-256 of 64 digits, else git's, SHA-1 over "blob SIZE\0" and the bytes. */
export function hashOf(etag: string, bytes: Uint8Array): string {
  if (etag.length === 64) return createHash("sha256").update(bytes).digest("hex");
  return createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}

/** The error for bytes that do not have the hash that names the file. */
export function wrongHash(name: string, { etag }: HubFile): SourceError {
  return new SourceError(
    name,
    `what the server sent does not have the hash ${etag}, which its list of files gives; try again`,
  );
}

/** True for a full commit: 40 hex digits. */
export function isCommit(text: string): boolean {
  return /^[0-9a-f]{40}$/.test(text);
}
