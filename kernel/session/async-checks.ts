import { AsyncLocalStorage } from "node:async_hooks";

/** Node 20 and 22 keep a stack of the asynchronous contexts that were entered, and abort the process when it is unbalanced, as terminated
 *  JavaScript leaves it. The flag `--no-force-async-hooks-checks` turns the checks off, but the first AsyncLocalStorage turns them on
 *  again. So one storage is made at the start and stays in use; then the two fields by which Node turns the checks on are set back to zero
 *  (nothing else reads them). After a termination the stack is emptied, as Node itself does after an uncaught error. */
interface AsyncWrapBinding {
  async_hook_fields: Uint32Array;
  constants: { kCheck: number; kTotals: number };
  clearAsyncIdStack(): void;
}

const keptInUse = new AsyncLocalStorage<true>();
let binding: AsyncWrapBinding | undefined;

/** Turns the checks off. Called once, before the first cell. */
export function relaxAsyncChecks(): void {
  keptInUse.enterWith(true);
  binding = asyncWrap();
  if (!binding) return;
  const { async_hook_fields: fields, constants } = binding;
  fields[constants.kCheck] = 0;
  fields[constants.kTotals] = 0;
}

/** Empties the stack. Called after a termination. */
export function clearAsyncStack(): void {
  binding?.clearAsyncIdStack();
}

/** The part of Node that holds the stack; `undefined` where Node has another one, as from version 24 on. */
function asyncWrap(): AsyncWrapBinding | undefined {
  const emitWarning = process.emitWarning;
  try {
    process.emitWarning = () => undefined; // "process.binding is deprecated": there is no other way
    const found = (process as unknown as { binding(name: string): Partial<AsyncWrapBinding> }).binding("async_wrap");
    const known =
      found.async_hook_fields instanceof Uint32Array &&
      typeof found.constants?.kCheck === "number" &&
      typeof found.constants.kTotals === "number" &&
      typeof found.clearAsyncIdStack === "function";
    return known ? (found as AsyncWrapBinding) : undefined;
  } catch {
    return undefined;
  } finally {
    process.emitWarning = emitWarning;
  }
}
