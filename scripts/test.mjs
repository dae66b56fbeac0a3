// npm test: sets up what the tests need, then runs every suite.
//   npm test -- [lint] [unit] [train] [protocol] [notebooks] [browser]      (all when none is named)
// At the end: the seconds of each suite and the ten slowest tests; the last line counts the tests of all suites. out/test/times.json keeps
// the times of all.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, relative } from "node:path";
import { SetupError, fail, step } from "./setup/console.mjs";
import { run } from "./setup/process.mjs";
import { root, setUp, venvBin } from "./setup/index.mjs";

const totals = { passed: 0, failed: 0, skipped: 0 };
/** Seconds of each suite, and { name, seconds } of each test and of each file of tests. */
const times = { suites: {}, files: [], tests: [] };
const out = join(root, "out", "test");
const env = { ...process.env, CODEBOOK_MODELS: join(root, "models"), CODEBOOK_PYTHON: venvBin("python") };

function count(name, { passed = 0, failed = 0, skipped = 0 }) {
  totals.passed += passed;
  totals.failed += failed;
  totals.skipped += skipped;
  console.log(
    `\n${failed ? "✗" : "✓"} ${name}: ${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ""}\n`,
  );
}

function jest(name, args, extra = {}) {
  const report = join(out, `${name.replace(/\W+/g, "-")}.json`);
  rmSync(report, { force: true });
  const { status } = spawnSync(
    process.execPath,
    [
      join(root, "node_modules", "jest", "bin", "jest.js"),
      "--json",
      `--outputFile=${report}`,
      "--silent=false",
      ...args,
    ],
    {
      cwd: root,
      stdio: "inherit",
      env: { ...env, ...extra },
    },
  );
  if (!existsSync(report)) return count(name, { failed: 1 });
  const result = JSON.parse(readFileSync(report, "utf8"));
  for (const { name: file, startTime, endTime, assertionResults } of result.testResults) {
    const path = relative(join(root, "lib", "test"), file).replace(/\.js$/, "");
    times.files.push({ name: path, seconds: (endTime - startTime) / 1000 });
    for (const { fullName, duration } of assertionResults)
      times.tests.push({ name: `${path}: ${fullName}`, seconds: (duration ?? 0) / 1000 });
  }
  const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
  return count(name, {
    passed: result.numPassedTests,
    failed: failed || (status === 0 ? 0 : 1),
    skipped: result.numPendingTests,
  });
}

const suites = {
  lint: () =>
    count(
      "lint",
      spawnSync(process.execPath, [join(root, "scripts", "lint.mjs")], { cwd: root, stdio: "inherit" }).status === 0
        ? { passed: 1 }
        : { failed: 1 },
    ),
  // Many tests wait for other programs: two at a time also where there are two cores.
  unit: () =>
    jest("unit", [
      `--maxWorkers=${Math.max(2, availableParallelism() - 1)}`,
      "--testPathIgnorePatterns",
      "lib/test/(browser|train|notebooks)/",
    ]),
  train: () => {
    const native = existsSync(
      join(root, "node_modules", "@tensorflow", "tfjs-node", "lib", "napi-v8", "tfjs_binding.node"),
    );
    jest("train on wasm", ["lib/test/train/"], { CODEBOOK_TF_BACKEND: "wasm" });
    if (native) jest("train on tensorflow", ["lib/test/train/"], { CODEBOOK_TF_BACKEND: "tensorflow" });
    else
      console.log(
        "The tensorflow backend is not installed (npm run native gets it): its run of these tests is left out.\n",
      );
  },
  protocol: () => {
    const report = join(out, "protocol.xml");
    rmSync(report, { force: true });
    const { status } = spawnSync(
      venvBin("python"),
      ["-m", "pytest", "-q", "-p", "no:cacheprovider", `--junitxml=${report}`, join(root, "test", "protocol")],
      { cwd: root, stdio: "inherit", env },
    );
    if (!existsSync(report)) return count("protocol", { failed: 1 });
    const read = (key) =>
      Number(
        /<testsuite [^>]*>/.exec(readFileSync(report, "utf8"))?.[0].match(new RegExp(`\\b${key}="(\\d+)"`))?.[1] ?? 0,
      );
    for (const [, file, test, seconds] of readFileSync(report, "utf8").matchAll(
      /<testcase classname="([^"]*)" name="([^"]*)" time="([^"]*)"/g,
    ))
      times.tests.push({ name: `${file.replaceAll(".", "/")}: ${test}`, seconds: Number(seconds) });
    const failed = read("failures") + read("errors");
    return count("protocol", {
      passed: read("tests") - failed - read("skipped"),
      failed: failed || (status === 0 ? 0 : 1),
      skipped: read("skipped"),
    });
  },
  notebooks: () => jest("notebooks", ["--runInBand", "lib/test/notebooks/"]),
  browser: () => jest("browser", ["--runInBand", "lib/test/browser/"]),
};

/** The browser of the browser tests: what is there, else Debian's package where that may be installed. */
async function findChromium() {
  for (const name of ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"])
    if (existsSync(name)) return name;
  const found = spawnSync(
    "sh",
    ["-c", "command -v chromium || command -v chromium-browser || command -v google-chrome"],
    { encoding: "utf8" },
  ).stdout?.trim();
  if (found) return found;
  const apt = process.getuid?.() === 0 && spawnSync("apt-get", ["--version"]).status === 0;
  if (!apt)
    throw new SetupError(
      "The browser tests need Chromium, and none was found.",
      "Install it (on Debian and Ubuntu: sudo apt install chromium), or leave them out: npm test -- lint unit train protocol notebooks",
    );
  await step("Chromium", async () => {
    await run("apt-get", ["update", "-qq"]);
    await run("apt-get", ["install", "-y", "-qq", "chromium"], {
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
  });
  return "/usr/bin/chromium";
}

function printTimes() {
  const slowest = (list, count) => list.sort((a, b) => b.seconds - a.seconds).slice(0, count);
  slowest(times.files, 0);
  const line = ({ name, seconds }) => `${seconds.toFixed(1).padStart(8)} s  ${name.slice(0, 150)}`;
  const all = Object.entries(times.suites).map(([name, seconds]) => ({ name, seconds }));
  console.log(
    ["Suites:", ...all.map(line), "The ten slowest tests:", ...slowest(times.tests, 10).map(line)].join("\n"),
  );
  writeFileSync(join(out, "times.json"), `${JSON.stringify(times, undefined, 1)}\n`);
}

async function main() {
  const wanted = process.argv.slice(2);
  const unknown = wanted.find((name) => !(name in suites));
  if (unknown)
    throw new SetupError(`There is no suite "${unknown}".`, `Choose from: ${Object.keys(suites).join(", ")}.`);
  console.log("Codebook: setting up the tests");
  await setUp({ tests: true });
  const chosen = wanted.length ? wanted : Object.keys(suites);
  if (chosen.includes("browser")) env.CODEBOOK_CHROMIUM = await findChromium();
  mkdirSync(out, { recursive: true });
  for (const name of chosen) {
    const start = performance.now();
    suites[name]();
    times.suites[name] = (performance.now() - start) / 1000;
  }
  printTimes();
  console.log(`${totals.passed} passed, ${totals.failed} failed${totals.skipped ? `, ${totals.skipped} skipped` : ""}`);
  process.exitCode = totals.failed || !totals.passed ? 1 : 0;
}

main().catch(fail);
