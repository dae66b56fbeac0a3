import type { ModelView, Report } from "../../kernel/report/types";
import { measures } from "./measures";
import { bits, bytes, count, decibels, integer, percent, shape } from "./numbers";
import { selectLayers, visibleVariants, worstOf, type ViewState } from "./state";
import { visible } from "./text";

/** The figure in words, for those who do not see it: the totals of each variant, then the five worst layers. */
export function reportSummary(report: Report, state: ViewState): readonly string[] {
  const shown = visibleVariants(report, state);
  const measure = measures[state.measure];
  const totals = shown.map((v) => {
    const { name, bytes: size, bitsPerWeight, touched } = report.variants[v];
    return `${visible(name)}: ${bytes(size)}, ${bits(bitsPerWeight)} bits per weight over the whole model; over the ${integer(touched.layers)} layers that it touched ${bits(touched.bitsPerWeight)} bits per weight, ${decibels(touched.sqnrDb)}, ${percent(touched.sparsity)} zeros.`;
  });
  const worst = selectLayers(report, { ...state, order: "worst" })
    .filter((i) => worstOf(report.layers[i], shown, state.measure) > -Infinity)
    .slice(0, 5)
    .map((i) => {
      const values = shown.flatMap((v) => {
        const variant = report.layers[i].variants[v];
        return variant ? [`${visible(report.variants[v].name)} ${measure.format(measure.value(variant))}`] : [];
      });
      return `${visible(report.layers[i].name)} (${values.join(", ")})`;
    });
  return [
    `${modelSentence(report.model)} ${integer(report.layers.length)} layers were compressed.`,
    ...totals,
    worst.length === 0 ? "No layer lost anything." : `Worst layers by ${measure.short}: ${worst.join("; ")}.`,
  ];
}

export const modelSentence = (model: Report["model"]): string =>
  `${visible(model.name)}: ${count(model.parameters)} parameters, ${bytes(model.bytes)}, ${visible(model.format)}.`;

/** What a screen reader says of a layer as the arrows reach it. */
export function layerSentence(report: Report, layerIndex: number, state: ViewState): string {
  const layer = report.layers[layerIndex];
  const measure = measures[state.measure];
  const parts = visibleVariants(report, state).flatMap((v) => {
    const variant = layer.variants[v];
    if (!variant) return [];
    return [
      `${visible(report.variants[v].name)}: ${measure.short} ${measure.format(measure.value(variant))}, ${percent(variant.sparsity)} zeros, ${bits(variant.bitsPerWeight)} bits per weight`,
    ];
  });
  return `${visible(layer.name)}, ${shape(layer.shape)}. ${parts.join(". ")}`;
}

export const modelViewSummary = (view: ModelView): string =>
  `${modelSentence(view.model)} ${integer(view.tensors.length)} tensors.`;
