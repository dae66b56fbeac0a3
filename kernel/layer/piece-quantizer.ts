/** How one piece of a layer is quantized: by its own weights, or by what passes over all pieces told before. */
import { quantizerOf } from "../quantize";
import type { Quantized } from "../quantize/quantizer";
import { loops } from "../loops/loops";
import { matrixOf } from "../prune/sparse/storage";
import type { Step } from "../tensor/step";
import type { LayerJob } from "./layer-job";
import type { WeightReader } from "./weight-reader";

/** Quantizes a piece of whole rows that begins at `row`. */
export type PieceQuantizer = (piece: Float32Array, rows: number, row: number) => Quantized;

/** The quantizer of the pieces of a layer. Where its method asks for them, all pieces are read in order first, once or more often. */
export function pieceQuantizer(
  reader: Pick<WeightReader, "again">,
  { shape, name }: Pick<LayerJob, "shape" | "name">,
  { step, rows }: { readonly step: Step; readonly rows: number },
): PieceQuantizer {
  const quantizer = quantizerOf(step);
  const survey = quantizer.pieces?.survey?.(step, shape);
  if (!survey) return (piece, count) => quantizer.quantize(piece, [count, ...shape.slice(1)], step, name);
  const matrix = matrixOf(shape);
  do
    for (let row = 0; row < matrix.rows; row += rows)
      loops.memory.part(() => {
        const end = Math.min(matrix.rows, row + rows);
        survey.add(reader.again(row * matrix.columns, end * matrix.columns), row);
      });
  while (survey.wantsMore());
  return (piece, count, row) => survey.quantize(piece, [count, ...shape.slice(1)], row);
}
