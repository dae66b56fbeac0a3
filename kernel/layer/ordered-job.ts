/** A layer's job with its weights in the order in which methods see them (tensor/layout.ts), and what comes out back in the tensor's own. Most
 *  tensors lie so; of the others the whole layer is turned once, for which both orders are in memory for a moment. */
import { free } from "../bytes/array-memory";
import { NonFiniteError } from "../errors";
import { loops } from "../loops/loops";
import { inverseOrder, layoutOf, orderedAxes, orderedShape, permuted } from "../tensor/layout";
import { broughtInput, valuesOf, type LayerJob } from "./layer-job";
import { labelOf } from "./operators";

/** A job in method order, and the way back. */
export interface OrderedJob {
  /** Its shape and axes, and those of the parts that surgery takes out, are those of the weights in method order. */
  readonly job: LayerJob;
  /** A job in method order as one in the tensor's own, for what says its shape; its input stays as it is. */
  own(job: LayerJob): LayerJob;
}

/** The job itself where its tensor lies as methods see it. The array of `job.input.values` may be detached. `NonFiniteError` for a weight that is
 *  a NaN or infinite, by its place in the tensor. */
export function orderedJob(job: LayerJob): OrderedJob {
  const { axes, shape, surgery, input, name, steps } = job;
  const { order } = layoutOf(shape, axes);
  if (!axes || !order) return { job, own: (one) => one };
  const before = valuesOf(broughtInput(input), job.dtype, shape);
  const odd = loops.values.firstNonFinite(before);
  if (odd >= 0) throw new NonFiniteError(name, odd, before[odd], [...(surgery?.steps ?? []), ...steps].map(labelOf)[0]);
  const values = permuted(before, shape, order);
  free(before);
  const maps = surgery?.maps.map((map) => ({ ...map, axis: order.indexOf(map.axis) }));
  return {
    job: {
      ...job,
      shape: orderedShape(shape, order),
      axes: orderedAxes(axes, order),
      input: { values },
      ...(surgery && maps && { surgery: { ...surgery, maps } }),
    },
    own: (one) => ({ ...one, shape: orderedShape(one.shape, inverseOrder(order)), axes }),
  };
}
