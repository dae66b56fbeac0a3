// npm run fuzz -- [rounds] [seed]: a million mutants of every format (or as many as told), by a fresh seed (or the one told). Some 20
// minutes on two cores. Prints a line per format; a finding is written to out/fuzz/ and ends that format with exit code 1.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fail } from "./setup/console.mjs";
import { root, setUp, venvBin } from "./setup/index.mjs";

async function main() {
  const [rounds = "1000000", seed = String(Math.floor(Date.now() / 1000))] = process.argv.slice(2);
  await setUp({ tests: true });
  const { status } = spawnSync(
    process.execPath,
    [join(root, "node_modules", "jest", "bin", "jest.js"), "lib/test/hostile/mutation"],
    {
      cwd: root,
      stdio: "inherit",
      env: {
        ...process.env,
        CODEBOOK_PYTHON: venvBin("python"),
        CODEBOOK_FUZZ_ROUNDS: rounds,
        CODEBOOK_FUZZ_SEED: seed,
      },
    },
  );
  process.exitCode = status ?? 1;
}

main().catch(fail);
