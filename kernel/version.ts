import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Of Codebook, as its package.json has it. */
export const packageVersion = (
  JSON.parse(readFileSync(join(__dirname, "../../package.json"), "utf8")) as { version: string }
).version;

/** Majors of Node on which all suites of the kernel were run, the oldest first; their types come along. */
export const testedMajors: readonly number[] = [20, 22, 24];

/** Major and minor version of the oldest Node that runs Codebook, which "engines" of package.json states too. */
export const oldestNode: readonly [number, number] = [20, 19];

/** A sentence where a version of Node ("18.20.1", "v18.20.1") is too old; else `undefined`. */
export function oldNode(version: string): string | undefined {
  const [major, minor] = version.replace(/^v/, "").split(".").map(Number);
  const [oldMajor, oldMinor] = oldestNode;
  return major > oldMajor || (major === oldMajor && minor >= oldMinor)
    ? undefined
    : `Codebook needs Node ${oldestNode.join(".")} or newer; this is ${version}`;
}

/** A sentence where a version of Node ("24.1.0") is none of those that were tested; else `undefined`. */
export function untestedNode(version: string): string | undefined {
  const major = Number.parseInt(version, 10);
  return testedMajors.includes(major)
    ? undefined
    : `Node ${version} was not tested with Codebook ${packageVersion}; Node ${testedMajors.join(", ")} were`;
}
