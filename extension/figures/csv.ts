import { csvCell } from "../../kernel/report/csv";
import type { ModelView } from "../../kernel/report/types";

/** The kernel's own writer, so that a file downloaded here equals one saved there. */
export { reportToCsv as reportCsv } from "../../kernel/report/csv";
export { curvesToCsv as curvesCsv } from "../../kernel/report/curve-rows";

/** The tensors of a model, one line for each. */
export function modelCsv(view: ModelView): string {
  const head = ["tensor", "block", "kind", "shape", "dtype", "parameters", "bytes"];
  const lines = view.tensors.map((t) => [t.name, t.block, t.kind, t.shape.join("x"), t.dtype, t.parameters, t.bytes]);
  return [head, ...lines].map((line) => line.map(csvCell).join(",") + "\r\n").join("");
}
