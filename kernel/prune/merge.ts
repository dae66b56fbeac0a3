/** Merging of similar neurons: two hidden neurons with the same incoming weights give the same, so one of them with the sum of their outgoing
 *  weights does (Srinivas and Babu 2015, arXiv 1507.06149, who then drop the neuron with the smaller change; here the two are averaged).
 *
 *  Each neuron is a vector x of all its incoming weights and biases (gate, up, …). Again and again the two clusters of largest cosine
 *  between their mean vectors become one, until round(sparsity·n) neurons are gone. What stands for cluster C is the mean
 *  m = Σx / |C|; its outgoing weights are Σ s·c over the members' outgoing weights c with
 *
 *    s = 1, or, where the activation is known to be ReLU, for which f(s·a) = s·f(a), s = max(0, x·m / m·m), the multiple of m nearest to x.
 *
 *  Members that are multiples of each other merge without any loss under ReLU; equal members under every activation. Two zero vectors have
 *  cosine 1, a zero vector and another 0; equal cosines: the lowest pair of indices. The cluster stands where its first member stood.
 *  Cosines are float32, of float64 sums for the first round, of four interleaved float64 sums after. Time n²·d for n neurons of d
 *  weights; n at most 8,192. */
import { OptionError, UnsupportedError } from "../errors";
import { checkOptionNames } from "../options";
import { loops } from "../loops/loops";
import { matrixView, transposed } from "../loops/matrix";
import type { Step } from "../tensor/step";
import { amountLabel, checkAlign, checkAmount, checkChain } from "./channels/amount";
import type { Clusters } from "./channels/axis-map";
import type { StructuralPruner } from "./pruner";

/** Options of `merge()`: sparsity or keep. */
export interface MergeOptions {
  /** Share of the neurons that go, 0–1. Instead of `keep`. */
  sparsity?: number;
  /** Number of neurons that each layer has afterwards, at least 1. */
  keep?: number;
  /** That number is a multiple of this, at least 1; default 1. */
  align?: number;
  /** The names of the layers in the order in which they follow one another, where that is not known. */
  chain?: readonly string[];
}

/** The step that `merge()` gives, checked and frozen. */
export interface MergeStep extends Step {
  /** Names the method. */
  readonly kind: "merge";
  /** Share of the neurons that goes, 0–1. */
  readonly sparsity?: number;
  /** Number of neurons that each layer has afterwards. */
  readonly keep?: number;
  /** That number is a multiple of this. */
  readonly align: number;
  /** The names of the layers in the order in which they follow one another. */
  readonly chain?: readonly string[];
}

/** The step "merge similar neurons": `merge({ sparsity: 0.25 })`, `merge({ keep: 1024, align: 64 })`. Throws `OptionError` for an unknown
 *  option, and unless exactly one of sparsity and keep is given. */
export function merge(options: MergeOptions): MergeStep {
  checkOptionNames("merge", options, ["sparsity", "keep", "align", "chain"]);
  return Object.freeze({
    kind: "merge",
    ...checkAmount("merge", options, "a number of neurons"),
    align: checkAlign("merge", options.align),
    ...checkChain("merge", options.chain),
  });
}

/** Pairs of neurons that are compared: n² float32 cosines. */
export const mostMerged = 8192;

/** Bytes of memory that comparing so many neurons, of so many weights in all, takes: the weights as read, as rows, as sums and as unit vectors,
 *  and a cosine for each pair. */
export function mergeMemory(size: number, weights: number): number {
  return 4 * 4 * weights + 4 * size * size;
}

/** Merges `size` neurons, rows of `vectors` (size, length), down to `kept`, 1 to `size`. `homogeneous`: the activation is ReLU. `vectors` is
 *  used up. Throws `OptionError` where `vectors` is no such matrix of at least one weight a neuron, or `kept` is outside its range, and
 *  `UnsupportedError` for more than `mostMerged` neurons. */
export function mergeClusters(vectors: Float32Array, size: number, kept: number, homogeneous: boolean): Clusters {
  if (size > mostMerged)
    throw new UnsupportedError(
      `merge(): the layer has ${size} neurons; at most ${mostMerged} are compared, each with each`,
    );
  if (vectors.length < size || vectors.length % size !== 0 || kept < 1 || kept > size)
    throw new OptionError(`merge(): ${vectors.length} weights are no ${size} neurons, or ${kept} cannot stay`);
  const original = homogeneous ? vectors.slice() : vectors;
  const pairs = new Pairs(homogeneous ? vectors : vectors.slice(), size);
  for (let left = size; left > kept; left--) pairs.mergeNearest();
  return clustersOf(pairs.members(), original, vectors.length / size, homogeneous);
}

/** The clusters that are left, and the nearest partner of each. */
class Pairs {
  /** Sums of the members' vectors (size, length). */
  private readonly sums: Float32Array;
  private readonly length: number;
  private readonly norms: Float64Array;
  private readonly cosines: Float32Array;
  private readonly alive: Uint8Array;
  private readonly partner: Int32Array;
  private readonly lists: number[][];

  constructor(
    vectors: Float32Array,
    private readonly size: number,
  ) {
    this.sums = vectors;
    this.length = vectors.length / size;
    this.norms = Float64Array.from({ length: size }, (_, i) => this.normOf(i));
    this.alive = new Uint8Array(size).fill(1);
    this.lists = Array.from({ length: size }, (_, i) => [i]);
    const unit = new Float32Array(vectors.length);
    for (let i = 0; i < size; i++) {
      const inverse = this.norms[i] === 0 ? 0 : 1 / this.norms[i];
      for (let j = i * this.length; j < (i + 1) * this.length; j++) unit[j] = vectors[j] * inverse;
    }
    const rows = matrixView(unit, size, this.length);
    this.cosines = loops.matrix.product(rows, transposed(rows), new Float32Array(size * size), true);
    for (let i = 0; i < size; i++)
      for (let j = 0; j < i; j++) {
        if (this.norms[i] === 0 && this.norms[j] === 0) this.cosines[j * size + i] = 1;
        this.cosines[i * size + j] = this.cosines[j * size + i];
      }
    this.partner = Int32Array.from({ length: size }, (_, i) => this.nearestOf(i));
  }

  private normOf(i: number): number {
    let sum = 0;
    for (let j = i * this.length; j < (i + 1) * this.length; j++) sum += this.sums[j] ** 2;
    return Math.sqrt(sum);
  }

  /** Of those that are left, the one of largest cosine with i, the lowest of equals; −1 for the last one. */
  private nearestOf(i: number): number {
    const row = i * this.size;
    let best = -1;
    for (let j = 0; j < this.size; j++)
      if (j !== i && this.alive[j] !== 0 && (best < 0 || this.cosines[row + j] > this.cosines[row + best])) best = j;
    return best;
  }

  mergeNearest(): void {
    const { size, partner, cosines, alive } = this;
    let i = -1;
    for (let k = 0; k < size; k++)
      if (alive[k] !== 0 && (i < 0 || cosines[k * size + partner[k]] > cosines[i * size + partner[i]])) i = k;
    this.join(Math.min(i, partner[i]), Math.max(i, partner[i]));
  }

  private join(i: number, gone: number): void {
    const { size, length, sums, alive, cosines, partner } = this;
    alive[gone] = 0;
    this.lists[i].push(...this.lists[gone]);
    for (let j = 0; j < length; j++) sums[i * length + j] += sums[gone * length + j];
    this.norms[i] = this.normOf(i);
    for (let k = 0; k < size; k++)
      if (k !== i && alive[k] !== 0) cosines[i * size + k] = cosines[k * size + i] = this.cosineOf(i, k);
    partner[i] = this.nearestOf(i);
    for (let k = 0; k < size; k++) {
      if (k === i || alive[k] === 0) continue;
      const row = k * size;
      if (partner[k] === i || partner[k] === gone) partner[k] = this.nearestOf(k);
      else if (
        cosines[row + i] > cosines[row + partner[k]] ||
        (cosines[row + i] === cosines[row + partner[k]] && i < partner[k])
      )
        partner[k] = i;
    }
  }

  private cosineOf(i: number, k: number): number {
    const { sums, length, norms } = this;
    if (norms[i] === 0 || norms[k] === 0) return norms[i] === norms[k] ? 1 : 0;
    let [a, b, c, d] = [0, 0, 0, 0];
    const [x, y] = [i * length, k * length];
    let j = 0;
    for (; j + 3 < length; j += 4) {
      a += sums[x + j] * sums[y + j];
      b += sums[x + j + 1] * sums[y + j + 1];
      c += sums[x + j + 2] * sums[y + j + 2];
      d += sums[x + j + 3] * sums[y + j + 3];
    }
    for (; j < length; j++) a += sums[x + j] * sums[y + j];
    return (a + b + (c + d)) / (norms[i] * norms[k]);
  }

  /** Members of each cluster that is left, ascending, in the order of what stands for it. */
  members(): number[][] {
    return this.lists.filter((_, i) => this.alive[i] !== 0).map((list) => [...list].sort((a, b) => a - b));
  }
}

function clustersOf(lists: readonly number[][], vectors: Float32Array, length: number, homogeneous: boolean): Clusters {
  const starts = new Int32Array(lists.length + 1);
  lists.forEach((list, k) => (starts[k + 1] = starts[k] + list.length));
  const members = Int32Array.from(lists.flat());
  const scale = new Float64Array(members.length).fill(1);
  if (!homogeneous) return { starts, members, scale };
  lists.forEach((list, k) => {
    if (list.length === 1) return;
    const mean = new Float64Array(length);
    for (const i of list) for (let j = 0; j < length; j++) mean[j] += vectors[i * length + j];
    let square = 0;
    for (let j = 0; j < length; j++) square += (mean[j] /= list.length) ** 2;
    list.forEach((i, place) => {
      let dot = 0;
      for (let j = 0; j < length; j++) dot += mean[j] * vectors[i * length + j];
      scale[starts[k] + place] = square === 0 ? 1 : Math.max(0, dot / square);
    });
  });
  return { starts, members, scale };
}

/** The pruner of `merge()` steps. */
export const mergePruner: StructuralPruner<MergeStep> = {
  kind: "merge",
  label: (step) => `merge ${amountLabel(step)}${step.align > 1 ? ` ×${step.align}` : ""}`,
};
