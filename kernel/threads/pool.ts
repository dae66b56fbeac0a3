import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Worker, type ResourceLimits } from "node:worker_threads";
import * as errors from "../errors";
import { CancelledError, CodebookError, WorkerError } from "../errors";
import type { FromWorker, SerializedError, ToWorker } from "./pool-worker";
import type { TaskArgument, TaskFunctions, TaskModule, TaskName, TaskResult } from "./tasks";

/** Worker threads that run named tasks (tasks.ts). A thread starts when it is first needed, stays for the next call, and does not hold the
 *  process open while it is idle; an idle thread that has loaded the task's module comes first. Results do not depend on which thread runs
 *  a task: they follow from its argument, and callers merge them in a fixed order. */
export class WorkerPool {
  /** The most threads at a time. */
  size: number;
  private readonly limits: ResourceLimits;
  private readonly members = new Set<Member>();
  private readonly queue: Job[] = [];
  private closed = false;

  /** `size`: the most threads at a time, at least 1. `limits`: the heap of each thread, in MB. */
  constructor(size = defaultWorkers(), limits: ResourceLimits = {}) {
    this.size = Math.max(1, size);
    this.limits = limits;
  }

  /** Runs a task of the module on a thread. `argument` is copied there, and its buffers in `transfer` are moved; the result is copied back, and
   *  the buffers of a result that the task returned as `transferring(value)` are moved.
   *  A `CodebookError` of the task arrives with its own class. Another error is the cause of a `WorkerError`, and so is the death of the
   *  thread; `label`, such as a layer's name, says where. When `signal` fires, the thread is ended, whatever it is doing, and the promise
   *  is rejected with `CancelledError`. */
  run<Functions extends TaskFunctions, Name extends TaskName<Functions>>(
    module: TaskModule<Functions>,
    task: Name,
    argument: TaskArgument<Functions, Name>,
    options: RunOptions = {},
  ): Promise<TaskResult<Functions, Name>> {
    return new Promise((resolve, reject) => {
      const { signal } = options;
      if (this.closed) return reject(new CodebookError("POOL", `the worker pool is closed; "${task}" cannot run`));
      if (signal?.aborted) return reject(new CancelledError(options.label ?? task));
      const job: Job = {
        module: module.path,
        task,
        argument,
        transfer: options.transfer ?? [],
        label: options.label ?? task,
        resolve: (value) => resolve(value as TaskResult<Functions, Name>),
        reject,
        stopListening: () => signal?.removeEventListener("abort", cancel),
      };
      const cancel = (): void => this.cancel(job);
      signal?.addEventListener("abort", cancel, { once: true });
      this.queue.push(job);
      this.assign();
    });
  }

  /** Ends all threads; waiting and running tasks are rejected with `CancelledError`. */
  async close(): Promise<void> {
    this.closed = true;
    for (const job of this.queue.splice(0)) settle(job, () => job.reject(new CancelledError(job.label)));
    await Promise.all([...this.members].map((member) => this.end(member, (job) => new CancelledError(job.label))));
  }

  private assign(): void {
    while (this.queue.length > 0) {
      const [job] = this.queue;
      const idle = [...this.members].filter((member) => member.job === undefined);
      const member = idle.find(({ modules }) => modules.has(job.module)) ?? (idle.length > 0 ? idle[0] : this.start());
      if (!member) return;
      this.queue.shift();
      member.job = job;
      member.modules.add(job.module);
      member.worker.ref();
      const { module, task, argument } = job;
      const message: ToWorker = { module, task, argument };
      try {
        member.worker.postMessage(message, job.transfer);
      } catch (cause) {
        release(member);
        settle(job, () =>
          job.reject(new WorkerError(job.label, `"${job.task}" could not be sent to a thread`, { cause })),
        );
      }
    }
  }

  private start(): Member | undefined {
    if (this.members.size >= this.size) return undefined;
    const worker = new Worker(join(__dirname, "pool-worker.js"), {
      execArgv: [],
      resourceLimits: this.limits,
    });
    const member: Member = { worker, job: undefined, modules: new Set() };
    this.members.add(member);
    worker.on("message", (message: FromWorker) => {
      const { job } = member;
      release(member);
      if (job)
        settle(job, () => ("error" in message ? job.reject(revive(message.error, job)) : job.resolve(message.value)));
      this.assign();
    });
    // A thread that is out of memory, cannot load the module, or throws outside a task, says so here and then exits.
    worker.on("error", (cause: Error) => {
      void this.end(member, (job) => new WorkerError(job.label, `its worker thread died: ${cause.message}`, { cause }));
      this.assign();
    });
    worker.on("exit", (code) => {
      void this.end(member, (job) => new WorkerError(job.label, `its worker thread ended with code ${code}`));
      this.assign();
    });
    return member;
  }

  private cancel(job: Job): void {
    const waiting = this.queue.indexOf(job);
    if (waiting >= 0) this.queue.splice(waiting, 1);
    const member = [...this.members].find((candidate) => candidate.job === job);
    if (member) void this.end(member, () => new CancelledError(job.label));
    settle(job, () => job.reject(new CancelledError(job.label)));
    this.assign();
  }

  private async end(member: Member, reason: (job: Job) => Error): Promise<void> {
    if (!this.members.delete(member)) return;
    const { job } = member;
    if (job) settle(job, () => job.reject(reason(job)));
    await member.worker.terminate();
  }
}

/** How a task is run. */
export interface RunOptions {
  readonly signal?: AbortSignal;
  /** Buffers of the argument that are handed over, not copied; the caller loses them. */
  readonly transfer?: readonly ArrayBuffer[];
  /** Names the work in errors, such as a layer's name. */
  readonly label?: string;
}

interface Job {
  /** The module's file. */
  readonly module: string;
  readonly task: string;
  readonly argument: unknown;
  readonly transfer: readonly ArrayBuffer[];
  readonly label: string;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: Error) => void;
  readonly stopListening: () => void;
}

interface Member {
  readonly worker: Worker;
  job: Job | undefined;
  /** The modules that it has loaded. */
  readonly modules: Set<string>;
}

function release(member: Member): void {
  member.job = undefined;
  member.worker.unref();
}

/** Ends a job; what comes after the first end changes nothing, as with any promise. */
function settle(job: Job, act: () => void): void {
  job.stopListening();
  act();
}

/** The error that the worker threw, as its own class again. */
function revive(thrown: SerializedError, job: Job): Error {
  const found: unknown = (errors as Readonly<Record<string, unknown>>)[thrown.name];
  const known = typeof found === "function" ? (found.prototype as object) : undefined;
  const prototype = known instanceof CodebookError || known === CodebookError.prototype ? known : Error.prototype;
  const error = Object.create(prototype) as Error;
  for (const [key, value] of Object.entries({ ...thrown.fields, message: thrown.message, stack: thrown.stack }))
    Object.defineProperty(error, key, { value, enumerable: key in thrown.fields, writable: true, configurable: true });
  if (prototype !== Error.prototype) return error;
  return new WorkerError(job.label, `"${job.task}" failed: ${thrown.message}`, { cause: error });
}

/** One thread for each core, 8 at most. */
export function defaultWorkers(): number {
  return Math.min(8, availableParallelism());
}

let shared: WorkerPool | undefined;

/** The process's pool, made when first asked for, and able to run at least `workers` tasks at a time. */
export function sharedPool(workers = defaultWorkers()): WorkerPool {
  shared ??= new WorkerPool(workers);
  shared.size = Math.max(shared.size, workers);
  return shared;
}

/** `work` on every item, at most `concurrency` at a time; the results stand in the order of the items. The first failure stops new work,
 *  and is thrown when the work already begun has ended. */
export async function mapInOrder<Item, Result>(
  items: readonly Item[],
  concurrency: number,
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = new Array<Result>(items.length);
  const failures: { index: number; reason: unknown }[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length && failures.length === 0) {
      const index = next++;
      try {
        results[index] = await work(items[index], index);
      } catch (reason) {
        failures.push({ index, reason });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(concurrency, items.length)) }, lane));
  if (failures.length > 0) throw failures.reduce((first, other) => (other.index < first.index ? other : first)).reason;
  return results;
}
