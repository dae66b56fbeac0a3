// Runs the programs of a suite. Suites that run alone show their output as it comes; of suites that run side by side each keeps its own until it
// ends, so that no lines mix.
import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { root } from "../setup/index.mjs";
import { count, noteFile, noteTest } from "./results.mjs";

export const out = join(root, "out", "test");

/** Where the programs of one suite print: `isHeld` keeps all of it for `release`. */
export class Output {
  #held = [];

  constructor(isHeld) {
    this.isHeld = isHeld;
  }

  write(text) {
    if (this.isHeld) this.#held.push(Buffer.from(text));
    else process.stdout.write(text);
  }

  /** Prints what was held. */
  release() {
    process.stdout.write(Buffer.concat(this.#held));
    this.#held = [];
  }

  /** The exit code of a program; null where it could not be started or was ended by a signal. */
  async run(command, args, env) {
    const stdio = this.isHeld ? ["ignore", "pipe", "pipe"] : "inherit";
    const child = spawn(command, args, { cwd: root, env, stdio });
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (data) => this.write(data));
    return new Promise((resolve) => {
      child.once("error", (error) => {
        this.write(`${command}: ${error.message}\n`);
        resolve(null);
      });
      child.once("close", (code) => resolve(code));
    });
  }
}

/** Jest over files of lib/test; `node` is the Node that runs it. */
export async function jest(name, args, { output, env, node = process.execPath }) {
  const report = join(out, `${name.replace(/\W+/g, "-")}.json`);
  rmSync(report, { force: true });
  const program = join(root, "node_modules", "jest", "bin", "jest.js");
  const status = await output.run(node, [program, "--json", `--outputFile=${report}`, "--silent=false", ...args], env);
  if (!existsSync(report)) return output.write(count(name, { failed: 1 }));
  const result = JSON.parse(readFileSync(report, "utf8"));
  for (const { name: file, startTime, endTime, assertionResults } of result.testResults) {
    const path = relative(join(root, "lib", "test"), file).replace(/\.js$/, "");
    noteFile(path, (endTime - startTime) / 1000);
    for (const { fullName, duration } of assertionResults) noteTest(`${path}: ${fullName}`, (duration ?? 0) / 1000);
  }
  const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
  output.write(
    count(name, {
      passed: result.numPassedTests,
      failed: failed || (status === 0 ? 0 : 1),
      skipped: result.numPendingTests,
    }),
  );
}

/** Pytest over test/protocol. */
export async function pytest(name, python, { output, env }) {
  const report = join(out, `${name.replace(/\W+/g, "-")}.xml`);
  rmSync(report, { force: true });
  const options = ["-m", "pytest", "-q", "-p", "no:cacheprovider", `--junitxml=${report}`];
  const status = await output.run(python, [...options, join(root, "test", "protocol")], env);
  if (!existsSync(report)) return output.write(count(name, { failed: 1 }));
  const text = readFileSync(report, "utf8");
  const [head] = /<testsuite [^>]*>/.exec(text) ?? [""];
  const read = (key) => Number(new RegExp(`\\b${key}="(\\d+)"`).exec(head)?.[1] ?? 0);
  for (const [, file, test, seconds] of text.matchAll(/<testcase classname="([^"]*)" name="([^"]*)" time="([^"]*)"/g))
    noteTest(`${file.replaceAll(".", "/")}: ${test}`, Number(seconds));
  const failed = read("failures") + read("errors");
  output.write(
    count(name, {
      passed: read("tests") - failed - read("skipped"),
      failed: failed || (status === 0 ? 0 : 1),
      skipped: read("skipped"),
    }),
  );
}

/** A program that counts as one test: whether it ends with exit code 0. */
export async function program(name, command, args, { output, env }) {
  const status = await output.run(command, args, env);
  output.write(count(name, status === 0 ? { passed: 1 } : { failed: 1 }));
}
