import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { withoutGreeting } from "../../../kernel/session/language/tensorflow-greeting";

const root = join(__dirname, "..", "..", "..", "..");

/** What a program of Node says, stdout and stderr. */
function said(script: string): string {
  const { stdout, stderr } = spawnSync(process.execPath, ["-e", script], { cwd: root, encoding: "utf8" });
  return stdout + stderr;
}

const value = "tf.tensor1d([1, 2]).sum().print();";

test("the plain backend of tfjs greets, and does not after withoutGreeting, nor where our layers were loaded", () => {
  const file = join(root, "lib", "kernel", "session", "language", "tensorflow-greeting.js");
  expect(said(`const tf = require("@tensorflow/tfjs"); ${value}`)).toContain(
    "looks like you are running TensorFlow.js",
  );
  expect(
    said(`const tf = require(${JSON.stringify(file)}).withoutGreeting(require("@tensorflow/tfjs")); ${value}`).trim(),
  ).toBe("Tensor\n    3");
  expect(
    said(`const { tf } = require(${JSON.stringify(join(root, "lib/kernel/train/index.js"))}); ${value}`).trim(),
  ).toBe("Tensor\n    3");
});

test("a module without backends comes back as it is", () => {
  const module = { answer: 42 };
  expect(withoutGreeting(module)).toBe(module);
  const none = { engine: () => ({ registry: {}, registryFactory: {} }) };
  expect(withoutGreeting(none)).toBe(none);
});

test("a backend that was made already greets no more, nor do those that are made later", () => {
  const registry = { cpu: { firstUse: true } };
  const registryFactory = { cpu: { factory: () => ({ firstUse: true }) } };
  const module = { engine: () => ({ registry, registryFactory }) };
  withoutGreeting(withoutGreeting(module));
  expect([registry.cpu, registryFactory.cpu.factory()]).toEqual([{ firstUse: false }, { firstUse: false }]);
});
