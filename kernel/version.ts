import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Of Codebook, as its package.json has it. */
export const packageVersion = (
  JSON.parse(readFileSync(join(__dirname, "../../package.json"), "utf8")) as { version: string }
).version;
