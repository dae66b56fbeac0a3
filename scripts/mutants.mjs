// npm run mutants: faults of one line, made by StrykerJS's instrumenter, one at a time, and whether a test notices.
//   node scripts/mutants.mjs [--seed N] [--count N] [--room NAME] [--file PATH] [--list] [--near] [--workers N]
// A seeded sample over all rooms (scripts/mutants/places.json says how many of each) is applied, mutant by mutant, to a copy of lib/ in a
// temporary folder. There the test of the file's name is run, then those of its room, those that import it, and for what a client sees
// test/protocol; the first that fails has noticed. Stryker's own runner looks into Jest's sandbox only, and would miss worker threads and
// kernels that Python starts, which load their modules from the disk.
// Prints a table by room and what no test noticed. Exit code 1 when less than 85 % are noticed, or less than 75 % of a room.
// Not counted: texts of errors, and what scripts/mutants/equivalent.json lists with the reason why it changes nothing that can be seen.
// A sample has one mutant of each room at least. --list prints the sample and runs nothing; --near asks only the tests of a mutant's own room, which is quick; --file tries all of one file, or --count of them.
import { existsSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { compile, compiledOf, copyOf } from "./mutants/copy.mjs";
import { staleEquivalents } from "./mutants/make.mjs";
import { noticer } from "./mutants/notice.mjs";
import { endAll } from "./mutants/process.mjs";
import { rooms, sample } from "./mutants/sample.mjs";
import { table } from "./mutants/table.mjs";
import { testsOf } from "./mutants/tests.mjs";
import { typeChecker } from "./mutants/types.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const least = { whole: 0.85, room: 0.75 };

function fail(message) {
  console.error(message);
  process.exit(2);
}

function parsed(args, options) {
  try {
    return parseArgs({ args, options });
  } catch (error) {
    return fail(
      `${error.message.split(".")[0]}; there are ${Object.keys(options)
        .map((name) => `--${name}`)
        .join(", ")}`,
    );
  }
}

/** Options checked, or the end with a sentence. */
function optionsOf(args) {
  const strings = Object.fromEntries(
    ["seed", "count", "room", "file", "workers"].map((name) => [name, { type: "string" }]),
  );
  const known = { ...strings, list: { type: "boolean" }, near: { type: "boolean" } };
  const { values } = parsed(args, known);
  const number = (name, otherwise) => {
    const value = Number(values[name] ?? otherwise);
    return Number.isInteger(value) && value > 0 ? value : fail(`--${name} is a whole number above 0`);
  };
  const { room, file, list = false, near: isNear = false } = values;
  if (room !== undefined && !rooms.includes(room)) fail(`there is no room "${room}"; choose from ${rooms.join(", ")}`);
  if (file !== undefined && !existsSync(join(root, file))) fail(`there is no file ${file}`);
  return {
    seed: number("seed", 20261130),
    count: number("count", file ? 10_000 : room ? 20 : 200),
    workers: number("workers", Math.max(1, availableParallelism() - 1)),
    room,
    file,
    list,
    isNear,
  };
}

const shorten = (text) => text.replace(/\s+/g, " ").slice(0, 90);
const say = ({ file, at, kind, original, replacement }) =>
  `${file}:${at}  ${kind}: ${shorten(original)} → ${shorten(replacement)}`;

/** The mutants with the whole text of their file. Fails where lib/ is not what the sources compile to. */
function prepared(mutants) {
  const checked = new Set();
  return mutants.map((mutant) => {
    const { file, from, to, replacement } = mutant;
    const text = readFileSync(join(root, file), "utf8");
    if (!checked.has(file) && compile(root, file, text) !== readFileSync(join(root, compiledOf(file)), "utf8"))
      fail(`${compiledOf(file)} is not what ${file} compiles to: run "npm run build -- kernel" first`);
    checked.add(file);
    return { ...mutant, mutated: text.slice(0, from) + replacement + text.slice(to) };
  });
}

const options = optionsOf(process.argv.slice(2));
const stale = staleEquivalents(root);
if (stale.length) fail(`scripts/mutants/equivalent.json is out of date:\n${stale.join("\n")}`);
const chosen = await sample(options);
if (options.list) {
  for (const mutant of chosen) console.log(say(mutant));
  process.exit(0);
}

const copies = [];
process.on("exit", () => {
  endAll();
  for (const copy of copies) copy.remove();
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(130));

const mutants = prepared(chosen);
const python =
  process.env.CODEBOOK_PYTHON ??
  join(root, ".venv", ...(process.platform === "win32" ? ["Scripts", "python.exe"] : ["bin", "python"]));
const tests = testsOf(root);
const complaintAbout = typeChecker(root);
let next = 0;

/** Takes mutants from the list until it is empty. */
async function work(index) {
  const copy = copyOf(root);
  copies.push(copy);
  const { learn, ask } = noticer(copy, tests, { python, isNear: options.isNear });
  await learn(mutants.filter((_, place) => place % options.workers === index));
  for (let place = next++; place < mutants.length; place = next++) {
    const mutant = mutants[place];
    const by = await ask(mutant);
    const complaint = by === undefined ? complaintAbout(mutant) : undefined;
    mutant.noticed = by ?? (complaint === undefined ? undefined : `the compiler: ${complaint}`);
    console.log(`${place + 1}/${mutants.length} ${mutant.noticed ? "✓" : "✗"} ${say(mutant)}`);
    if (mutant.noticed) console.log(`    ${mutant.noticed}`);
  }
}
await Promise.all(Array.from({ length: Math.min(options.workers, mutants.length) }, (_, index) => work(index)));

const { text, isEnough } = table(mutants, least);
console.log(text);
const survivors = mutants.filter(({ noticed }) => !noticed);
if (survivors.length) console.log(`\nNo test noticed:\n${survivors.map((mutant) => `  ${say(mutant)}`).join("\n")}`);
console.log(`Seed ${options.seed}; every equal call tries the same mutants of the same sources.`);
process.exitCode = isEnough ? 0 : 1;
