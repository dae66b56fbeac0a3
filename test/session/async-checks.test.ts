/** In a process of its own: the checks are of the whole process, and the test runner's are not ours to turn off. */
import { execFileSync } from "node:child_process";
import path from "node:path";
import type * as AsyncChecks from "../../kernel/session/async-checks";

const file = path.resolve(__dirname, "../../kernel/session/async-checks");

/** What `code` prints, with the module's functions and Node's own fields at hand. */
function printed(code: string): unknown {
  const names: (keyof typeof AsyncChecks)[] = ["relaxAsyncChecks", "clearAsyncStack"];
  const script = `
    const warned = [];
    process.on("warning", (warning) => warned.push(warning.message));
    const { AsyncLocalStorage } = require("node:async_hooks");
    const { ${names.join(", ")} } = require(${JSON.stringify(file)});
    process.noDeprecation = true;
    const { async_hook_fields: fields, constants } = process.binding("async_wrap");
    process.noDeprecation = false;
    const read = (name) => fields?.[constants[name]] ?? 0;
    ${code}`;
  const text = execFileSync(process.execPath, ["--no-force-async-hooks-checks", "-e", script], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  return JSON.parse(text);
}

test("the checks are off from the start, and a storage that comes later does not turn them on", () => {
  const code = `
    relaxAsyncChecks();
    new AsyncLocalStorage().run(1, () => console.log(JSON.stringify([read("kCheck"), read("kTotals")])));`;
  expect(printed(code)).toEqual([0, 0]);
});

test("the stack of contexts is emptied on demand, and the process goes on", () => {
  const code = `
    relaxAsyncChecks();
    setImmediate(() => {
      clearAsyncStack();
      const length = read("kStackLength");
      setTimeout(() => console.log(JSON.stringify([length, "goes on"])), 1);
    });`;
  expect(printed(code)).toEqual([0, "goes on"]);
});

test("before the start there is nothing to empty; Node does not warn of what it does, and warns of other things", () => {
  const code = `
    clearAsyncStack();
    relaxAsyncChecks();
    process.emitWarning("of something else");
    setImmediate(() => console.log(JSON.stringify(warned)));`;
  expect(printed(code)).toEqual(["of something else"]);
});
