/** Weights that are stacked, quantized matrix by matrix: each gets what it would get as a tensor of its own, its own scale "per tensor", its own
 *  codebook, its own blocks. Methods that see rows alone take all rows at once; they give the same. */
import { loops } from "../../loops/loops";
import { checkFinite } from "../../measure/finite";
import type { Step } from "../../tensor/step";
import { rowsShape, type Layout } from "../../tensor/layout";
import type { CodeArray, Quantized, Quantizer, Table } from "../quantizer";
import { joinTables, partOfTable } from "./tables";

/** True where what a step makes of each matrix is what it makes of its rows among those of all. */
export function isByRows(quantizer: Quantizer, { matrices, matrix }: Layout, step: Step): boolean {
  if (matrices === 1) return true;
  // What a survey finds out holds for one matrix.
  const rows = quantizer.pieces?.survey ? undefined : quantizer.pieces?.rows(step, matrix);
  return rows !== undefined && matrix[0] % rows === 0;
}

/** Quantizes a weight in method order: codes and tables of the matrices one behind the other. `name` is the layer's, for errors;
 *  `NonFiniteError` for a NaN or an infinity, by its place in that order. */
export function quantizeMatrices(
  quantizer: Quantizer,
  weights: Float32Array,
  layout: Layout,
  step: Step,
  name?: string,
): Quantized {
  const { matrices, matrix } = layout;
  const shape = rowsShape(layout);
  if (weights.length === 0 || isByRows(quantizer, layout, step)) return quantizer.quantize(weights, shape, step, name);
  checkFinite(weights, step.kind, name);
  const size = weights.length / matrices;
  const stepOf = (at: number): Step => quantizer.stepOfMatrix?.(step, at, matrices) ?? step;
  const tables: Table[][] = [];
  let first: Quantized | undefined;
  let codes: CodeArray | undefined;
  let codeBits = 0;
  for (let at = 0; at < matrices; at++)
    loops.memory.part(() => {
      const part = quantizer.quantize(weights.subarray(at * size, (at + 1) * size), matrix, stepOf(at), name);
      const Codes = part.codes.constructor as new (length: number) => CodeArray;
      first ??= part;
      codes ??= new Codes(weights.length);
      codes.set(part.codes, at * size);
      codeBits = Math.max(codeBits, part.codeBits);
      part.tables.forEach((table, which) => (tables[which] ??= []).push({ ...table, data: table.data.slice() }));
    });
  if (!first || !codes) throw new RangeError("a stack without matrices has no codes");
  return { step: first.step, shape, codes, codeBits, tables: tables.map(joinTables), matrices };
}

/** w′ in method order. */
export function dequantizeMatrices(quantizer: Quantizer, quantized: Quantized): Float32Array {
  const { matrices = 1, codes, shape, tables } = quantized;
  if (matrices === 1) return quantizer.dequantize(quantized);
  const size = codes.length / matrices;
  const values = new Float32Array(codes.length);
  for (let at = 0; at < matrices; at++)
    loops.memory.part(() => {
      const part = {
        ...quantized,
        shape: [shape[0] / matrices, ...shape.slice(1)],
        codes: codes.subarray(at * size, (at + 1) * size),
        tables: tables.map((table) => partOfTable(table, at, matrices)),
      };
      values.set(quantizer.dequantize(part), at * size);
    });
  return values;
}
