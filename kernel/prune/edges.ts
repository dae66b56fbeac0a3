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
import { countKept, percent, type PieceMasks, type Pruned, type Pruner } from "./pruner";
import { leastMask, leastOf } from "./channels/select";
import { cheapest, matrixOf, unstructuredStorage, type IndexStorage } from "./sparse/storage";

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
  const masks = beginMasks(step, shape);
  while (masks.wantsMore()) masks.add(weights, 0);
  const mask = masks.mask(weights, 0);
  const kept = countKept(mask);
  return { step, shape, mask, kept, storage: storageOf(step, shape, kept) };
}

function beginMasks(step: EdgesStep, shape: Shape): PieceMasks {
  const { columns } = matrixOf(shape);
  if (step.block) return masksOfBlocks(shape, step, step.block);
  const keep = step.n ?? step.fanIn ?? columns;
  return {
    wantsMore: () => false,
    add: () => undefined,
    mask: (piece) => maskOfGroups(piece, columns, step.m ?? columns, keep),
  };
}

function storageOf(step: EdgesStep, shape: Shape, kept: number): IndexStorage {
  const { rows, columns } = matrixOf(shape);
  const plain = unstructuredStorage(shape, kept);
  if (step.block)
    return cheapest({ scheme: "blocks", indexBits: tilesOf(shape, step.block), storedWeights: kept }, plain);
  if (step.m === undefined || step.n === undefined) return plain;
  const storedWeights = rows * Math.ceil(columns / step.m) * step.n;
  return cheapest({ scheme: "n:m", indexBits: storedWeights * bitsFor(step.m), storedWeights }, plain);
}

function tilesOf(shape: Shape, [height, width]: readonly [number, number]): number {
  const { rows, columns } = matrixOf(shape);
  return Math.ceil(rows / height) * Math.ceil(columns / width);
}

/** Groups of more weights are put in order to find those that go. */
const fewWeights = 16;

/** The mask that leaves the `keep` strongest of each group of rows of `columns` weights. */
function maskOfGroups(weights: Float32Array, columns: number, groupSize: number, keep: number): Uint8Array {
  const mask = new Uint8Array(weights.length).fill(1);
  const sizes = new Float32Array(Math.min(groupSize, columns));
  for (let row = 0; row < weights.length; row += columns)
    for (let start = row; start < row + columns; start += groupSize) {
      const length = Math.min(groupSize, row + columns - start);
      for (let i = 0; i < length; i++) sizes[i] = weights[start + i] < 0 ? -weights[start + i] : weights[start + i];
      if (length > fewWeights) for (const i of leastOf(sizes.subarray(0, length), length - keep)) mask[start + i] = 0;
      else
        for (let count = length - keep; count > 0; count--) {
          let least = 0;
          for (let i = 1; i < length; i++) if (sizes[i] < sizes[least]) least = i;
          mask[start + least] = 0;
          sizes[least] = Infinity;
        }
    }
  return mask;
}

/** Two passes: the first finds the mean of each tile, then those of least mean go. Pieces begin at the upper edge of tiles. */
function masksOfBlocks(shape: Shape, step: EdgesStep, [height, width]: readonly [number, number]): PieceMasks {
  const { columns } = matrixOf(shape);
  const across = Math.ceil(columns / width);
  const means = new Float64Array(tilesOf(shape, [height, width]));
  let passes = 0;
  let gone: Uint8Array | undefined;
  /** Visits each tile of a piece with its number and the places of its weights. */
  const eachTile = (piece: Float32Array, row: number, visit: (tile: number, each: TileVisitor) => void): void => {
    const count = columns === 0 ? 0 : piece.length / columns;
    for (let top = 0; top < count; top += height)
      for (let left = 0; left < columns; left += width) {
        const bottom = Math.min(count, top + height);
        const right = Math.min(columns, left + width);
        visit(((row + top) / height) * across + left / width, (act) => {
          for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) act(y * columns + x);
          return (bottom - top) * (right - left);
        });
      }
  };
  return {
    wantsMore() {
      if (passes++ === 0) return true;
      gone = leastMask(means, Math.round((step.sparsity ?? 0) * means.length));
      return false;
    },
    add(piece, row) {
      eachTile(piece, row, (tile, each) => {
        let sum = 0;
        const size = each((i) => (sum += Math.abs(piece[i])));
        means[tile] = sum / size;
      });
    },
    mask(piece, row) {
      const mask = new Uint8Array(piece.length).fill(1);
      eachTile(piece, row, (tile, each) => {
        if (gone?.[tile] === 1) each((i) => (mask[i] = 0));
      });
      return mask;
    },
  };
}

/** Calls `act` with the place of each weight of a tile; how many there are. */
type TileVisitor = (act: (place: number) => void) => number;

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
export const edgesPruner: Pruner<EdgesStep> = {
  kind: "edges",
  prune,
  target,
  label,
  // The mean of each tile, once more in order, and whether it goes.
  memory: ({ block }, shape) => (block ? 17 * tilesOf(shape, block) : 0),
  pieces: { rows: ({ block }) => block?.[0] ?? 1, begin: beginMasks, storage: storageOf },
};
