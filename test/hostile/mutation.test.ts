import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { memorySource } from "../../kernel/bytes/source";
import { FormatError, UnsupportedError } from "../../kernel";
import { mapInOrder } from "../../kernel/threads/pool";
import { ggmlLibrary, itWith } from "../references";
import type { Tally } from "./fuzz/run";
import { targets } from "./fuzz/targets";
import { judgeInPython } from "./peers";

/** Seeded mutations of sound files of every format, each format in a process of its own: whatever comes out opens, or is refused by a typed
 *  error that points into the file. No crash, no hang (1 s), no other error, no changed prototype, no growth of memory over
 *  64 MB + 4 × the file, and nothing that passes a checksum it should not. What opens is read by the reference readers too, to the same
 *  bytes. CODEBOOK_FUZZ_ROUNDS sets the mutants per format (`npm run fuzz`: a million), CODEBOOK_FUZZ_SEED the seed. A finding is written to
 *  out/fuzz/; once mended, its bytes go to test/hostile/corpus/FORMAT/, whose files are tried first. */

const rounds = Number(process.env.CODEBOOK_FUZZ_ROUNDS ?? 50_000);
const seed = Number(process.env.CODEBOOK_FUZZ_SEED ?? 20260104);
/** Archives take longer; a run by command gives them as many. */
const slow = new Set(["npz", "pytorch", "pytorch stream", "pytorch tar", "onnx", "codebook", "damage"]);
/** A process starts for each mutant of HDF5; each mutant of a compressed model that opens is decoded on worker threads. */
const shares = new Map([
  ["hdf5", 0.0002],
  ["compressed model", 0.05],
]);
const roundsOf = (name: string): number => {
  const share = shares.get(name) ?? (slow.has(name) ? 0.4 : 1);
  return name === "hdf5" || rounds <= 50_000 ? Math.ceil(rounds * share) : rounds;
};
const keep = Math.min(3000, Math.ceil(rounds / 200));
const root = resolve(__dirname, "../../..");
/** A process that says nothing for so long hangs. Every round is written down before it begins. */
const silenceMs = 60_000;
const memoryBound = 64 * 1024 * 1024;

const names = Object.keys(targets);
const minutes = 60_000 * Math.max(5, Math.ceil(rounds / 5000));
let folder: string;
let results: Map<string, Promise<Tally>>;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "codebook-fuzz-"));
  const waiting = new Map<string, (tally: Promise<Tally>) => void>();
  results = new Map(names.map((name) => [name, new Promise<Tally>((settle) => waiting.set(name, settle))] as const));
  void mapInOrder(names, 2, async (name) => {
    const run = fuzz(name);
    waiting.get(name)?.(run);
    await run.catch(() => undefined);
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const folderOf = (name: string): string => join(folder, name.replace(" ", "-"));

async function fuzz(name: string): Promise<Tally> {
  const own = folderOf(name);
  mkdirSync(own);
  const script = join(__dirname, "fuzz", "run.js");
  const options = ["--max-semi-space-size=4", "--max-old-space-size=512"];
  const child = spawn(process.execPath, [
    ...options,
    script,
    name,
    String(roundsOf(name)),
    String(seed),
    own,
    "--keep",
    String(keep),
  ]);
  let out = "";
  let trouble = "";
  child.stdout.on("data", (piece) => (out += String(piece)));
  child.stderr.on("data", (piece) => (trouble += String(piece)));
  let last = "";
  const watch = setInterval(() => {
    const round = readFileSync(join(own, "round"), "utf8");
    if (round === last) child.kill("SIGKILL");
    last = round;
  }, silenceMs);
  const code = await new Promise<number | null>((done) => child.on("close", done));
  clearInterval(watch);
  if (code === 0) return JSON.parse(out.trim().split("\n").at(-1) ?? "") as Tally;
  throw new Error(
    `${name}: the process ended (${code}) in round ${readFileSync(join(own, "round"), "utf8").trim()} of seed ${seed}; ${trouble}`,
  );
}

describe(`up to ${rounds.toLocaleString("en")} mutants per format, seed ${seed}`, () => {
  it.each(names)(
    "%s",
    async (name) => {
      const tally = await results.get(name);
      if (!tally) throw new Error("no tally");
      if (tally.finding) {
        mkdirSync(join(root, "out/fuzz"), { recursive: true });
        const file = join(root, "out/fuzz", `${name.replace(" ", "-")}-${seed}-${tally.finding.round}.bin`);
        writeFileSync(file, Buffer.from(tally.finding.hex, "hex"));
        throw new Error(`seed ${seed}, round ${tally.finding.round}, ${file}: ${tally.finding.problem}`);
      }
      const { opened, refused, deep, slowestMs, mostPasses, seconds, memoryGrowth, largestBytes } = tally;
      process.stdout.write(
        `  ${name.padEnd(12)} ${opened + refused} mutants (${deep} with their checksums right): ${opened} opened, ${refused} refused; slowest ${slowestMs.toFixed(0)} ms, bytes read ${mostPasses.toFixed(1)} times at most, memory +${(memoryGrowth / 2 ** 20).toFixed(0)} MB, ${seconds.toFixed(0)} s\n`,
      );
      expect(opened + refused).toBe(roundsOf(name));
      expect(refused).toBeGreaterThan((opened + refused) / 3);
      if (name !== "damage") expect(opened).toBeGreaterThan(0);
      else expect(opened).toBe(0);
      expect(memoryGrowth).toBeLessThan(memoryBound + 4 * largestBytes);
    },
    minutes,
  );
});

describe("mutants that open are read by others too, to the same bytes", () => {
  const python = process.env.CODEBOOK_PYTHON ?? "python3";
  const judged = async (name: string, kind: string[], shapes: boolean, mayRefuse: boolean): Promise<void> => {
    await results.get(name);
    const own = folderOf(name);
    rmSync(join(own, "round"), { force: true });
    const verdicts = await judgeInPython(python, own, ...kind);
    expect(verdicts.length).toBeGreaterThan(Math.min(10, keep - 1));
    const differing = verdicts.filter(({ file, answer, digest }) => {
      if (answer !== "accepted") return !mayRefuse;
      const [withShapes, without] = JSON.parse(
        readFileSync(join(own, file.replace(".bin", ".json")), "utf8"),
      ) as string[];
      return digest !== (shapes ? withShapes : without);
    });
    const accepted = verdicts.filter(({ answer }) => answer === "accepted").length;
    process.stdout.write(`  ${kind[0].padEnd(12)} takes ${accepted} of ${verdicts.length} mutants that open here\n`);
    // Where the other reader may refuse, it is not to refuse all, or nothing would be compared.
    expect(accepted).toBeGreaterThan(verdicts.length / 2);
    if (differing.length > 0) {
      mkdirSync(join(root, "out/fuzz"), { recursive: true });
      for (const { file } of differing.slice(0, 20))
        writeFileSync(join(root, "out/fuzz", `${kind[0]}-${seed}-${file}`), readFileSync(join(own, file)));
    }
    expect(differing.map(({ file, answer }) => `${file}: ${answer}`)).toEqual([]);
  };

  it("safetensors", () => judged("safetensors", ["safetensors"], true, false), minutes);
  // An array whose type is damaged is left alone here, as texts and objects are; numpy refuses it.
  it("npz: numpy", () => judged("npz", ["numpy"], true, true), minutes);
  // gguf-py maps what it reads with numpy and takes no empty tensor or rank 0; what it takes must be the same.
  it("gguf: gguf-py", () => judged("gguf", ["gguf-py"], true, true), minutes);
  itWith(ggmlLibrary)("gguf: llama.cpp", () => judged("gguf", ["llama.cpp", ggmlLibrary], false, false), minutes);
});

describe("the corpus of findings: each is refused now, at once", () => {
  const shelf = join(root, "test/hostile/corpus");
  const files = readdirSync(shelf).flatMap((name) =>
    readdirSync(join(shelf, name)).map((file) => [name, file] as const),
  );
  it.each(files)("%s/%s", async (name, file) => {
    const target = await targets[name.replace("-", " ")]();
    const bytes = new Uint8Array(readFileSync(join(shelf, name, file)));
    const before = process.memoryUsage().arrayBuffers;
    const error: unknown = await target.read(memorySource(bytes, "mutant"), bytes).catch((reason: unknown) => reason);
    expect(error instanceof FormatError || error instanceof UnsupportedError).toBe(true);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(memoryBound);
  });
});
