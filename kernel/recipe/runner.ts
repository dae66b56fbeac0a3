/** Runs the work of `compress()` on the pool: several items at a time, results in order, one failure stops all. */
import { pause, throwIfStopped } from "../bytes/pause";
import { CancelledError } from "../errors";
import { mapInOrder, sharedPool, type WorkerPool } from "../simd/pool";
import type { Tensor } from "../tensor/tensor";
import { workerModule } from "./tasks";

export class Runner {
  /** Fires when the caller's signal does, and when an item failed: the work in hand is ended, and nothing half-done remains. */
  readonly signal: AbortSignal;
  private readonly stop = new AbortController();
  private readonly pool: WorkerPool;

  constructor(
    readonly workers: number,
    outer: AbortSignal | undefined,
  ) {
    this.signal = outer ? AbortSignal.any([this.stop.signal, outer]) : this.stop.signal;
    if (this.signal.aborted) throw new CancelledError("compress()");
    this.pool = sharedPool(workerModule, workers);
  }

  /** `work` on every item, as many at a time as there are workers. */
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

  /** A task on a thread; `transfer` moves there. */
  run<Result>(task: string, argument: object, transfer: readonly ArrayBuffer[], label: string): Promise<Result> {
    return this.pool.run<Result>(task, argument, { signal: this.signal, transfer, label });
  }

  /** The values of a tensor in a buffer of their own, which may move to a thread. */
  async ownValues(tensor: Tensor): Promise<Float32Array<ArrayBuffer>> {
    const values = await tensor.read({ signal: this.signal });
    const bytes = await copyBytes(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), this.signal);
    return new Float32Array(bytes.buffer);
  }

  async ownBytes(tensor: Tensor): Promise<Uint8Array<ArrayBuffer>> {
    return copyBytes(await tensor.readBytes({ signal: this.signal }), this.signal);
  }

  /** The failure that stopped the others, not the stopping of another item that follows from it. */
  firstFailure(reason: unknown): unknown {
    const first: unknown = this.stop.signal.aborted ? this.stop.signal.reason : reason;
    return first instanceof CancelledError ? new CancelledError("compress()") : first;
  }
}

/** Bytes copied between two turns of the event loop. */
const sliceBytes = 1 << 22;

async function copyBytes(bytes: Uint8Array, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  const copy = new Uint8Array(bytes.length);
  for (let from = 0; from < bytes.length; from += sliceBytes) {
    copy.set(bytes.subarray(from, from + sliceBytes), from);
    await pause();
    throwIfStopped(signal, "compress()");
  }
  return copy;
}
