// npm run corpus -- [word ...]: which checkpoints of test/fixtures/stored-codes transformers, compressed-tensors, bitsandbytes, mlx and gguf-py
// read rightly, those whose names hold one of the words; a table, and what is read wrongly without a word. npm run references brings the
// libraries.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fail } from "./setup/console.mjs";
import { root } from "./setup/index.mjs";

function main() {
  const python = join(root, ".references", "python", "bin", "python");
  if (!existsSync(python)) throw new Error("the libraries are not here; npm run references brings them");
  const script = join(root, "test", "fixtures", "stored-codes", "read_corpus.py");
  const { status } = spawnSync(python, [script, ...process.argv.slice(2)], { cwd: root, stdio: "inherit" });
  process.exitCode = status ?? 1;
}

try {
  main();
} catch (error) {
  fail(error);
}
