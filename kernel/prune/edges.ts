/** Edge pruning: connections go by a pattern that hardware or the network's topology asks for. One of three:
 *
 *  - { n, m }: in every m consecutive weights of a row the n of largest |w| stay (2:4, 4:8, 1:4). Groups begin at the row's
 *    start; a last group of r < m weights keeps min(n, r), as if it were padded with zeros.
 *  - { fanIn: k }: each output node keeps its k strongest inputs (all, where it has fewer).
 *  - { block: [r, c], sparsity }: tiles of r rows by c columns go whole, round(sparsity·tiles) of them, those of least mean |w|
 *    (float64, in order); tiles at the right and lower edge may be smaller.
 *
 *  weights (out, in, …) f32 → mask of that shape; the columns of a kernel are (in, height, width) flattened. Equal magnitudes:
 *  the lowest index is pruned first. Counts are exact: a pruned place is counted whether or not its weight was zero before. */
import { OptionError } from "../errors";
import { checkFinite } from "../measure/finite";
import { bitsFor } from "../measure/bit-arithmetic";
import { checkNumber, checkOptionNames } from "../options";
import type { Shape } from "../tensor/tensor";
import type { Step } from "../tensor/step";
import { countKept, percent, type Pruned, type Pruner } from "./pruner";
import { leastOf } from "./channels/select";
import { cheapest, matrixOf, unstructuredStorage } from "./sparse/storage";

/** Options of `edges()`: n and m, or fanIn, or block and sparsity. */
export interface EdgesOptions {
  /** Weights that stay in each group of `m`, 1 to `m`. */
  n?: number;
  /** Weights in a group along the row, at least 1; with `n`. */
  m?: number;
  /** Inputs that each node keeps, at least 1. */
  fanIn?: number;
  /** Rows and columns of a tile, each at least 1; with `sparsity`. */
  block?: readonly [number, number];
  /** Share of the tiles to prune, 0–1. */
  sparsity?: number;
}

/** The step that `edges()` gives, checked and frozen. */
export interface EdgesStep extends Step {
  /** Names the method. */
  readonly kind: "edges";
  /** Weights that stay in each group of `m`. */
  readonly n?: number;
  /** Weights in a group along the row. */
  readonly m?: number;
  /** Inputs that each node keeps. */
  readonly fanIn?: number;
  /** Rows and columns of a tile. */
  readonly block?: readonly [number, number];
  /** Share of the tiles that goes, 0–1. */
  readonly sparsity?: number;
}

/** The step "prune connections by topology": `edges({ n: 2, m: 4 })`, `edges({ fanIn: 32 })`,
 *  `edges({ block: [4, 4], sparsity: 0.5 })`. Throws `OptionError` for an unknown option or a mixture of patterns. */
export function edges(options: EdgesOptions): EdgesStep {
  checkOptionNames("edges", options, ["n", "m", "fanIn", "block", "sparsity"]);
  const { n, m, fanIn, block, sparsity } = options;
  const given = [
    n !== undefined || m !== undefined,
    fanIn !== undefined,
    block !== undefined || sparsity !== undefined,
  ];
  if (given.filter(Boolean).length !== 1)
    throw new OptionError(`edges(): it takes one pattern: { n, m }, { fanIn } or { block: [rows, columns], sparsity }`);
  const whole = (option: string, value: unknown, maximum = 2 ** 31 - 1) =>
    checkNumber("edges", option, value, { minimum: 1, maximum, integer: true });
  if (given[0]) {
    const groupSize = whole("m", m);
    return Object.freeze({ kind: "edges", n: whole("n", n, groupSize), m: groupSize });
  }
  if (given[1]) return Object.freeze({ kind: "edges", fanIn: whole("fanIn", fanIn) });
  if (!Array.isArray(block) || block.length !== 2)
    throw new OptionError(`edges(): block is ${JSON.stringify(block) ?? "missing"}; it takes [rows, columns]`);
  const tile = Object.freeze([whole("block", block[0]), whole("block", block[1])] as const);
  const share = checkNumber("edges", "sparsity", sparsity, { minimum: 0, maximum: 1 });
  return Object.freeze({ kind: "edges", block: tile, sparsity: share });
}

function prune(weights: Float32Array, shape: Shape, step: EdgesStep, name?: string): Pruned {
  checkFinite(weights, "edges", name);
  const { rows, columns } = matrixOf(shape);
  if (step.block) return pruneBlocks(weights, shape, step, step.block);
  const groupSize = step.m ?? columns;
  const keep = step.n ?? step.fanIn ?? columns;
  const mask = new Uint8Array(weights.length).fill(1);
  let groups = 0;
  for (let row = 0; row < rows; row++)
    for (let start = row * columns; start < (row + 1) * columns; start += groupSize, groups++) {
      const end = Math.min(start + groupSize, (row + 1) * columns);
      const sizes = new Float32Array(end - start);
      for (let i = start; i < end; i++) sizes[i - start] = weights[i] < 0 ? -weights[i] : weights[i];
      for (const i of leastOf(sizes, sizes.length - keep)) mask[start + i] = 0;
    }
  const kept = countKept(mask);
  const plain = unstructuredStorage(shape, kept);
  if (step.m === undefined) return { step, shape, mask, kept, storage: plain };
  const stored = groups * keep;
  const metadata = { scheme: "n:m", indexBits: stored * bitsFor(step.m), storedWeights: stored } as const;
  return { step, shape, mask, kept, storage: cheapest(metadata, plain) };
}

function pruneBlocks(weights: Float32Array, shape: Shape, step: EdgesStep, block: readonly [number, number]): Pruned {
  const { rows, columns } = matrixOf(shape);
  const across = Math.ceil(columns / block[1]);
  const tiles = Math.ceil(rows / block[0]) * across;
  const means = new Float64Array(tiles);
  const visit = (tile: number, each: (i: number) => void) => {
    const top = Math.floor(tile / across) * block[0];
    const left = (tile % across) * block[1];
    const bottom = Math.min(rows, top + block[0]);
    const right = Math.min(columns, left + block[1]);
    for (let row = top; row < bottom; row++)
      for (let column = left; column < right; column++) each(row * columns + column);
    return (bottom - top) * (right - left);
  };
  for (let tile = 0; tile < tiles; tile++) {
    let sum = 0;
    const size = visit(tile, (i) => (sum += Math.abs(weights[i])));
    means[tile] = sum / size;
  }
  const mask = new Uint8Array(weights.length).fill(1);
  for (const tile of leastOf(means, Math.round((step.sparsity ?? 0) * tiles))) visit(tile, (i) => (mask[i] = 0));
  const kept = countKept(mask);
  const storage = { scheme: "blocks", indexBits: tiles, storedWeights: kept } as const;
  return { step, shape, mask, kept, storage: cheapest(storage, unstructuredStorage(shape, kept)) };
}

function target(shape: Shape, step: EdgesStep): number {
  const { columns } = matrixOf(shape);
  if (step.block) return step.sparsity ?? 0;
  if (columns === 0) return 0;
  if (step.fanIn !== undefined) return 1 - Math.min(step.fanIn, columns) / columns;
  const { n = 1, m = 1 } = step;
  return 1 - (Math.floor(columns / m) * n + Math.min(n, columns % m)) / columns;
}

function label(step: EdgesStep): string {
  if (step.block) return `edges blocks ${step.block.join("×")} ${percent(step.sparsity ?? 0)}`;
  return step.fanIn === undefined ? `edges ${step.n}:${step.m}` : `edges fan-in ${step.fanIn}`;
}

/** The pruner of `edges()` steps. */
export const edgesPruner: Pruner<EdgesStep> = { kind: "edges", prune, target, label };
