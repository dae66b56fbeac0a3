/** What a pool's threads can do. Each room states its own tasks in its `tasks.ts`, as
 *
 *    export const tasks = taskModule(__filename, { double: (x: number) => 2 * x });
 *
 *  and runs one with `sharedPool().run(tasks, "double", 21)`. A thread loads the module the first time that it is given a task of it. */
import type { Transferring } from "./transferring";

/** Functions of one argument, which is copied or moved to the thread; each returns a result or a promise of one. */
export type TaskFunctions = Readonly<Record<string, (argument: never) => unknown>>;

/** A CommonJS module whose export `tasks` is this. */
export interface TaskModule<Functions extends TaskFunctions = TaskFunctions> {
  /** The file that a thread loads. */
  readonly path: string;
  readonly functions: Functions;
}

/** What the file at `path`, the caller's own `__filename`, exports as `tasks`. */
export function taskModule<Functions extends TaskFunctions>(path: string, functions: Functions): TaskModule<Functions> {
  return { path, functions };
}

/** The name of a task of a module. */
export type TaskName<Functions extends TaskFunctions> = keyof Functions & string;

/** What a task is given. */
export type TaskArgument<Functions extends TaskFunctions, Name extends TaskName<Functions>> = Parameters<
  Functions[Name]
>[0];

/** What a task resolves to for its caller: its buffers have moved where it returned `transferring(value)`. */
export type TaskResult<Functions extends TaskFunctions, Name extends TaskName<Functions>> =
  Awaited<ReturnType<Functions[Name]>> extends Transferring<infer Value> ? Value : Awaited<ReturnType<Functions[Name]>>;
