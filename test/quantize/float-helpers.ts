import { quantize } from "../../kernel/quantize/quantize";
import type { Step } from "../../kernel/tensor/step";

/** w′ without −0, codes and tables of a small tensor. */
export function quantized(step: Step, values: readonly number[], shape: readonly number[] = [1, values.length]) {
  const result = quantize(Float32Array.from(values), step, { shape });
  const table = (name: string) => Array.from(result.quantized.tables.find((one) => one.name === name)?.data ?? []);
  return {
    values: Array.from(result.values, (value) => value + 0),
    codes: Array.from(result.codes),
    table,
    label: result.label,
    bits: result.bits,
  };
}
