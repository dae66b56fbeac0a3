// npm run lint: the seam to the SIMD modules, the tables of methods, types, rules, import directions, the house, tests that mirror rooms, formatting. Prints each part;
// exit code 1 when one fails.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const parts = [
  ["the seam to the SIMD modules", "scripts/seam.mjs", ["--check"]],
  ["the tables of methods", "scripts/methods.mjs", ["--check"]],
  ["types", "node_modules/typescript/bin/tsc", ["-b"]],
  ["rules", "node_modules/eslint/bin/eslint.js", ["--max-warnings", "0", "."]],
  ["import directions", "node_modules/dependency-cruiser/bin/dependency-cruise.mjs", ["kernel", "extension"]],
  ["the house of kernel/README.md", "scripts/house.mjs", []],
  ["tests mirror rooms", "scripts/mirror.mjs", []],
  ["formatting", "node_modules/prettier/bin/prettier.cjs", ["--check", "--log-level", "warn", "."]],
];

let failed = 0;
for (const [name, script, args] of parts) {
  const { status } = spawnSync(process.execPath, [join(root, script), ...args], {
    cwd: root,
    stdio: "inherit",
  });
  console.log(`${status === 0 ? "✓" : "✗"} ${name}`);
  if (status !== 0) failed++;
}
process.exit(failed ? 1 : 0);
