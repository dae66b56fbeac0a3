// npm run package: the npm package as out/npm/*.tgz, with all that it needs inside, so that nothing else is fetched and nothing runs at its install.
// With --built, of what is built already, as it stands.
import { fail } from "./setup/console.mjs";
import { setUp } from "./setup/index.mjs";
import { makeNpmPackage } from "./package/npm.mjs";

const isBuilt = process.argv.includes("--built");
(isBuilt ? makeNpmPackage() : setUp().then(makeNpmPackage)).then((file) => console.log(file), fail);
