// npm run references: the outside libraries that the live comparisons of npm test and npm run bench run against, and models that others
// published. With --python without llama.cpp's library, which npm run setup fetches: the rest can be fetched beside it.
import { fail } from "./setup/console.mjs";
import { checkNode, findPython, root } from "./setup/index.mjs";
import { fetchRealFiles } from "./setup/real-files.mjs";
import { fetchLlama, installReferences } from "./setup/references.mjs";

async function main() {
  checkNode();
  if (!process.argv.includes("--python")) await fetchLlama(root);
  await fetchRealFiles(root, findPython());
  await installReferences(root, findPython());
}

main().catch(fail);
