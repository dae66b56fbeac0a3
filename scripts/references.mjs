// npm run references: the outside libraries that the live comparisons of npm test and npm run bench run against. With --python only those in
// Python, which nothing else needs: they can be fetched beside npm run setup.
import { fail } from "./setup/console.mjs";
import { checkNode, findPython, root } from "./setup/index.mjs";
import { fetchLlama, installReferences } from "./setup/references.mjs";

async function main() {
  checkNode();
  if (!process.argv.includes("--python")) await fetchLlama(root);
  await installReferences(root, findPython());
}

main().catch(fail);
