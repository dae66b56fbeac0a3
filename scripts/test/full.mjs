// What npm run test:full does beside the suites, which it runs in their full tier: the oldest Node that is supported and the newest of later
// lines, a million mutants of every format, and mutants of our own sources.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { step } from "../setup/console.mjs";
import { root, venvBin } from "../setup/index.mjs";
import { run } from "../setup/process.mjs";
import { jest, program, pytest } from "./run.mjs";
import { unitArgs } from "./suites.mjs";

/** Nodes that unit and protocol tests run on. */
const nodes = ["20.19.0", "22.22.3", "24.22.3"];
const fuzzRounds = "1000000";

/** A Node of that version, out of npm's package of its binary for this system. */
async function fetchNode(version) {
  const system = process.platform === "win32" ? "win" : process.platform;
  const name = `node-${system}-${process.arch}`;
  const folder = join(root, ".references", `node-${version}`);
  const binary = join(folder, "node_modules", name, "bin", process.platform === "win32" ? "node.exe" : "node");
  await step(`Node ${version}`, async () => {
    if (existsSync(binary)) return false;
    mkdirSync(folder, { recursive: true });
    // A package of its own, so that npm does not look for one in the folders above.
    writeFileSync(join(folder, "package.json"), `${JSON.stringify({ name: "node", private: true })}\n`);
    const args = ["install", "--prefix", folder, "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"];
    await run("npm", [...args, "--no-package-lock", `${name}@${version}`], { cwd: folder });
    return undefined;
  });
  return binary;
}

/** All of it, one part after the other. */
export async function runFullParts({ output, env }) {
  for (const version of nodes) {
    const node = await fetchNode(version);
    // The suites of every run: what differs between Nodes is not in the longer lists of the full tier.
    const own = { ...env, PATH: `${dirname(node)}${delimiter}${env.PATH}` };
    delete own.CODEBOOK_TESTS;
    await jest(`unit on Node ${version}`, unitArgs, { output, env: own, node });
    await pytest(`protocol on Node ${version}`, venvBin("python"), { output, env: own });
  }
  const seed = String(Math.floor(Date.now() / 1000));
  output.write(`Fuzzing with the seed ${seed}\n`);
  await jest("fuzz", ["lib/test/hostile/mutation"], {
    output,
    env: { ...env, CODEBOOK_FUZZ_ROUNDS: fuzzRounds, CODEBOOK_FUZZ_SEED: seed },
  });
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  if (scripts.mutants) await program("mutants", "npm", ["run", "mutants"], { output, env });
}
