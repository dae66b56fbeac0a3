// npm run wheel: builds what there is to build, lays an installed Codebook into out/package, and packs it as out/wheel/*.whl.
// With --built, of what is built already, as it stands.
import { fail } from "./setup/console.mjs";
import { setUp } from "./setup/index.mjs";
import { makeWheel } from "./package/wheel.mjs";

const isBuilt = process.argv.includes("--built");
(isBuilt ? makeWheel() : setUp().then(makeWheel)).then((file) => console.log(file), fail);
