// npm run wheel: builds what there is to build, lays an installed Codebook into out/package, and packs it as out/wheel/*.whl.
import { fail } from "./setup/console.mjs";
import { makeWheel } from "./package/wheel.mjs";

makeWheel().then((file) => console.log(file), fail);
