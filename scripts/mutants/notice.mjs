// Asks the tests about one mutant after the other. A mutant is noticed when a test fails, or does not end, that passes without it; or when
// the compiler refuses it.
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { runFor } from "./process.mjs";

const sequencer = fileURLToPath(new URL("sequencer.cjs", import.meta.url));

/** Rooms that the protocol's tests look at from outside. */
const fromOutside = new Set(["session", "transport", "protocol", "kernel"]);
const secondsOfProtocol = 900;

/** Tests that are left out by their names: each takes tens of seconds, for what a smaller one beside it would notice. */
const quick = "^(?!.*(1 GB|768 MiB|killed again and again))";

/** What asks the tests of a copy. `python` runs the protocol's tests; with `isNear` only the tests of the mutant's room are asked. */
export function noticer(copy, tests, { python, isNear }) {
  const report = join(copy.scratch, "report.json");
  const config = join(copy.scratch, "jest.json");
  const root = join(copy.folder, "lib", "test");
  const { jest } = JSON.parse(readFileSync(join(copy.folder, "package.json"), "utf8"));
  writeFileSync(
    config,
    JSON.stringify({
      ...jest,
      rootDir: root,
      cacheDirectory: join(copy.scratch, "jest"),
      transform: { "/lib/test/.*\\.js$": "babel-jest" }, // which lifts jest.mock() above imports; other files hold none
      testSequencer: sequencer,
    }),
  );
  const env = {
    ...process.env,
    TMPDIR: copy.scratch,
    CODEBOOK_MODELS: join(copy.folder, "models"),
    CODEBOOK_PYTHON: python,
  };

  /** Runs the named tests, with "--bail" up to the first file with a failure: { failed: names, isLate, seconds: by name }. */
  async function jestOn(names, limit, ...more) {
    rmSync(report, { force: true });
    const program = join(copy.folder, "node_modules", "jest", "bin", "jest.js");
    const paths = names.map((name) => join(root, name));
    // prettier-ignore
    const { isLate, output } = await runFor(limit, process.execPath,
      [program, "--config", config, "--runInBand", ...more, "--forceExit", "--silent", "-t", quick, "--json", `--outputFile=${report}`, "--runTestsByPath", ...paths],
      { cwd: copy.folder, env: { ...env, CODEBOOK_TEST_ORDER: names.join("\n") } });
    if (isLate || !existsSync(report)) return { failed: names, isLate, seconds: new Map(), output };
    const { testResults } = JSON.parse(readFileSync(report, "utf8"));
    const nameOf = ({ name }) => relative(root, name).replaceAll("\\", "/");
    return {
      failed: testResults.filter(({ status }) => status === "failed").map(nameOf),
      isLate: false,
      seconds: new Map(testResults.map((one) => [nameOf(one), (one.endTime - one.startTime) / 1000])),
    };
  }

  const protocol = async () => {
    const args = ["-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", join(copy.folder, "test", "protocol")];
    const { status, isLate } = await runFor(secondsOfProtocol, python, args, { cwd: copy.folder, env });
    return isLate || status !== 0;
  };

  const unchanged = new Map();
  /** Seconds that a test takes without any mutant; Infinity when it fails. */
  async function secondsOf(name) {
    if (!unchanged.has(name)) {
      const { failed, seconds } = await jestOn([name], 600);
      unchanged.set(name, failed.length ? Infinity : (seconds.get(name) ?? Infinity));
      if (failed.length) console.log(`  ${name} fails without a mutant and is not asked`);
    }
    return unchanged.get(name);
  }

  let protocolPasses;
  async function passesProtocol() {
    protocolPasses ??= protocol().then((fails) => !fails);
    return protocolPasses;
  }

  /** Runs `work` on the unchanged copy, then puts the mutant back. */
  async function without({ file, mutated }, work) {
    copy.restore(file);
    const result = await work();
    copy.change(file, mutated);
    return result;
  }

  async function asked(mutant, names) {
    const limits = [];
    for (const name of names) if (unchanged.has(name)) limits.push(unchanged.get(name));
    const isKnown = limits.length === names.length;
    const known = limits.filter(Number.isFinite).reduce((sum, seconds) => sum + seconds, 0);
    const { failed, isLate } = await jestOn(names, isKnown ? 30 + 6 * known : 120 + 20 * names.length, "--bail");
    if (failed.length === 0) return undefined;
    return without(mutant, async () => {
      for (const name of failed.slice(0, isLate ? names.length : 3))
        if (!Number.isFinite(await secondsOf(name))) return isLate ? undefined : { not: name };
      return { by: isLate ? `time, in ${names[0]}` : failed[0] };
    });
  }

  /** The test that notices the mutant, or undefined. */
  async function noticed(mutant) {
    const { own, others } = tests.of(mutant.file, isNear);
    for (const names of [own, others]) {
      let rest = names.filter((name) => unchanged.get(name) !== Infinity);
      while (rest.length) {
        const answer = await asked(mutant, rest);
        if (answer?.by) return answer.by;
        if (!answer) break;
        rest = rest.filter((name) => unchanged.get(name) !== Infinity);
      }
    }
    if (!isNear && fromOutside.has(mutant.room) && (await protocol()))
      if (await without(mutant, passesProtocol)) return "test/protocol";
    return undefined;
  }

  return {
    /** Prepares: the tests of the mutants' names, without a mutant, which gives the limits of those with one. */
    async learn(mutants) {
      const names = [...new Set(mutants.flatMap(({ file }) => tests.of(file, isNear).own))];
      if (names.length === 0) return;
      const { seconds, failed } = await jestOn(names, 60 + 60 * names.length);
      for (const [name, value] of seconds) if (!failed.includes(name)) unchanged.set(name, value);
    },
    async ask(mutant) {
      copy.change(mutant.file, mutant.mutated);
      try {
        return await noticed(mutant);
      } finally {
        copy.restore(mutant.file);
      }
    },
  };
}
