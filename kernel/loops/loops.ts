/** The hot loops that methods and measures share, in groups, each of which has a file with its interface, its plain implementation, which
 *  is the reference, and its fast one by WebAssembly SIMD. Both are complete and give equal bits, and equal errors: a case that SIMD does
 *  not take is handed to the plain loop by the fast implementation itself (test/loops/loops.test.ts compares them loop by loop).
 *
 *  Methods import `loops`. CODEBOOK_LOOPS=plain in the environment makes those the plain ones, so that a whole recipe can be run both
 *  ways. To add a loop, write its line in a group's interface, and the group's two implementations do not compile until they have it. */
import { fastBins, plainBins, type BinLoops } from "./bins";
import { fastBlocks, plainBlocks, type BlockLoops } from "./blocks";
import { chosen } from "./chosen";
import { fastCodes, plainCodes, type CodeLoops } from "./codes";
import { fastErrors, plainErrors, type ErrorLoops } from "./errors";
import { fastHalfQuadratic, plainHalfQuadratic, type HalfQuadraticLoops } from "./half-quadratic";
import { fastMatrix, plainMatrix, type MatrixLoops } from "./matrix";
import { fastMemory, plainMemory, type MemoryLoops } from "./memory";
import { fastPruning, plainPruning, type PruningLoops } from "./pruning";
import { fastTiles, plainTiles, type TileLoops } from "./tiles";
import { fastTrellis, plainTrellis, type TrellisLoops } from "./trellis";
import { fastUniform, plainUniform, type UniformLoops } from "./uniform";
import { fastValues, plainValues, type ValueLoops } from "./values";

/** All hot loops by group. */
export interface Loops {
  /** Codes and values of tiles whose scales are known. */
  readonly tiles: TileLoops;
  /** Uniform grids, their scales and zero points. */
  readonly uniform: UniformLoops;
  /** The rounds of `hqq`. */
  readonly halfQuadratic: HalfQuadraticLoops;
  /** Paths of trellis-coded quantization. */
  readonly trellis: TrellisLoops;
  /** ggml's blocks. */
  readonly blocks: BlockLoops;
  /** Bins of values, which have one value each. */
  readonly bins: BinLoops;
  /** Facts about values. */
  readonly values: ValueLoops;
  /** How far values are from others. */
  readonly errors: ErrorLoops;
  /** Codes counted, packed and unpacked. */
  readonly codes: CodeLoops;
  /** Masks of pruning, and the counts that thresholds come from. */
  readonly pruning: PruningLoops;
  /** Float64 products and rotations. */
  readonly matrix: MatrixLoops;
  /** Where the arrays of a layer's job live. */
  readonly memory: MemoryLoops;
}

/** The reference. */
export const plain: Loops = {
  tiles: plainTiles,
  uniform: plainUniform,
  halfQuadratic: plainHalfQuadratic,
  trellis: plainTrellis,
  blocks: plainBlocks,
  bins: plainBins,
  values: plainValues,
  errors: plainErrors,
  codes: plainCodes,
  pruning: plainPruning,
  matrix: plainMatrix,
  memory: plainMemory,
};

/** The same by WebAssembly SIMD. */
export const fast: Loops = {
  tiles: fastTiles,
  uniform: fastUniform,
  halfQuadratic: fastHalfQuadratic,
  trellis: fastTrellis,
  blocks: fastBlocks,
  bins: fastBins,
  values: fastValues,
  errors: fastErrors,
  codes: fastCodes,
  pruning: fastPruning,
  matrix: fastMatrix,
  memory: fastMemory,
};

/** Those that methods and measures use. */
export const loops: Loops = chosen(plain, fast);
