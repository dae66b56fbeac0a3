/** Fuzzes one target in a process of its own: `node run.js TARGET ROUNDS SEED FOLDER [--from ROUND] [--keep COUNT]`.
 *  Round i of a seed is the same mutant whenever and wherever it is run. FOLDER gets `round`, the round in hand, for whoever has to end
 *  a process that hangs; with --keep up to COUNT mutants that opened, for other readers to judge, each with what was read here. The last
 *  line printed is the tally as JSON; a finding ends the run. */
import { openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { Random } from "../../../kernel/bytes/random";
import { memorySource } from "../../../kernel/bytes/source";
import { FormatError, SourceError, UnsupportedError } from "../../../kernel/errors";
import { digestOf } from "../peers";
import { targets, type Target } from "./targets";

export interface Tally {
  readonly rounds: number;
  opened: number;
  refused: number;
  /** Mutants with their checksums made right again. */
  deep: number;
  /** Mutants that opened though a checksum should have told; must be 0. */
  silent: number;
  slowestMs: number;
  /** Bytes that a reader asked for, in sizes of the file. */
  mostPasses: number;
  seconds: number;
  largestBytes: number;
  /** Peak resident memory, from the end of the first rounds on. */
  memoryGrowth: number;
  finding?: { readonly round: number; readonly problem: string; readonly hex: string };
}

/** A reader may ask for the file's bytes so many times over (header, then values; an archive's index, its parts, its checksums). One that
 *  asks for more runs in circles; one that asks for none and never ends is ended by who watches `round`. */
const mostPasses = 8;
const warmUpRounds = 500;

async function main(): Promise<void> {
  const [name, rounds, seed, folder] = process.argv.slice(2);
  const option = (flag: string): number => {
    const at = process.argv.indexOf(flag);
    return at < 0 ? 0 : Number(process.argv[at + 1]);
  };
  const target = await targets[name]();
  const tally = await fuzz(target, Number(rounds), Number(seed), folder, option("--from"), option("--keep"));
  process.stdout.write(`${JSON.stringify(tally)}\n`);
}

async function fuzz(
  target: Target,
  rounds: number,
  seed: number,
  folder: string,
  from: number,
  keep: number,
): Promise<Tally> {
  const tally: Tally = {
    ...{
      rounds,
      opened: 0,
      refused: 0,
      deep: 0,
      silent: 0,
      slowestMs: 0,
      mostPasses: 0,
      seconds: 0,
      largestBytes: 0,
      memoryGrowth: 0,
    },
  };
  const prototypes = (): string =>
    [Object, Array, Function, String, Map]
      .map(({ prototype }) => Object.getOwnPropertyNames(prototype).join())
      .join("\n");
  const untouched = prototypes();
  const inHand = openSync(join(folder, "round"), "w");
  const started = performance.now();
  let before = 0;
  let kept = 0;
  for (let round = from; round < from + rounds; round++) {
    writeSync(inHand, `${round}\n`.padStart(16), 0);
    const random = new Random(seed * 2 ** 21 + round);
    const sample = target.corpus[random.below(target.corpus.length)];
    const { bytes, isDeep } = target.mutate(sample, random);
    const problem = await judge(target, bytes, sample.bytes, isDeep, tally);
    if (problem !== undefined) {
      tally.finding = { round, problem, hex: Buffer.from(bytes).toString("hex") };
      break;
    }
    if (kept < keep && target.open && !isUnreadable) {
      const digests = await keepMutant(target.open, bytes, join(folder, String(kept).padStart(6, "0")));
      if (digests) kept++;
    }
    if (round - from === Math.min(warmUpRounds, rounds - 1)) before = process.resourceUsage().maxRSS;
  }
  tally.seconds = (performance.now() - started) / 1000;
  tally.memoryGrowth = (process.resourceUsage().maxRSS - before) * 1024;
  if (!tally.finding && prototypes() !== untouched)
    tally.finding = { round: -1, problem: "a prototype was changed", hex: "" };
  return tally;
}

/** Whether the last mutant was refused. */
let isUnreadable = false;

/** What is wrong with how a mutant was taken; nothing when it was opened or refused as it should. */
async function judge(
  target: Target,
  bytes: Uint8Array,
  sound: Uint8Array,
  isDeep: boolean,
  tally: Tally,
): Promise<string | undefined> {
  tally.largestBytes = Math.max(tally.largestBytes, bytes.length);
  if (isDeep) tally.deep++;
  const source = memorySource(bytes, "mutant");
  const started = performance.now();
  const error: unknown = await target.read(source, bytes).then(
    () => undefined,
    (reason: unknown) => reason ?? new Error("nothing was thrown"),
  );
  tally.slowestMs = Math.max(tally.slowestMs, performance.now() - started);
  tally.mostPasses = Math.max(tally.mostPasses, source.bytesRead / (bytes.length + 64));
  if (source.bytesRead > mostPasses * (bytes.length + 64))
    return `read ${source.bytesRead} bytes of a file of ${bytes.length}`;
  isUnreadable = error !== undefined;
  if (error === undefined) {
    tally.opened++;
    if (!target.isChecked || isDeep || Buffer.compare(bytes, sound) === 0) return undefined;
    tally.silent++;
    return "opened though its bytes were changed under a checksum";
  }
  tally.refused++;
  if (error instanceof FormatError)
    return error.offset >= 0 && Number.isSafeInteger(error.offset)
      ? undefined
      : `offset ${error.offset}: ${error.message}`;
  if (error instanceof UnsupportedError || error instanceof SourceError) return undefined;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

async function keepMutant(open: NonNullable<Target["open"]>, bytes: Uint8Array, path: string): Promise<boolean> {
  const model = await open(memorySource(bytes, "mutant"));
  writeFileSync(`${path}.bin`, bytes);
  writeFileSync(`${path}.json`, JSON.stringify([await digestOf(model, true), await digestOf(model, false)]));
  return true;
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
