/** The pieces of whole rows in which a layer goes through its steps, and the first pass over them. */
import { NonFiniteError } from "../errors";
import { sumBlock } from "../loops/errors";
import { loops } from "../loops/loops";
import type { ValueRange } from "../measure/histogram";
import { RangeSearch } from "../measure/range-search";
import { matrixOf } from "../prune/sparse/storage";
import { layoutOf, rowsShape, type Layout } from "../tensor/layout";
import type { Shape } from "../tensor/tensor";
import type { LayerJob } from "./layer-job";
import type { WeightReader } from "./weight-reader";

/** Weights of a piece, about: with what is made of them, they fill half a megabyte. */
const pieceWeights = 49_152;

/** Rows of a piece, a multiple of `least` of them; `undefined` where one piece would hold the layer, or where `least` is. */
export function rowsAtOnce(layout: Layout, least: number | undefined): number | undefined {
  const { rows, columns } = matrixOf(rowsShape(layout));
  if (least === undefined || rows * columns <= pieceWeights) return undefined;
  // Pieces of whole blocks of sums, where there are any, spare the meter a copy.
  const aligned = least * (sumBlock / commonDivisor(sumBlock, columns * least));
  const unit = aligned * columns <= pieceWeights ? aligned : least;
  const most = Math.max(1, Math.floor(pieceWeights / (columns * unit))) * unit;
  return most < rows ? most : undefined;
}

/** The greatest common divisor of two whole numbers, of which the first is not 0. */
export function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}

/** All rows of a layer, those of a stack one below the other. */
export function allRows({ shape, axes }: Pick<LayerJob, "shape" | "axes">): Shape {
  return rowsShape(layoutOf(shape, axes));
}

/** Reads all weights once, `most` at a time; their robust range. `NonFiniteError` for the first that is a NaN or infinite. */
export function surveyRange(
  reader: WeightReader,
  most: number,
  { label, name }: { readonly label: string; readonly name: string },
): ValueRange {
  const search = new RangeSearch(reader.length, (count) => reader.sample(count));
  for (let start = 0; start < reader.length; start += most)
    loops.memory.part(() => {
      const piece = reader.first(start, Math.min(start + most, reader.length));
      const odd = loops.values.firstNonFinite(piece);
      if (odd >= 0) throw new NonFiniteError(name, start + odd, piece[odd], label);
      search.add(piece);
    });
  return search.finish(() => reader.whole());
}
