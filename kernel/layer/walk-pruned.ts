/** A large layer through pruners, and a quantizer and coders behind them, a few rows at a time. Of each weight a bit says whether it stays, and w′ is
 *  made from the weights once more wherever it is wanted; neither is ever whole in memory.
 *
 *  One pass looks whether all weights are finite and over what range they lie. Each pruner then passes over what the ones before it left: as often
 *  as it has to count, and once for its bits. The last pass measures, and quantizes where that is to be done. */
import { NonFiniteError, OptionError } from "../errors";
import { HalfRangeError } from "../grid/scale";
import { loops } from "../loops/loops";
import { bytesOfRepeats } from "../loops/values";
import { entropyOfValues, errorMeasures } from "../measure";
import { ChangeMeter } from "../measure/change";
import { entropyOfPieces, valuesAtOnce } from "../measure/entropy-pieces";
import type { ValueRange } from "../measure/histogram";
import { isPruneStep, prunerOf } from "../prune";
import { countKept, type PieceMasks } from "../prune/pruner";
import { storageOfParts } from "../prune/stack/matrices";
import { matrixOf, unstructuredStorage, type IndexStorage } from "../prune/sparse/storage";
import { quantizerOf } from "../quantize";
import type { Quantized } from "../quantize/quantizer";
import { isByRows } from "../quantize/stack/matrices";
import { atWidth } from "../quantize/widened";
import type { StepMeasures } from "../report/types";
import { layoutOf, rowsShape, type Layout } from "../tensor/layout";
import type { Step } from "../tensor/step";
import { parametersOf } from "../tensor/tensor";
import { wholeSource } from "./float-source";
import { JoinedPieces } from "./joined-pieces";
import { KeptBits } from "./kept-bits";
import type { LayerJob } from "./layer-job";
import { stateOf, type PrunedWeights } from "./layer-state";
import { addZeroGroups, layerWarnings, noZeroGroups, zeroGroupsOf, type ZeroGroups } from "./layer-warnings";
import { beginAtShared, kindOfStep, labelOf } from "./operators";
import { allRows, commonDivisor, rowsAtOnce, surveyRange } from "./piece-rows";
import { pieceQuantizer } from "./piece-quantizer";
import { prunedValues, readAnew, type ReadWeights } from "./pruned-values";
import { isLost, nothingLost, type Walk } from "./walk";
import { weightReader, type WeightReader } from "./weight-reader";

/** The steps of a layer that goes this way, and the rows of a piece. */
export interface PrunedWalk {
  /** One or more. */
  readonly pruners: readonly Step[];
  readonly quantizer: Step | undefined;
  readonly rows: number;
}

/** Bytes of the kernels' memory for pieces, for what is made of them, and for tables of counts. */
const pieceBytes = 4 * 2 ** 20;
/** Bytes of a file's weights that are held between the passes. */
const mostHeld = 2 ** 23;
/** What is left of so many weights is gathered in memory to be counted; of more it is counted in shares. */
const mostGathered = 3 * 2 ** 22;

function isHeld({ input, shape }: Pick<LayerJob, "input" | "shape">): boolean {
  return "range" in input && 4 * parametersOf(shape) <= mostHeld;
}

/** Bytes of the kernels' memory that the walk wants: what counting equal values takes is the most. */
export function memoryOfPruned(job: Pick<LayerJob, "input" | "shape">): number {
  const weights = parametersOf(job.shape);
  const counted = weights <= mostGathered ? bytesOfRepeats(weights) : 4 * valuesAtOnce + bytesOfRepeats(valuesAtOnce);
  return pieceBytes + (isHeld(job) ? 4 * weights : 0) + counted;
}

/** How a layer goes this way; `undefined` for steps that see all of it at once, and where it is one piece. */
export function prunedWalkOf(job: LayerJob): PrunedWalk | undefined {
  const { steps, shape, axes, surgery, input } = job;
  if (surgery || "bytes" in input || ("range" in input && input.isRaw)) return undefined;
  const lossy = steps.filter((step) => kindOfStep(step) !== "encode");
  const pruners = lossy.filter((step, at) => isPruneStep(step) && lossy.slice(0, at).every(isPruneStep));
  const [quantizer, ...others] = lossy.slice(pruners.length);
  if (pruners.length === 0 || others.length > 0 || (quantizer && kindOfStep(quantizer) !== "quantize"))
    return undefined;
  const layout = layoutOf(shape, axes);
  const units = pruners.map((step) => prunerOf(step).pieces?.rows(step, layout.matrix));
  if (quantizer) units.push(rowsOfQuantizer(quantizer, layout));
  const least = units.reduce((all, unit) => all && unit && (all * unit) / commonDivisor(all, unit), 1);
  // No piece holds rows of two matrices of a stack.
  if (least === undefined || (layout.matrices > 1 && layout.matrix[0] % least !== 0)) return undefined;
  const most = rowsAtOnce(layout, least);
  if (most === undefined) return undefined;
  const rows = layout.matrices === 1 ? most : dividing(layout.matrix[0], most, least);
  return { pruners, quantizer, rows };
}

function rowsOfQuantizer(step: Step, layout: Layout): number | undefined {
  const quantizer = quantizerOf(step);
  if (quantizer.isSequential || !isByRows(quantizer, layout, step)) return undefined;
  return quantizer.pieces?.rows(step, layout.matrix);
}

/** The largest multiple of `unit`, `most` at most, that divides `rows`, which `unit` does. */
function dividing(rows: number, most: number, unit: number): number {
  let size = Math.max(unit, most - (most % unit));
  while (rows % size !== 0) size -= unit;
  return size;
}

/** A piece of a layer on its way. */
interface Piece {
  /** The first weight, and the first row. */
  readonly start: number;
  readonly row: number;
  readonly count: number;
  /** The weights of the model. */
  readonly before: Float32Array;
  /** What the pruners so far left of them. */
  readonly values: Float32Array;
}

/** All that a layer's passes share. */
class Passes {
  readonly kept: KeptBits;
  readonly layout: Layout;
  readonly columns: number;
  readonly allRows: number;
  /** Whether a pruner has set the bits, and how many weights are left. */
  isPruned = false;
  left = 0;

  constructor(
    readonly job: LayerJob,
    readonly reader: WeightReader,
    readonly rows: number,
  ) {
    this.layout = layoutOf(job.shape, job.axes);
    const matrix = matrixOf(rowsShape(this.layout));
    this.columns = matrix.columns;
    this.allRows = matrix.rows;
    this.kept = new KeptBits(reader.length);
  }

  /** The weights [start, end) as the pruners so far left them. */
  again(start: number, end: number): Float32Array {
    return this.under(this.reader.again(start, end), start, end);
  }

  private under(before: Float32Array, start: number, end: number): Float32Array {
    return this.isPruned ? loops.pruning.apply(before, this.kept.mask(start, end)) : before;
  }

  /** Visits the pieces of the rows [from, to) in order; what a visit takes of the job's memory is lost with it. */
  visit(from: number, to: number, act: (piece: Piece) => void): void {
    for (let row = from; row < to; row += this.rows)
      loops.memory.part(() => {
        const count = Math.min(this.rows, to - row);
        const start = row * this.columns;
        const end = start + count * this.columns;
        const before = this.reader.again(start, end);
        const values = this.under(before, start, end);
        act({ start, row, count, before, values });
      });
  }
}

/** The walk. The array of `job.input.values` stays. */
export function walkPruned(job: LayerJob, walk: PrunedWalk): Walk {
  const reader = weightReader({ ...job, shape: allRows(job) }, isHeld(job));
  try {
    const labels = job.steps.map(labelOf);
    const passes = new Passes(job, reader, walk.rows);
    const range = surveyRange(reader, walk.rows * passes.columns, { label: labels[0], name: job.name });
    const state = stateOf(undefined);
    const total = new ChangeMeter(range);
    const left: Float32Array[] = [];
    const own = walk.pruners.map((step, at) => {
      const isLast = at === walk.pruners.length - 1 && !walk.quantizer;
      // One step alone loses what the layer loses.
      const meter = isLast && at === 0 ? total : new ChangeMeter(range, { findsLevels: false });
      state.index = prunePieces(passes, step, ({ before, values }, after, mask) => {
        meter.add(values, after);
        if (!isLast) return;
        if (meter !== total) total.add(before, after);
        if (reader.length <= mostGathered) left.push(loops.pruning.gather(values, mask, countKept(mask)));
      });
      state.targetSparsity = Math.max(state.targetSparsity ?? 0, prunerOf(step).target(passes.layout.matrix, step));
      return meter;
    });
    const coded = walk.quantizer && quantizePieces(passes, walk.quantizer, range, labels[walk.pruners.length]);
    if (coded) own.push(coded.meter);
    state.quantized = coded?.quantized;
    state.pruned = prunedOf(passes, coded, left);
    for (const step of job.steps) if (kindOfStep(step) === "encode") state.coder = step;
    const change = (coded?.total ?? total).finish();
    const error = errorMeasures(change.sums);
    const errors = own.map((meter) => (meter === total ? error : errorMeasures(meter.finish().sums)));
    let lossy = 0;
    const measures = job.steps.map(({ kind }, at): StepMeasures => {
      return { kind, label: labels[at], ...(kindOfStep(job.steps[at]) === "encode" ? nothingLost : errors[lossy++]) };
    });
    const warnings = layerWarnings({
      steps: job.steps,
      measures,
      sqnrDb: error.sqnrDb,
      zeroGroups: coded?.zeroGroups ?? noZeroGroups,
      isLost: isLost(change),
      quantized: coded?.quantized,
      hasWiderFactors: false,
      nonFinite: 0,
    });
    const found = { job, state, change, error, measures, cutShare: 0, warnings };
    return coded ? found : { ...found, valueEntropy: entropyOfLeft(passes, state.pruned) };
  } finally {
    reader.finish();
  }
}

/** The entropy of w′. */
function entropyOfLeft(passes: Passes, { kept, values }: PrunedWeights): number {
  const { length } = passes.reader;
  if (length <= mostGathered) return entropyOfValues(values(true).piece(0), length - kept);
  return entropyOfPieces(length, (visit) => passes.visit(0, passes.allRows, ({ values: piece }) => visit(piece)));
}

/** One pruner over all pieces; each, and what is left of it, is handed to `measure`. How the places of what is left are told. */
function prunePieces(
  passes: Passes,
  step: Step,
  measure: (piece: Piece, after: Float32Array, mask: Uint8Array) => void,
): IndexStorage {
  const { layout, job, kept, allRows: rows } = passes;
  const shape = rowsShape(layout);
  const shared = beginAtShared(step, job.threshold);
  const pruner = prunerOf(step);
  // A threshold over all layers is one for all matrices of a stack.
  const matrices = shared ? 1 : layout.matrices;
  const parts: IndexStorage[] = [];
  const wasPruned = passes.isPruned;
  let all = 0;
  for (let at = 0; at < matrices; at++) {
    const first = (at * rows) / matrices;
    const end = ((at + 1) * rows) / matrices;
    const matrix = matrices === 1 ? shape : layout.matrix;
    let stay = 0;
    loops.memory.part(() => {
      const masks = shared ?? beginMasks(step, matrix);
      while (masks.wantsMore()) passes.visit(first, end, ({ values, row }) => masks.add(values, row - first));
      passes.visit(first, end, (piece) => {
        const mask = masks.mask(piece.values, piece.row - first);
        if (wasPruned) intersect(mask, kept.mask(piece.start, piece.start + mask.length));
        measure(piece, loops.pruning.apply(piece.values, mask), mask);
        kept.set(piece.start, mask);
        stay += countKept(mask);
      });
    });
    parts.push(pruner.pieces?.storage(step, matrix, stay) ?? unstructuredStorage(matrix, stay));
    all += stay;
  }
  passes.isPruned = true;
  passes.left = all;
  if (wasPruned || shared) return unstructuredStorage(shape, all);
  return matrices === 1 ? parts[0] : storageOfParts(parts, shape, all);
}

function beginMasks(step: Step, matrix: readonly number[]): PieceMasks {
  const masks = prunerOf(step).pieces?.begin(step, matrix);
  if (masks) return masks;
  throw new RangeError(`${step.kind} does not prune in pieces`);
}

/** Leaves in `mask` what `other` leaves too. */
function intersect(mask: Uint8Array, other: Uint8Array): void {
  for (let i = 0; i < mask.length; i++) mask[i] &= other[i];
}

interface QuantizedPieces {
  readonly quantized: Quantized;
  /** Of the step, and of all steps together. */
  readonly meter: ChangeMeter;
  readonly total: ChangeMeter;
  readonly zeroGroups: ZeroGroups;
  /** Whether what was pruned dequantizes to zero by itself. */
  readonly zerosSurvive: boolean;
}

/** What the pruners left, quantized. */
function quantizePieces(passes: Passes, asked: Step, range: ValueRange, label: string): QuantizedPieces {
  const { job, kept, rows, allRows: end } = passes;
  const shape = rowsShape(passes.layout);
  return atWidth(asked, job.name, (step) => {
    const quantizer = quantizerOf(step);
    const quantizePiece = pieceQuantizer(passes, { shape, name: job.name }, { step, rows });
    const isShared = quantizer.pieces?.sharesTables?.(step) === true;
    const tablesOf = { isShared, sharedTables: quantizer.pieces?.sharedTables };
    const joined = new JoinedPieces(shape, tablesOf, undefined, passes.reader.length > mostGathered);
    const meter = new ChangeMeter(range, { findsLevels: false });
    const total = new ChangeMeter(range);
    let zeroGroups = noZeroGroups;
    let zerosSurvive = true;
    passes.visit(0, end, ({ start, row, count, before, values }) => {
      const quantized = tried(
        () => quantizePiece(values, count, row),
        // An error may name the place of a weight: in the layer, not in the piece.
        () => quantizer.quantize(passes.again(0, passes.reader.length), shape, step, job.name),
      );
      const raw = quantizer.dequantize(quantized);
      const mask = kept.mask(start, start + values.length);
      const after = loops.pruning.apply(raw, mask);
      zerosSurvive &&= isZeroWhere(mask, raw);
      const odd = loops.values.firstNonFinite(after);
      if (odd >= 0) throw new NonFiniteError(job.name, start + odd, after[odd], label, "computed");
      meter.add(values, after);
      total.add(before, after);
      if (!isShared) zeroGroups = addZeroGroups(zeroGroups, zeroGroupsOf(quantized, values, after));
      joined.add(quantized);
    });
    return { quantized: joined.all(), meter, total, zeroGroups, zerosSurvive };
  });
}

/** What `work` gives; where that is an error of the weights, that of `whole` first. */
function tried<Result>(work: () => Result, whole: () => unknown): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof OptionError && !(error instanceof HalfRangeError)) whole();
    throw error;
  }
}

function isZeroWhere(mask: Uint8Array, values: Float32Array): boolean {
  for (let i = 0; i < mask.length; i++) if (mask[i] === 0 && values[i] !== 0) return false;
  return true;
}

/** What is left, for what stores it, gathered already where no codes are stored and there is little. A reader that holds its weights still has
 *  them then; a file is read once more. */
function prunedOf(
  { job, kept, left, reader }: Passes,
  coded: QuantizedPieces | undefined,
  gathered: readonly Float32Array[],
): PrunedWeights {
  const rows = { ...job, shape: allRows(job) };
  const isThere = isHeld(job) || !("range" in job.input);
  const read: ReadWeights = isThere ? (start, end) => reader.again(start, end) : readAnew(rows);
  const joined = gathered.length > 0 ? wholeSource(joinedOf(gathered, left)) : undefined;
  return {
    kept: left,
    mask: () => kept.bits,
    zerosSurvive: () => coded?.zerosSurvive ?? true,
    gather: (codes) => kept.gather(codes, left),
    values: (onlyKept) => (onlyKept && joined ? joined : prunedValues(read, kept, onlyKept)),
  };
}

function joinedOf(parts: readonly Float32Array[], length: number): Float32Array {
  const all = new Float32Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
