// npm run references: the outside libraries that the live comparisons of npm test and npm run bench run against.
import { fail } from "./setup/console.mjs";
import { checkNode, findPython, root } from "./setup/index.mjs";
import { fetchLlama, installReferences } from "./setup/references.mjs";

async function main() {
  checkNode();
  await fetchLlama(root);
  await installReferences(root, findPython());
}

main().catch(fail);
