/** Arithmetic on the channels of a network (network/channels.ts): norms, and the vectors of their incoming weights. Pure. */
import { entriesIn, entriesOf, type ChannelSection } from "../../network";
import type { MatrixView } from "../../loops/matrix";
import { parametersOf, type Shape } from "../../tensor/tensor";

/** A tensor's values and where channels lie in it. */
export interface ChannelValues {
  readonly values: Float32Array;
  readonly shape: Shape;
  readonly axis: number;
  readonly section: ChannelSection;
}

/** Which channel each entry of an axis belongs to; −1 for none. */
function channelOfEntry(length: number, section: ChannelSection, size: number): Int32Array {
  const channelOf = new Int32Array(length).fill(-1);
  for (let channel = 0; channel < size; channel++)
    for (const entry of entriesOf(section, channel)) channelOf[entry] = channel;
  return channelOf;
}

/** Σ|w| ("l1") or Σw² ("l2") over the weights of each channel, in float64, in order of the tensor. */
export function channelSums(
  { values, shape, axis, section }: ChannelValues,
  size: number,
  norm: "l1" | "l2",
): Float64Array {
  const channelOf = channelOfEntry(shape[axis], section, size);
  const inner = parametersOf(shape.slice(axis + 1));
  const sums = new Float64Array(size);
  for (let at = 0, row = 0; at < values.length; row = (row + 1) % shape[axis]) {
    const channel = channelOf[row];
    const end = at + inner;
    if (channel < 0) at = end;
    else {
      let sum = sums[channel];
      if (norm === "l1") for (; at < end; at++) sum += Math.abs(values[at]);
      else for (; at < end; at++) sum += values[at] * values[at];
      sums[channel] = sum;
    }
  }
  return sums;
}

/** Rows (size, length): for each channel all its weights in the given tensors, one tensor behind the other. */
export function channelVectors(parts: readonly ChannelValues[], size: number): Float32Array {
  const lengths = parts.map(
    ({ values, shape, axis, section }) => (values.length / shape[axis]) * entriesIn(section, 1),
  );
  const length = lengths.reduce((sum, one) => sum + one, 0);
  const vectors = new Float32Array(size * length);
  let start = 0;
  parts.forEach(({ values, shape, axis, section }, part) => {
    const inner = parametersOf(shape.slice(axis + 1));
    const outer = parametersOf(shape.slice(0, axis));
    for (let channel = 0; channel < size; channel++) {
      let to = channel * length + start;
      for (let o = 0; o < outer; o++)
        for (const entry of entriesOf(section, channel)) {
          const from = (o * shape[axis] + entry) * inner;
          if (inner === 1) vectors[to] = values[from];
          else vectors.set(values.subarray(from, from + inner), to);
          to += inner;
        }
    }
    start += lengths[part];
  });
  return vectors;
}

/** `count` entries of an axis of a matrix from `first` on: as (count, other axis), or with `turned` as (other axis, count). */
export function channelMatrix(
  { values, shape, axis }: ChannelValues,
  first: number,
  count: number,
  turned: boolean,
): MatrixView {
  const other = shape[1 - axis];
  const [alongStep, acrossStep] = axis === 0 ? [shape[1], 1] : [1, shape[1]];
  const part = values.subarray(first * alongStep);
  return turned
    ? { values: part, rows: other, columns: count, rowStep: acrossStep, columnStep: alongStep }
    : { values: part, rows: count, columns: other, rowStep: alongStep, columnStep: acrossStep };
}
