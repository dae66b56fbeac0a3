import * as tf from "@tensorflow/tfjs";
import { CancelledError } from "../errors";
import { currentHost } from "../host";
import { checkOptionNames } from "../options";
import type { Progress } from "../host";
import type { InterruptibleOptions } from "./types";

/** A callback that lets a training be watched and stopped: `await model.fit(x, y, { epochs: 50, callbacks: interruptible() })`.
 *  `fit` runs on the thread that runs the cells and holds up everything else for as long as a batch takes. After each batch this
 *  callback lets waiting events run, reports the batches done, and looks at the signal. When the signal has fired, `fit` stops after
 *  the batch in hand and rejects with `CancelledError`; the model keeps what it has learnt, and no tensor stays behind.
 *  The signal does not cut a batch short, so batches should last well under a second. Without this callback an interrupt cuts `fit` off in
 *  the middle: the tensors of the batch stay, and the model refuses to be trained again ("another fit() call is ongoing"). */
export function interruptible(options: InterruptibleOptions = {}): tf.Callback {
  checkOptionNames("interruptible", options, ["signal", "onProgress"]);
  return new Interruptible(options);
}

class Interruptible extends tf.Callback {
  private readonly signal: AbortSignal | undefined;
  private readonly report: ((progress: Progress) => void) | undefined;
  private epoch = 0;
  private done = 0;

  constructor(options: InterruptibleOptions) {
    super();
    const host = currentHost();
    this.signal = options.signal ?? host.signal;
    this.report = options.onProgress ?? host.progress?.bind(host);
  }

  override async onTrainBegin(): Promise<void> {
    this.done = 0;
  }

  override async onEpochBegin(epoch: number): Promise<void> {
    this.epoch = epoch;
  }

  override async onBatchEnd(): Promise<void> {
    this.done++;
    const epochs = Number(this.params.epochs);
    const total = Math.max(this.done, epochs * this.stepsPerEpoch());
    this.report?.({
      task: "training",
      done: this.done,
      total,
      unit: "steps",
      item: `epoch ${this.epoch + 1} of ${epochs}`,
    });
    await new Promise<void>((resolve) => setImmediate(resolve));
    if (this.signal?.aborted) this.model.stopTraining = true;
  }

  override async onTrainEnd(): Promise<void> {
    if (!this.signal?.aborted) return;
    await this.model.history.syncData(); // turns the losses kept as tensors into numbers, as `fit` does on its way out
    throw new CancelledError("training");
  }

  /** Batches of an epoch; 0 when a data set does not say how many it has. */
  private stepsPerEpoch(): number {
    const { steps, samples, batchSize } = this.params;
    if (typeof steps === "number") return steps;
    if (typeof samples === "number" && typeof batchSize === "number") return Math.ceil(samples / batchSize);
    return 0;
  }
}
