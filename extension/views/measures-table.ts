import { measures, shownIn } from "../../kernel/report/measures";
import type { Report } from "../../kernel/report/types";
import { paints } from "../figures/colours";
import { quantities, quantityLabels, quantityOf } from "../figures/quantities";
import { element, markElement, nameElement } from "./dom";

const headCells = (labels: readonly string[]): readonly HTMLElement[] =>
  labels.map((label) => element("th", { scope: "col" }, label));

/** One line of figures per variant. */
export function measuresTable(report: Report, variants: readonly number[], layerIndex: number): HTMLElement {
  const paint = paints(report.variants.length, variants);
  const layer = report.layers[layerIndex];
  const body = variants.map((v) => {
    const variant = layer.variants[v];
    const name = element(
      "th",
      { scope: "row" },
      markElement(paint[v].colour, paint[v].symbol),
      nameElement(report.variants[v].name, "cb-VariantName"),
    );
    const cells = variant
      ? quantities(variant).map(({ value }) => element("td", {}, value))
      : [element("td", { colspan: quantityLabels.length, class: "cb-Absent" }, "no such layer in this variant")];
    return element("tr", {}, name, ...cells);
  });
  return element(
    "table",
    { class: "cb-Measures" },
    element("thead", {}, element("tr", {}, element("td"), ...headCells(quantityLabels))),
    element("tbody", {}, ...body),
  );
}

/** What each step did alone, where a variant has more than one; null where none has. */
export function stepsTable(report: Report, variants: readonly number[], layerIndex: number): HTMLElement | null {
  const paint = paints(report.variants.length, variants);
  const lines = variants.flatMap((v) => {
    const steps = report.layers[layerIndex].variants[v]?.steps ?? [];
    if (steps.length < 2) return [];
    return steps.map((step, i) =>
      element(
        "tr",
        {},
        element(
          "th",
          { scope: "row" },
          markElement(paint[v].colour, paint[v].symbol),
          nameElement(step.label, "cb-VariantName"),
        ),
        element("td", {}, `step ${i + 1} of ${steps.length}`),
        ...shownIn.steps.map((key) => element("td", {}, quantityOf(key, step))),
      ),
    );
  });
  if (lines.length === 0) return null;
  const first = element("th", { scope: "col", colspan: 2, class: "cb-Left" }, "each step on its own");
  const heads = headCells(shownIn.steps.map((key) => measures[key].label));
  return element(
    "table",
    { class: "cb-Measures" },
    element("thead", {}, element("tr", {}, first, ...heads)),
    element("tbody", {}, ...lines),
  );
}
