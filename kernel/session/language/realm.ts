/** The process's own globals and module system. Cells run in the main context (`vm.runInThisContext`), so the console,
 *  the streams and `require` that they see are the main context's, also when a test runner wraps this module in another. */
import vm from "node:vm";
import type Module from "node:module";

interface MainProcess extends NodeJS.Process {
  getBuiltinModule(id: "node:module"): typeof Module;
}

/** The main context's `globalThis`. */
export const mainGlobal = vm.runInThisContext("globalThis") as typeof globalThis & Record<string, unknown>;

/** The main context's `process`. */
export const mainProcess = mainGlobal.process as unknown as MainProcess;

/** The module system of Node itself. */
export const NodeModule = mainProcess.getBuiltinModule("node:module");

/** `require` of the kernel's own files and dependencies. */
export const kernelRequire = NodeModule.createRequire(__filename);
