/** `codebook pack`, `unpack` and `verify`: a model's file as an archive without loss, and back. */
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { fileSource } from "../bytes/source";
import { readIndex } from "../encode/archive-index-reader";
import { pack, unpack, verify, type ArchiveSummary } from "../encode/archive";
import { CommandError } from "./command-error";

function parse(command: string, args: string[]): { file: string; output: string | undefined; force: boolean } {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { output: { type: "string", short: "o" }, force: { type: "boolean" } },
  });
  if (positionals.length !== 1) throw new CommandError(`${command} takes one file; ${positionals.length} were given`);
  return { file: positionals[0], output: values.output, force: values.force ?? false };
}

function checkFree(output: string, force: boolean): void {
  if (!force && existsSync(output)) throw new CommandError(`${output} exists already; --force replaces it`);
}

function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  const unit = bytes < 1e6 ? ["kB", 1e3] : bytes < 1e9 ? ["MB", 1e6] : ["GB", 1e9];
  return `${(bytes / (unit[1] as number)).toFixed(1)} ${unit[0]}`;
}

function say(verb: string, { file, originalBytes, archiveBytes, ratio, sha256, tensors }: ArchiveSummary): void {
  const share = `${(100 * ratio).toFixed(1)} %`;
  console.log(`${verb} ${file}: ${size(originalBytes)} as ${size(archiveBytes)} (${share}), ${tensors} tensors`);
  console.log(`SHA-256 ${sha256}`);
}

/** `codebook pack FILE [-o OUT] [--force]`: writes FILE.codebook, reads it back, then gives it its name. */
export async function packCommand(args: string[]): Promise<void> {
  const { file, output, force } = parse("pack", args);
  const target = output ?? `${file}.codebook`;
  checkFree(target, force);
  say("packed", await pack(file, target));
}

/** `codebook unpack FILE [-o OUT] [--force]`: writes the original beside the archive, under its own name. */
export async function unpackCommand(args: string[]): Promise<void> {
  const { file, output, force } = parse("unpack", args);
  const target = output ?? join(dirname(file), await originalName(file));
  checkFree(target, force);
  say("unpacked", await unpack(file, target));
}

/** The archive's own name without `.codebook`; else the name that was stored, without any folder. */
async function originalName(file: string): Promise<string> {
  const name = basename(file);
  if (name.endsWith(".codebook") && name.length > ".codebook".length) return name.slice(0, -".codebook".length);
  const stored = basename((await readIndex(await fileSource(file))).name);
  if (stored === "" || stored === "." || stored === ".." || /[\0-\x1f\\/]/.test(stored))
    throw new CommandError(`${file} holds no usable name; say -o OUT`);
  return stored;
}

/** `codebook verify FILE`: decodes everything and compares every hash. */
export async function verifyCommand(args: string[]): Promise<void> {
  const { file, output, force } = parse("verify", args);
  if (output !== undefined || force) throw new CommandError("verify takes a file and nothing else");
  say("verified", await verify(file));
}
