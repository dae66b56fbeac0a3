/** `codebook pack`, `unpack`, `verify` and `info`: a model's file as an archive without loss, and back. */
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { beside, fileName } from "../bytes/file-name";
import { fileSource } from "../bytes/source";
import { blockBytesIn, type ArchiveIndex } from "../archive/contents";
import { readIndex } from "../archive/contents-reader";
import { isModelFile } from "../archive/model-file";
import { pack, unpack, type ArchiveSummary } from "../archive/archive";
import { formatCount } from "../report/numbers";
import { compressedFile, verify } from "../save/verify";
import { alignColumns } from "../static/text-table";
import { CommandError } from "./command-error";
import { describeCompressed } from "./convert";
import { printable, runLongWork } from "./long-work";
import { share } from "./share";

interface Parsed {
  readonly file: string;
  readonly output: string | undefined;
  readonly base: { base?: string };
  readonly force: boolean;
  readonly resume: boolean;
}

const flags = {
  output: { type: "string", short: "o" },
  base: { type: "string" },
  force: { type: "boolean" },
  resume: { type: "boolean" },
} as const;

function parse(command: string, args: string[], allowed: readonly (keyof typeof flags)[]): Parsed {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: flags });
  const other = Object.keys(values).find((key) => !(allowed as readonly string[]).includes(key));
  if (other) throw new CommandError(`${command} does not take --${other}`);
  if (positionals.length !== 1) throw new CommandError(`${command} takes one file; ${positionals.length} were given`);
  const { output, base, force = false, resume = false } = values;
  return { file: positionals[0], output, base: base === undefined ? {} : { base }, force, resume };
}

function checkFree(output: string, force: boolean): void {
  if (!force && existsSync(output)) throw new CommandError(`${output} exists already; --force replaces it`);
}

function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  const unit = bytes < 1e6 ? ["kB", 1e3] : bytes < 1e9 ? ["MB", 1e6] : ["GB", 1e9];
  return `${(bytes / (unit[1] as number)).toFixed(1)} ${unit[0]}`;
}

function say(verb: string, summary: ArchiveSummary | undefined): void {
  if (!summary) return;
  const { file, originalBytes, archiveBytes, sha256, tensors } = summary;
  const ratio = originalBytes === 0 ? "100.0 %" : share(archiveBytes, originalBytes);
  console.log(`${verb} ${file}: ${size(originalBytes)} as ${size(archiveBytes)} (${ratio}), ${tensors} tensors`);
  console.log(`SHA-256 ${sha256}`);
}

/** `codebook pack FILE [-o OUT] [--base BASE] [--force] [--resume]`: writes FILE.codebook, reads it back, then gives it its name. */
export async function packCommand(args: string[]): Promise<void> {
  const { file, output, base, force, resume } = parse("pack", args, ["output", "base", "force", "resume"]);
  const target = output ?? `${file}.codebook`;
  checkFree(target, force);
  const left = resume ? "what is packed is kept, and the same command goes on from there" : undefined;
  say("packed", await runLongWork((options) => pack(file, target, { ...options, ...base, resume }), left));
}

/** `codebook unpack FILE [-o OUT] [--base BASE] [--force]`: writes the original beside the archive, under its own name. */
export async function unpackCommand(args: string[]): Promise<void> {
  const { file, output, base, force } = parse("unpack", args, ["output", "base", "force"]);
  const target = output ?? join(dirname(file), await originalName(file));
  checkFree(target, force);
  say("unpacked", await runLongWork((options) => unpack(file, target, { ...options, ...base })));
}

/** The archive's own name without `.codebook`; else the name that was stored, without any folder. */
async function originalName(file: string): Promise<string> {
  const name = basename(file);
  if (name.endsWith(".codebook") && name.length > ".codebook".length) return name.slice(0, -".codebook".length);
  const stored = beside(file, fileName((await readIndex(await fileSource(file))).name));
  if (stored === undefined) throw new CommandError(`${file} holds no usable name; say -o OUT`);
  return basename(stored);
}

/** `codebook verify FILE [--base BASE]`: decodes everything and compares every hash; of a compressed model the hash of every tensor, of a
 *  checkpoint that of every layer's file. */
export async function verifyCommand(args: string[]): Promise<void> {
  const { file, base } = parse("verify", args, ["base"]);
  say("verified", await runLongWork((options) => verify(file, { ...options, ...base })));
}

/** `codebook info FILE`: what an archive or a compressed model holds, and what each tensor takes in it. Reads the index alone. */
export async function infoCommand(args: string[]): Promise<void> {
  const file = await compressedFile(parse("info", args, []).file);
  const archive = await fileSource(file);
  const lines = (await isModelFile(archive))
    ? await describeCompressed(file)
    : describeArchive(await readIndex(archive), archive.byteLength);
  console.log(lines.map(printable).join("\n"));
}

/** Lines: the file inside, its base, and a table of its parts. */
export function describeArchive(index: ArchiveIndex, archiveBytes: number): string[] {
  const { name, byteLength, sha256, version, base, segments } = index;
  const rows = segments.map((segment) => {
    const stored = segment.at[segment.at.length - 1] - segment.at[0];
    const blocks = Math.ceil(segment.length / blockBytesIn(version, segment));
    const { tensor } = segment;
    return [
      tensor ? tensor.name : "(between the tensors)",
      tensor ? tensor.dtype : "",
      tensor ? tensor.shape.join(" × ") : "",
      formatCount(segment.length),
      formatCount(stored),
      share(stored, segment.length),
      `${blocks}${segment.base ? ", against the base" : ""}`,
    ];
  });
  const heading = ["tensor", "type", "shape", "bytes", "stored", "", "blocks"];
  return [
    `${name}: ${formatCount(byteLength)} bytes as ${formatCount(archiveBytes)} (${share(archiveBytes, byteLength)}), version ${version}`,
    `SHA-256 ${sha256}`,
    ...(base ? [`against ${base.name}: ${formatCount(base.byteLength)} bytes, SHA-256 ${base.sha256}`] : []),
    "",
    ...alignColumns([heading, ...rows], ["left", "left", "left", "right", "right", "right", "left"]),
  ];
}
