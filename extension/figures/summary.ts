import { leftAloneSentence } from "../../kernel/report/left-alone";
import { spoken } from "../../kernel/report/measure-labels";
import { measures, panels, shownIn, shownValue, type Measured, type MeasureKey } from "../../kernel/report/measures";
import type { ModelView } from "../../kernel/report/model";
import type { Report } from "../../kernel/report/types";
import { requantizedNote } from "../../kernel/report/requantized";
import { warningLines } from "../../kernel/report/warnings";
import { bytes, count, integer, shape } from "./numbers";
import { quantityOf } from "./quantities";
import { selectLayers, visibleVariants, worstOf, type ViewState } from "./state";
import { visible } from "./text";

/** The figure in words, for those who do not see it: the totals of each variant, then the five worst layers. */
export function reportSummary(report: Report, state: ViewState): readonly string[] {
  const shown = visibleVariants(report, state);
  const totals = shown.map((v) => {
    const { touched, ...whole } = report.variants[v];
    const facts = shownIn.totals.map((key) => spokenPhrase(key, touched)).join(", ");
    return `${visible(whole.name)}: ${bytes(whole.bytes)}, ${spokenPhrase("bitsPerWeight", whole)} over the whole model; over the ${integer(touched.layers)} layers that it touched ${facts}.`;
  });
  const worst = selectLayers(report, { ...state, order: "worst" })
    .filter((i) => worstOf(report.layers[i], shown, state.measure) > -Infinity)
    .slice(0, 5)
    .map((i) => {
      const values = shown.flatMap((v) => {
        const variant = report.layers[i].variants[v];
        return variant ? [`${visible(report.variants[v].name)} ${quantityOf(state.measure, variant)}`] : [];
      });
      return `${visible(report.layers[i].name)} (${values.join(", ")})`;
    });
  const warnings = warningLines(report.warnings, report.variants.length > 1, visible);
  return [
    `${modelSentence(report.model)} ${integer(report.layers.length)} layers were compressed.`,
    ...totals,
    worst.length === 0
      ? "No layer lost anything."
      : `Worst layers by ${measures[state.measure].label}: ${worst.join("; ")}.`,
    ...(warnings.length > 0 ? [`Warnings: ${warnings.join("; ")}.`] : []),
    ...requantizedNote(report, visible),
    ...(report.leftAlone ? [leftAloneSentence(report.leftAlone)] : []),
  ];
}

/** "43.8 % zeros", "4.25 bits per weight"; "lossless" where the number is infinite. */
function spokenPhrase(key: MeasureKey, measured: Measured): string {
  const value = shownValue(key, measured);
  if (value === undefined) return `– ${spoken(measures[key].phrase)}`;
  return value === null ? "lossless" : `${measures[key].digits(value)} ${spoken(measures[key].phrase)}`;
}

/** The model in a sentence. */
export const modelSentence = (model: Report["model"]): string =>
  `${visible(model.name)}: ${count(model.parameters)} parameters, ${bytes(model.bytes)}, ${visible(model.format)}.`;

/** What a screen reader says of a layer as the arrows reach it. */
export function layerSentence(report: Report, layerIndex: number, state: ViewState): string {
  const layer = report.layers[layerIndex];
  const parts = visibleVariants(report, state).flatMap((v) => {
    const variant = layer.variants[v];
    if (!variant) return [];
    const facts = [
      `${measures[state.measure].label} ${quantityOf(state.measure, variant)}`,
      ...panels.slice(1).map(({ measures: [key] }) => spokenPhrase(key, variant)),
    ];
    const warnings = (variant.warnings ?? []).map(({ text }) => `warning: ${visible(text)}`);
    return [`${visible(report.variants[v].name)}: ${[...facts, ...warnings].join(", ")}`];
  });
  return `${visible(layer.name)}, ${shape(layer.shape)}. ${parts.join(". ")}`;
}

/** A model on its own, in words. */
export const modelViewSummary = (view: ModelView): string =>
  `${modelSentence(view.model)} ${integer(view.tensors.length)} tensors.`;
