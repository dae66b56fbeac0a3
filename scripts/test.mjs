// npm test: sets up what the tests need, then runs every suite.
//   npm test -- [lint] [unit] [train] [protocol] [notebooks] [browser]      (all when none is named)
//   npm run test:full                                                       (all, in full: docs/full-run.md says what that adds)
// At the end: the seconds of each suite and the ten slowest tests; the last line counts the tests of all suites. out/test/times.json keeps
// the times of all.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { SetupError, fail } from "./setup/console.mjs";
import { findPython, root, setUp, venvBin } from "./setup/index.mjs";
import { fetchRealFiles } from "./setup/real-files.mjs";
import { installReferences } from "./setup/references.mjs";
import { findChromium } from "./test/chromium.mjs";
import { runFullParts } from "./test/full.mjs";
import { finish, noteSuite } from "./test/results.mjs";
import { Output, out } from "./test/run.mjs";
import { runStages, stages } from "./test/stages.mjs";
import { suites } from "./test/suites.mjs";

const secondsSince = (start) => (performance.now() - start) / 1000;

async function main() {
  const begun = performance.now();
  const words = process.argv.slice(2);
  const isFull = words.includes("--full");
  const wanted = words.filter((word) => word !== "--full");
  if (words.includes("--help")) {
    console.log(
      `npm test [-- SUITE …], npm run test:full [-- SUITE …]: all suites, or some of ${Object.keys(suites).join(", ")}.`,
    );
    return;
  }
  const unknown = wanted.find((name) => !(name in suites));
  if (unknown)
    throw new SetupError(`There is no suite "${unknown}".`, `Choose from: ${Object.keys(suites).join(", ")}.`);
  console.log("Codebook: setting up the tests");
  await setUp({ tests: true });
  const env = { ...process.env, CODEBOOK_MODELS: join(root, "models"), CODEBOOK_PYTHON: venvBin("python") };
  if (isFull) {
    await fetchRealFiles(root, findPython());
    await installReferences(root, findPython());
    Object.assign(env, { CODEBOOK_TESTS: "full", CODEBOOK_SKIP_NOTHING: "1" });
  }
  const chosen = wanted.length ? wanted : Object.keys(suites);
  if (chosen.includes("browser")) env.CODEBOOK_CHROMIUM = await findChromium();
  mkdirSync(out, { recursive: true });
  await runStages(stages, suites, chosen, env);
  if (isFull && wanted.length === 0) {
    const start = performance.now();
    await runFullParts({ output: new Output(false), env });
    noteSuite("other Nodes, fuzzing, mutants", secondsSince(start));
  }
  process.exitCode = finish(out, secondsSince(begun));
}

main().catch(fail);
