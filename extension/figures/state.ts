import { arrangementOf, groupByBlock } from "../../kernel/report/layout";
import { badness, errorChoices, type MeasureKey, type MeasurePanel } from "../../kernel/report/measures";
import type { LayerReport, Report } from "../../kernel/report/types";

/** The forms of a report: layers as rows, the model map, a table. */
export const layoutNames = ["layers", "map", "table"] as const;
export type LayoutName = (typeof layoutNames)[number];

/** Layers as the model has them, or the worst first. */
export type Order = "model" | "worst";

/** What the reader chose. Plain data: every figure is a function of a report and this. */
export interface ViewState {
  readonly layout: LayoutName;
  /** The measure of error that the first panel shows. */
  readonly measure: MeasureKey;
  /** Whether distances stand in decades. */
  readonly logarithmic: boolean;
  readonly order: Order;
  /** Words that must all occur in a layer's name, block or kind. */
  readonly text: string;
  /** A kind of layer, or null for all. */
  readonly kind: string | null;
  /** Indices of variants that are switched off. */
  readonly hidden: readonly number[];
}

/** What the reader wants of every figure when it first appears. */
export interface Preferences {
  readonly measure: MeasureKey;
  /** "automatic": rows while names can be read, the map beyond. */
  readonly layout: LayoutName | "automatic";
}

/** SQNR, in the form that suits the number of layers. */
export const defaultPreferences: Preferences = { measure: errorChoices[0], layout: "automatic" };

/** How a report first appears. */
export function initialState(report: Report, preferences: Preferences = defaultPreferences): ViewState {
  return {
    layout: preferences.layout === "automatic" ? suggestedLayout(report) : preferences.layout,
    measure: preferences.measure,
    logarithmic: true,
    order: "model",
    text: "",
    kind: null,
    hidden: [],
  };
}

/** Rows while names can be read, the map for a deep model: as in the static picture. */
export function suggestedLayout(report: Report): LayoutName {
  return arrangementOf(report.layers.length) === "map" ? "map" : "layers";
}

/** What a panel shows: what the reader chose, where it is among its measures, else its first. */
export function chosenMeasure({ measures: choices }: MeasurePanel, { measure }: ViewState): MeasureKey {
  return choices.includes(measure) ? measure : choices[0];
}

/** Indices of the variants that are switched on. */
export function visibleVariants(report: Report, state: ViewState): readonly number[] {
  return report.variants.map((_, i) => i).filter((i) => !state.hidden.includes(i));
}

/** The state with one variant switched; the last one that is on stays on. */
export function toggleVariant(report: Report, state: ViewState, index: number): ViewState {
  const hidden = state.hidden.includes(index) ? state.hidden.filter((i) => i !== index) : [...state.hidden, index];
  return hidden.length >= report.variants.length ? state : { ...state, hidden };
}

/** Indices of the layers that pass the filters, in the order asked for. */
export function selectLayers(report: Report, state: ViewState): readonly number[] {
  const words = state.text.toLowerCase().split(/\s+/).filter(Boolean);
  const chosen = groupByBlock(report.layers)
    .flatMap((group) => group.layers)
    .filter((i) => matches(report.layers[i], words) && (state.kind === null || report.layers[i].kind === state.kind));
  if (state.order === "model") return chosen;
  const shown = visibleVariants(report, state);
  const worst = new Map(chosen.map((i) => [i, worstOf(report.layers[i], shown, state.measure)]));
  return [...chosen].sort((a, b) => {
    const [left, right] = [worst.get(a) ?? -Infinity, worst.get(b) ?? -Infinity];
    return left === right ? 0 : right - left;
  });
}

/** The worst that any of these variants did to a layer, as `badness`. */
export function worstOf(layer: LayerReport, variants: readonly number[], measure: MeasureKey): number {
  return Math.max(
    -Infinity,
    ...variants.map((v) => {
      const variant = layer.variants[v];
      return variant ? badness(measure, variant) : -Infinity;
    }),
  );
}

function matches(layer: LayerReport, words: readonly string[]): boolean {
  const text = `${layer.name} ${layer.block} ${layer.kind}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

/** The kinds of layer that occur, in model order, with how many there are of each. */
export function kindsOf(layers: readonly { readonly kind: string }[]): readonly { kind: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const { kind } of layers) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, count]) => ({ kind, count }));
}
