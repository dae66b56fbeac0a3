import type { ModelView, Report } from "../../kernel/report/types";

const reportHead = [
  "layer",
  "block",
  "kind",
  "shape",
  "dtype",
  "parameters",
  "original_bytes",
  "variant",
  "scheme",
  "bytes",
  "bits_per_weight",
  "sqnr_db",
  "root_mean_square_error",
  "mean_squared_error",
  "cosine",
  "max_abs_error",
  "sparsity",
  "target_sparsity",
  "entropy_bits",
];

/** Every number of a report, at full precision: one line for each layer and variant, in model order. An infinite SQNR is "inf". */
export function reportCsv(report: Report): string {
  const lines: (readonly (string | number)[])[] = [reportHead];
  for (const layer of report.layers)
    layer.variants.forEach((v, i) => {
      if (!v) return;
      const place = [
        layer.name,
        layer.block,
        layer.kind,
        layer.shape.join("x"),
        layer.dtype,
        layer.parameters,
        layer.bytes,
      ];
      const error = [v.sqnrDb ?? "inf", v.rootMeanSquareError, v.meanSquaredError, v.cosine, v.maxAbsError];
      lines.push([
        ...place,
        report.variants[i].name,
        v.scheme,
        v.bytes,
        v.bitsPerWeight,
        ...error,
        v.sparsity,
        v.targetSparsity ?? "",
        v.entropyBits,
      ]);
    });
  return csv(lines);
}

export function modelCsv(view: ModelView): string {
  return csv([
    ["tensor", "block", "kind", "shape", "dtype", "parameters", "bytes"],
    ...view.tensors.map((t) => [t.name, t.block, t.kind, t.shape.join("x"), t.dtype, t.parameters, t.bytes]),
  ]);
}

const csv = (lines: readonly (readonly (string | number)[])[]): string =>
  lines.map((line) => line.map(field).join(",") + "\r\n").join("");

/** RFC 4180. Text that a spreadsheet would take for a formula gets a quote in front: a layer's name must not compute. */
function field(value: string | number): string {
  if (typeof value === "number") return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
}
