/** A dimension made smaller: how the entries that remain along one axis of a tensor are made of those that were there.
 *
 *    "keep":     new[k] = old[members[k]]                                     what stays of a cut
 *    "average":  new[k] = Σ old[m] / |cluster k|  over its members m          incoming weights of merged nodes
 *    "sum":      new[k] = Σ scale[m]·old[m]       over its members m          outgoing weights of merged nodes
 *
 *  `expand` goes back to the old size, to the weights of that size with which the network computes the same as the small one: zero where
 *  a channel was cut; each member of a cluster scale[m] times what stands for it; and of the outgoing weights those nearest to the old ones
 *  that add up to the same, old[m] + scale[m]·(new[k] − Σ scale·old) / Σ scale². Sums are float64 in order. */
import { parametersOf, type Shape } from "../../tensor/tensor";

export interface Clusters {
  /** Members of cluster k: members[starts[k]] … members[starts[k + 1] − 1]. */
  readonly starts: Int32Array;
  readonly members: Int32Array;
  /** Beside each member: its size against that of what stands for the cluster; 1 without a reason for another. */
  readonly scale: Float64Array;
}

export interface AxisMap {
  readonly kind: "keep" | "average" | "sum";
  readonly axis: number;
  /** Entries along the axis before; after, there are as many as clusters, or as members of "keep". */
  readonly size: number;
  /** Old entries that stay, ascending, or in clusters. −1 stands for an entry of zeros. */
  readonly members: Int32Array;
  readonly clusters?: Clusters;
}

/** A cut: the old entries that stay. */
export function keepMap(axis: number, size: number, members: Int32Array): AxisMap {
  return { kind: "keep", axis, size, members };
}

/** The shape after maps, one after the other. */
export function mappedShape(shape: Shape, maps: readonly AxisMap[]): number[] {
  const result = [...shape];
  for (const { axis, members, clusters } of maps) result[axis] = clusters ? clusters.starts.length - 1 : members.length;
  return result;
}

/** Rows of the walk over a tensor along an axis: (outer, axis, inner). */
function spans(shape: Shape, axis: number): { outer: number; inner: number } {
  return { outer: parametersOf(shape.slice(0, axis)), inner: parametersOf(shape.slice(axis + 1)) };
}

/** Applies one map to `values` of `shape`; a new array. */
export function applyMap(values: Float32Array, shape: Shape, map: AxisMap): Float32Array {
  const count = mappedShape(shape, [map])[map.axis];
  const { outer, inner } = spans(shape, map.axis);
  const out = new Float32Array(outer * count * inner);
  mapRows(values, map, { outer, inner, count }, out, 0, outer);
  return out;
}

interface Walk {
  readonly outer: number;
  readonly inner: number;
  readonly count: number;
}

/** The outer rows from … to of a map, into `out`. */
function mapRows(
  values: Float32Array,
  map: AxisMap,
  { inner, count }: Walk,
  out: Float32Array,
  from: number,
  to: number,
) {
  const { members, clusters, size } = map;
  if (!clusters) {
    for (let o = from; o < to; o++)
      for (let k = 0; k < count; k++) {
        if (members[k] < 0) continue;
        const at = (o * size + members[k]) * inner;
        const into = (o * count + k) * inner;
        if (inner === 1) out[into] = values[at];
        else out.set(values.subarray(at, at + inner), into);
      }
    return;
  }
  const sums = new Float64Array(inner);
  for (let o = from; o < to; o++)
    for (let k = 0; k < count; k++) {
      const [begin, end] = [clusters.starts[k], clusters.starts[k + 1]];
      sums.fill(0);
      for (let c = begin; c < end; c++) {
        const at = (o * size + clusters.members[c]) * inner;
        const factor = map.kind === "sum" ? clusters.scale[c] : 1;
        for (let i = 0; i < inner; i++) sums[i] += factor * values[at + i];
      }
      const divisor = map.kind === "average" ? end - begin : 1;
      for (let i = 0; i < inner; i++) out[(o * count + k) * inner + i] = sums[i] / divisor;
    }
}

/** Applies maps one after the other. */
export function applyMaps(values: Float32Array, shape: Shape, maps: readonly AxisMap[]): Float32Array {
  return maps.reduce(
    (state, map) => ({ values: applyMap(state.values, state.shape, map), shape: mappedShape(state.shape, [map]) }),
    { values, shape },
  ).values;
}

/** `applyMaps` in slices, with a call of `pause` between them: for the main thread. */
export async function applyMapsInSlices(
  values: Float32Array,
  shape: Shape,
  maps: readonly AxisMap[],
  pause: () => Promise<void>,
): Promise<Float32Array> {
  let state = { values, shape };
  for (const map of maps) {
    const after = mappedShape(state.shape, [map]);
    const walk = { ...spans(state.shape, map.axis), count: after[map.axis] };
    const out = new Float32Array(parametersOf(after));
    const perRow = Math.max(1, map.size * walk.inner);
    const rows = Math.max(1, Math.floor(sliceElements / perRow));
    // One outer row may be the whole tensor: then its inner rows are what is cut into slices.
    if (walk.outer === 1 && !map.clusters) await keepInSlices(state.values, map, walk, out, pause);
    else
      for (let from = 0; from < walk.outer; from += rows) {
        mapRows(state.values, map, walk, out, from, Math.min(walk.outer, from + rows));
        await pause();
      }
    state = { values: out, shape: after };
  }
  return state.values;
}

/** Elements moved between two turns of the event loop. */
const sliceElements = 1 << 20;

async function keepInSlices(
  values: Float32Array,
  { members }: AxisMap,
  { inner, count }: Walk,
  out: Float32Array,
  pause: () => Promise<void>,
): Promise<void> {
  const rows = Math.max(1, Math.floor(sliceElements / Math.max(1, inner)));
  for (let from = 0; from < count; from += rows) {
    for (let k = from; k < Math.min(count, from + rows); k++)
      if (members[k] >= 0) out.set(values.subarray(members[k] * inner, (members[k] + 1) * inner), k * inner);
    await pause();
  }
}

/** Back to the old size: `values` after `maps`, where `original` (of `shape`) was before them. */
export function expandMaps(
  values: Float32Array,
  original: Float32Array,
  shape: Shape,
  maps: readonly AxisMap[],
): Float32Array {
  if (maps.length === 0) return values;
  const [map, ...later] = maps;
  const after = mappedShape(shape, [map]);
  const inside = later.length === 0 ? values : expandMaps(values, applyMap(original, shape, map), after, later);
  return expand(inside, original, shape, map);
}

function expand(values: Float32Array, original: Float32Array, shape: Shape, map: AxisMap): Float32Array {
  const { outer, inner } = spans(shape, map.axis);
  const { clusters, members, size } = map;
  const out = new Float32Array(original.length);
  const count = mappedShape(shape, [map])[map.axis];
  for (let o = 0; o < outer; o++)
    for (let k = 0; k < count; k++) {
      const from = (o * count + k) * inner;
      if (!clusters) {
        if (members[k] >= 0) out.set(values.subarray(from, from + inner), (o * size + members[k]) * inner);
        continue;
      }
      const arrays = [original, out] as const;
      const range = { begin: clusters.starts[k], end: clusters.starts[k + 1], row: o * size, inner };
      for (let i = 0; i < inner; i++) expandCluster(values[from + i], arrays, map.kind, clusters, range, i);
    }
  return out;
}

/** The members `begin` to `end` of a cluster, in the rows from `row` on of `inner` weights each. */
interface ClusterRange {
  readonly begin: number;
  readonly end: number;
  readonly row: number;
  readonly inner: number;
}

/** Spreads the `value` that a cluster has at place i of its rows over the members' weights there. */
function expandCluster(
  value: number,
  [original, out]: readonly [original: Float32Array, out: Float32Array],
  kind: AxisMap["kind"],
  { members, scale }: Clusters,
  { begin, end, row, inner }: ClusterRange,
  i: number,
): void {
  let sum = 0;
  let squares = 0;
  for (let c = begin; c < end; c++) {
    sum += scale[c] * original[(row + members[c]) * inner + i];
    squares += scale[c] ** 2;
  }
  // Nothing was changed behind the sum, but for its rounding to float32: the old weights themselves.
  const rest = value === Math.fround(sum) || squares === 0 ? 0 : (value - sum) / squares;
  for (let c = begin; c < end; c++) {
    const at = (row + members[c]) * inner + i;
    out[at] = kind === "average" ? scale[c] * value : original[at] + scale[c] * rest;
  }
}
