// npm run lint: the seam to the SIMD modules, types, rules, import directions, formatting. Prints each part; exit code 1 when one fails.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const parts = [
  ["the seam to the SIMD modules", join("..", "scripts", "seam.mjs"), ["--check"]],
  ["types", "typescript/bin/tsc", ["-b"]],
  ["rules", "eslint/bin/eslint.js", ["--max-warnings", "0", "."]],
  ["import directions", "dependency-cruiser/bin/dependency-cruise.mjs", ["kernel", "extension"]],
  ["formatting", "prettier/bin/prettier.cjs", ["--check", "--log-level", "warn", "."]],
];

let failed = 0;
for (const [name, script, args] of parts) {
  const { status } = spawnSync(process.execPath, [join(root, "node_modules", script), ...args], {
    cwd: root,
    stdio: "inherit",
  });
  console.log(`${status === 0 ? "✓" : "✗"} ${name}`);
  if (status !== 0) failed++;
}
process.exit(failed ? 1 : 0);
