// What a run of the tests came to: counts over all suites, the seconds of each, the ten slowest tests.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const totals = { passed: 0, failed: 0, skipped: 0 };
/** Seconds of each suite and of the whole run, and { name, seconds } of each test and of each file of tests. */
const times = { whole: 0, suites: {}, files: [], tests: [] };

/** Adds what a suite came to; returns the line that says it. */
export function count(name, { passed = 0, failed = 0, skipped = 0 }) {
  totals.passed += passed;
  totals.failed += failed;
  totals.skipped += skipped;
  const left = skipped ? `, ${skipped} skipped` : "";
  return `\n${failed ? "✗" : "✓"} ${name}: ${passed} passed, ${failed} failed${left}\n\n`;
}

/** Notes how long a suite, a file of tests or a test took. */
export const noteSuite = (name, seconds) => (times.suites[name] = (times.suites[name] ?? 0) + seconds);
export const noteFile = (name, seconds) => times.files.push({ name, seconds });
export const noteTest = (name, seconds) => times.tests.push({ name, seconds });

/** Prints the times and writes all of them to times.json in the folder `out`; the last line counts the tests. Returns the exit code. */
export function finish(out, wholeSeconds) {
  times.whole = wholeSeconds;
  const longestFirst = (list) => list.sort((a, b) => b.seconds - a.seconds);
  const line = ({ name, seconds }) => `${seconds.toFixed(1).padStart(8)} s  ${name.slice(0, 150)}`;
  const suites = Object.entries(times.suites).map(([name, seconds]) => ({ name, seconds }));
  longestFirst(times.files);
  const slowest = longestFirst(times.tests).slice(0, 10);
  console.log(["Suites, some side by side:", ...suites.map(line)].join("\n"));
  console.log(line({ name: "the whole run, set-up included", seconds: wholeSeconds }));
  console.log(["The ten slowest tests:", ...slowest.map(line)].join("\n"));
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, "times.json"), `${JSON.stringify(times, undefined, 1)}\n`);
  const { passed, failed, skipped } = totals;
  console.log(`${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ""}`);
  return failed || !passed ? 1 : 0;
}
