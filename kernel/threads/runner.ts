/** Runs the work of `compress()` on the shared pool: several items at a time, results in order, one failure stops all. */
import { pause, throwIfStopped } from "../bytes/pause";
import { CancelledError } from "../errors";
import { mapInOrder, sharedPool, type WorkerPool } from "./pool";
import type { Tensor } from "../tensor/tensor";
import type { TaskArgument, TaskFunctions, TaskModule, TaskName, TaskResult } from "./tasks";

/** One call's work on the shared pool. */
export class Runner {
  /** Fires when the caller's signal does, and when an item fails: the work in hand is then ended. */
  readonly signal: AbortSignal;
  private readonly stop = new AbortController();
  private readonly pool: WorkerPool;

  constructor(
    readonly workers: number,
    outer: AbortSignal | undefined,
  ) {
    this.signal = outer ? AbortSignal.any([this.stop.signal, outer]) : this.stop.signal;
    if (this.signal.aborted) throw new CancelledError("compress()");
    this.pool = sharedPool(workers);
  }

  /** Does `work` on every item, on as many at a time as there are workers; the results stand in the order of the items. */
  each<Item, Result>(items: readonly Item[], work: (item: Item, at: number) => Promise<Result>): Promise<Result[]> {
    return mapInOrder(items, this.workers, async (item, at) => {
      try {
        return await work(item, at);
      } catch (reason) {
        this.stop.abort(reason);
        throw reason;
      }
    });
  }

  /** Runs a task on a thread, to which the buffers of `transfer` move; errors name the work by `label`. */
  run<Functions extends TaskFunctions, Name extends TaskName<Functions>>(
    module: TaskModule<Functions>,
    task: Name,
    argument: TaskArgument<Functions, Name>,
    transfer: readonly ArrayBuffer[],
    label: string,
  ): Promise<TaskResult<Functions, Name>> {
    return this.pool.run(module, task, argument, { signal: this.signal, transfer, label });
  }

  /** The values of a tensor in a buffer of their own, which may move to a thread. */
  async ownValues(tensor: Tensor): Promise<Float32Array<ArrayBuffer>> {
    const values = await tensor.read({ signal: this.signal });
    return new Float32Array(ownBuffer(tensor, values) ?? (await copyBytes(values, this.signal)));
  }

  /** The bytes of a tensor in a buffer of their own, which may move to a thread. */
  async ownBytes(tensor: Tensor): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = await tensor.readBytes({ signal: this.signal });
    return new Uint8Array(ownBuffer(tensor, bytes) ?? (await copyBytes(bytes, this.signal)));
  }

  /** The failure that stopped the work, where `reason` may be the stopping of another item that followed from it. */
  firstFailure(reason: unknown): unknown {
    const first: unknown = this.stop.signal.aborted ? this.stop.signal.reason : reason;
    return first instanceof CancelledError ? new CancelledError("compress()") : first;
  }
}

/** The buffer of an array that was read, where it may move to a thread: nobody else holds it, and the array fills it. */
function ownBuffer(tensor: Tensor, { buffer, byteLength }: ArrayBufferView): ArrayBuffer | undefined {
  const isWhole = buffer instanceof ArrayBuffer && byteLength === buffer.byteLength;
  return isWhole && tensor.readsCopies === true ? buffer : undefined;
}

/** Bytes copied between two turns of the event loop. */
const sliceBytes = 1 << 22;

async function copyBytes(view: ArrayBufferView, signal: AbortSignal): Promise<ArrayBuffer> {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const copy = new Uint8Array(bytes.length);
  for (let from = 0; from < bytes.length; from += sliceBytes) {
    copy.set(bytes.subarray(from, from + sliceBytes), from);
    await pause();
    throwIfStopped(signal, "compress()");
  }
  return copy.buffer;
}
