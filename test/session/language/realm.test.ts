import vm from "node:vm";
import { kernelRequire, mainGlobal, mainProcess, NodeModule } from "../../../kernel/session/language/realm";

test("the main context is that in which cells run, not that of a test runner", () => {
  expect(mainGlobal).toBe(vm.runInThisContext("globalThis"));
  expect(vm.runInThisContext("Array")).toBe(mainGlobal.Array);
  expect(mainProcess.pid).toBe(process.pid);
});

test("the module system is Node's own, and finds what the kernel depends on", () => {
  expect(NodeModule.isBuiltin("node:fs")).toBe(true);
  expect(kernelRequire.resolve("tslab/package.json")).toMatch(/tslab.package\.json$/);
});
