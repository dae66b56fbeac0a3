import { csvLines } from "../../kernel/report/csv";
import type { ModelView } from "../../kernel/report/model";

/** The tensors of a model as CSV, one line for each, under a line of headings. */
export function modelCsv(view: ModelView): string {
  const head = ["tensor", "block", "kind", "shape", "dtype", "parameters", "bytes", "role", "reason"];
  const lines = view.tensors.map((t) => [
    ...[t.name, t.block, t.kind, t.shape.join("x"), t.dtype, t.parameters, t.bytes],
    ...[t.role ?? "", t.roleReason ?? ""],
  ]);
  return csvLines([head, ...lines]);
}
