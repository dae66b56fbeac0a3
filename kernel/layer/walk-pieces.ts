/** A layer through one quantizer, and coders behind it, a few rows at a time: all passes over a piece run while it is in the core's own cache.
 *  w′ is never whole in memory. A first pass looks whether all weights are finite and over what range they lie; the second quantizes and
 *  measures. Up to 8 MiB of weights are held between the two; of a larger layer each piece is read again, which takes less time than new memory. */
import { loops } from "../loops/loops";
import { errorMeasures } from "../measure";
import { ChangeMeter, levelsOf } from "../measure/change";
import { NonFiniteError, OptionError } from "../errors";
import { HalfRangeError } from "../grid/scale";
import { matrixOf } from "../prune/sparse/storage";
import { quantizerOf } from "../quantize";
import { isByRows } from "../quantize/stack/matrices";
import { atWidth } from "../quantize/widened";
import type { Quantized } from "../quantize/quantizer";
import { levelLimit, type StepMeasures } from "../report/types";
import { countsOf, emptyCodes, typeOfCodes } from "../stored/packed-codes";
import { layoutOf, type Layout } from "../tensor/layout";
import type { Step } from "../tensor/step";
import { parametersOf, type Shape } from "../tensor/tensor";
import { JoinedPieces } from "./joined-pieces";
import type { LayerJob } from "./layer-job";
import { stateOf } from "./layer-state";
import { addZeroGroups, layerWarnings, noZeroGroups, zeroGroupsOf, type ZeroGroups } from "./layer-warnings";
import { kindOfStep, labelOf } from "./operators";
import { pieceQuantizer } from "./piece-quantizer";
import { allRows, rowsAtOnce, surveyRange } from "./piece-rows";
import { isLost, nothingLost, type Walk } from "./walk";
import { weightReader, type WeightReader } from "./weight-reader";

/** The lossy step of a layer that goes through it in pieces, and the rows of a piece. */
export interface PieceWalk {
  readonly step: Step;
  readonly rows: number;
}

/** Bytes of weights that are held between the passes. */
const mostHeld = 1 << 23;
/** Bytes of codes that lie in the kernels' memory, which stays for the next layer. */
const mostCodes = 1 << 26;
/** Bytes of the kernels' memory that a piece takes at most; what goes beyond comes from the heap. */
const mostPieceBytes = 1 << 20;

/** How a layer goes in pieces; `undefined` for steps that see all of it at once, and where it is one piece. */
export function pieceWalkOf({ steps, shape, axes, surgery, input }: LayerJob): PieceWalk | undefined {
  const [step, ...others] = steps;
  const isAlone = step !== undefined && !surgery && others.every((other) => kindOfStep(other) === "encode");
  if (!isAlone || kindOfStep(step) !== "quantize" || "bytes" in input || ("range" in input && input.isRaw))
    return undefined;
  const rows = rowsOfPiece(step, layoutOf(shape, axes));
  return rows === undefined ? undefined : { step, rows };
}

function rowsOfPiece(step: Step, layout: Layout): number | undefined {
  const quantizer = quantizerOf(step);
  // No piece of a stack holds rows of two matrices that the step would take together.
  if (!isByRows(quantizer, layout, step)) return undefined;
  return rowsAtOnce(layout, quantizer.pieces?.rows(step, layout.matrix));
}

/** Whether the weights are held in the kernels' memory. */
function isHeld(shape: Shape): boolean {
  return 4 * parametersOf(shape) <= mostHeld;
}

/** Bytes for codes, of up to four bytes each, in the kernels' memory: what is not written to takes no memory. */
function bytesForCodes(shape: Shape): number {
  const bytes = 4 * parametersOf(shape);
  return bytes <= mostCodes ? bytes : 0;
}

/** Bytes of the kernels' memory that the walk wants. */
export function memoryOfPieces({ shape }: LayerJob): number {
  return (isHeld(shape) ? 4 * parametersOf(shape) : 0) + bytesForCodes(shape) + mostPieceBytes;
}

/** The walk. The array of `job.input.values` may be detached. */
export function walkPieces(job: LayerJob, { step, rows }: PieceWalk): Walk {
  const { columns } = matrixOf(allRows(job));
  const reader = weightReader({ ...job, shape: allRows(job) }, isHeld(job.shape));
  try {
    const labels = job.steps.map(labelOf);
    const isShared = quantizerOf(step).pieces?.sharesTables?.(step) === true;
    const range = surveyRange(reader, rows * columns, { label: labels[0], name: job.name });
    const state = stateOf(undefined);
    const { quantized, meter, zeroGroups } = atWidth(step, job.name, (own) => {
      const meter = new ChangeMeter(range, { findsLevels: !isShared });
      return { ...quantizePieces(reader, job, { step: own, rows }, meter), meter };
    });
    state.quantized = quantized;
    for (const other of job.steps.slice(1)) state.coder = other;
    const change = isShared ? { ...meter.finish(), levels: levelsOfCodes(state.quantized) } : meter.finish();
    if (!Number.isFinite(change.sums.squaredError)) throw madeNonFinite(quantized, labels[0], job.name);
    const error = errorMeasures(change.sums);
    const measures = job.steps.map(({ kind }, at): StepMeasures => {
      return { kind, label: labels[at], ...(at === 0 ? error : nothingLost) };
    });
    const warnings = layerWarnings({
      steps: job.steps,
      measures,
      sqnrDb: error.sqnrDb,
      zeroGroups: isShared ? noZeroGroups : zeroGroups,
      isLost: isLost(change),
      quantized,
      hasWiderFactors: false,
      nonFinite: 0,
    });
    return { job, state, change, error, measures, cutShare: 0, warnings };
  } finally {
    reader.finish();
  }
}

/** The different values of codes that mean the same in all of the tensor. */
function levelsOfCodes(quantized: Quantized): readonly number[] | undefined {
  const { symbols } = countsOf(quantized.codes);
  if (symbols.length > 2 * levelLimit) return undefined;
  const codes = emptyCodes(typeOfCodes(quantized.codes), symbols.length);
  codes.set(symbols);
  return levelsOf(quantizerOf(quantized.step).dequantize({ ...quantized, codes, shape: [symbols.length] }));
}

/** The steps alone: nothing is measured. The weights are finite. */
export function stepPieces(job: LayerJob, walk: PieceWalk): Pick<Walk, "job" | "state"> {
  const reader = weightReader({ ...job, shape: allRows(job) }, false);
  try {
    const state = stateOf(undefined);
    state.quantized = atWidth(walk.step, job.name, (step) =>
      quantizePieces(reader, job, { ...walk, step }, undefined),
    ).quantized;
    for (const other of job.steps.slice(1)) state.coder = other;
    return { job, state };
  } finally {
    reader.finish();
  }
}

/** The error for the first weight that a step made a NaN or infinite. */
function madeNonFinite(quantized: Quantized, label: string, name: string): NonFiniteError {
  const values = quantizerOf(quantized.step).dequantize(quantized);
  const at = values.findIndex((value) => !Number.isFinite(value));
  return new NonFiniteError(name, at, values[at], label, "computed");
}

function quantizePieces(
  reader: Pick<WeightReader, "again" | "whole">,
  job: LayerJob,
  { step, rows }: PieceWalk,
  meter: ChangeMeter | undefined,
): { readonly quantized: Quantized; readonly zeroGroups: ZeroGroups } {
  const { name } = job;
  const shape = allRows(job);
  const quantizer = quantizerOf(step);
  const quantizePiece = pieceQuantizer(reader, { shape, name }, { step, rows });
  const matrix = matrixOf(shape);
  const isShared = quantizer.pieces?.sharesTables?.(step) === true;
  const joined = new JoinedPieces(
    shape,
    { isShared, sharedTables: quantizer.pieces?.sharedTables },
    bytesForCodes(shape) > 0 ? loops.memory.bytes(bytesForCodes(shape)) : undefined,
    bytesForCodes(shape) === 0,
  );
  let zeroGroups = noZeroGroups;
  for (let row = 0; row < matrix.rows; row += rows)
    loops.memory.part(() => {
      const count = Math.min(rows, matrix.rows - row);
      const piece = reader.again(row * matrix.columns, (row + count) * matrix.columns);
      try {
        const quantized = quantizePiece(piece, count, row);
        if (meter) {
          const after = quantizer.dequantize(quantized);
          meter.add(piece, after);
          zeroGroups = addZeroGroups(zeroGroups, zeroGroupsOf(quantized, piece, after));
        }
        joined.add(quantized);
      } catch (error) {
        // An error may name the place of a weight: in the layer, not in the piece.
        if (error instanceof OptionError && !(error instanceof HalfRangeError))
          quantizer.quantize(reader.whole(), shape, step, name);
        throw error;
      }
    });
  return { quantized: joined.all(), zeroGroups };
}
