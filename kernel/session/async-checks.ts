import { AsyncLocalStorage } from "node:async_hooks";

/** Node 20 and 22 keep a stack of the asynchronous contexts that were entered, and abort the whole process when it is not
 *  as expected. JavaScript that is terminated leaves it unbalanced. `--no-force-async-hooks-checks` turns the checks off,
 *  but the first AsyncLocalStorage turns them on again. So one storage is kept in use from the start, which makes that
 *  happen once and for all; then the two fields that the checks look at are set back to zero (nothing else looks at
 *  them), and after a termination the stack is emptied, as Node itself does after an uncaught error. */
interface AsyncWrapBinding {
  async_hook_fields: Uint32Array;
  constants: { kCheck: number; kTotals: number };
  clearAsyncIdStack(): void;
}

const keptInUse = new AsyncLocalStorage<true>();
let binding: AsyncWrapBinding | undefined;

/** To be called once, before the first cell. */
export function relaxAsyncChecks(): void {
  keptInUse.enterWith(true);
  binding = asyncWrap();
  if (!binding) return;
  const { async_hook_fields: fields, constants } = binding;
  fields[constants.kCheck] = 0;
  fields[constants.kTotals] = 0;
}

/** To be called after a termination. */
export function clearAsyncStack(): void {
  binding?.clearAsyncIdStack();
}

/** The part of Node that holds that stack; nothing where it is not as it is known, as from Node 24 on. */
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
