/** What a worker thread does to choose the parts of a network that go. */
import { checkFinite } from "../measure";
import { channelMatrix, channelSums, channelVectors, type ChannelValues } from "../prune/channels/scores";
import { headEnergy } from "../prune/heads";
import { mergeClusters } from "../prune/merge";
import { taskModule } from "../threads/tasks";
import { transferring } from "../threads/transferring";

/** A tensor's values, its name for errors, and where channels lie in it. */
export interface NamedChannelValues extends ChannelValues {
  readonly name: string;
}

/** The norms of a group's channels over one tensor. */
export interface SumsJob {
  readonly part: NamedChannelValues;
  readonly size: number;
  readonly norm: "l1" | "l2";
}

/** The scores of an attention's heads. */
export interface HeadsJob {
  readonly value: NamedChannelValues;
  readonly output: NamedChannelValues;
  readonly size: number;
  /** Query heads in a channel. */
  readonly queries: number;
}

/** The clusters of a group's channels. */
export interface MergeJob {
  readonly parts: readonly NamedChannelValues[];
  readonly size: number;
  readonly kept: number;
  readonly homogeneous: boolean;
}

/** The sum of squares of one tensor. */
export interface SquaresJob {
  readonly name: string;
  readonly values: Float32Array;
}

/** The tasks of this room, for `sharedPool().run`. */
export const tasks = taskModule(__filename, {
  /** Σ|w| ("l1") or Σw² ("l2") of each of the tensor's `size` channels. */
  channelSums: ({ part, size, norm }: SumsJob) => {
    checkFinite(part.values, "nodes", part.name);
    return transferring(channelSums(part, size, norm));
  },
  /** √Σ‖O_q·V‖²_F of each channel, over its query heads q. */
  headScores: ({ value, output, size, queries }: HeadsJob) => {
    checkFinite(value.values, "heads", value.name);
    checkFinite(output.values, "heads", output.name);
    const length = value.section.length;
    const scores = Float64Array.from({ length: size }, (_, head) => {
      const rows = channelMatrix(value, value.section.start + head * value.section.stride, length, false);
      let energy = 0;
      for (let query = 0; query < queries; query++) {
        const first = output.section.start + head * output.section.stride + query * length;
        energy += headEnergy(channelMatrix(output, first, length, true), rows);
      }
      return Math.sqrt(energy);
    });
    return transferring(scores);
  },
  /** Clusters of `size` channels over all parts, as many as are kept. */
  mergeChannels: ({ parts, size, kept, homogeneous }: MergeJob) => {
    for (const { values, name } of parts) checkFinite(values, "merge", name);
    return transferring(mergeClusters(channelVectors(parts, size), size, kept, homogeneous));
  },
  /** Σw², in float64, in order. */
  sumOfSquares: ({ name, values }: SquaresJob) => {
    checkFinite(values, "layers", name);
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += values[i] * values[i];
    return sum;
  },
});
