import type { Report } from "../../kernel/report/types";
import { paints } from "../figures/colours";
import { histogramFigure, outsideSentence } from "../figures/histogram";
import { bytes, decibels, integer, shape, significant } from "../figures/numbers";
import type { Theme } from "../figures/theme";
import { button } from "./controls";
import { element, markElement, nameElement } from "./dom";
import { draw, erase, type PlotElement } from "./plotly";
import { measuresTable } from "./tooltip";

export interface CardEvents {
  close(): void;
  failed(error: unknown): void;
}

/** One layer opened: its weights before and after over one axis with the values that they can take, and a line of figures for each
 *  variant. */
export class LayerCard {
  readonly node: HTMLElement;
  private plot: PlotElement = element("div", { class: "cb-Plot" });
  private logarithmic = false;
  private shown: { report: Report; layer: number; variants: readonly number[]; theme: Theme; width: number } | null =
    null;

  constructor(private readonly events: CardEvents) {
    this.node = element("section", { class: "cb-Card", tabindex: -1, hidden: true });
    this.node.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      this.events.close();
    });
  }

  get open(): boolean {
    return !this.node.hidden;
  }

  show(report: Report, layer: number, variants: readonly number[], theme: Theme, width: number): void {
    this.shown = { report, layer, variants, theme, width };
    this.node.hidden = false;
    this.render();
  }

  hide(): void {
    this.node.hidden = true;
    this.shown = null;
    this.clear();
  }

  dispose(): void {
    this.clear();
  }

  private clear(): void {
    erase(this.plot);
    this.plot = element("div", { class: "cb-Plot" });
    this.node.replaceChildren();
  }

  private render(): void {
    if (!this.shown) return;
    const { report, layer: index, variants, theme, width } = this.shown;
    const layer = report.layers[index];
    const inside = Math.max(240, width - 34);
    const plotWidth = Math.min(inside, 760);
    const figure = histogramFigure(report, index, variants, this.logarithmic, theme, plotWidth);
    const facts = [
      layer.block,
      shape(layer.shape),
      layer.dtype,
      `${integer(layer.parameters)} weights`,
      bytes(layer.bytes),
    ];
    const close = button("Close", "Close this layer (Escape)", () => this.events.close());
    const tools = element("span", { class: "cb-Card-tools" }, figure ? this.logToggle() : null, close);
    erase(this.plot);
    this.plot = element("div", {
      class: "cb-Plot",
      role: "img",
      "aria-label": "Histogram of the weights before and after, with the values that they can take",
    });
    this.node.setAttribute("aria-label", `Layer ${layer.name}`);
    this.node.replaceChildren(
      element(
        "header",
        { class: "cb-Card-head" },
        element("h4", {}, nameElement(layer.name, "cb-Layer")),
        element("bdi", { class: "cb-Card-facts" }, facts.filter(Boolean).join(" · ")),
        tools,
      ),
      figure ? this.plot : element("p", { class: "cb-Quiet" }, "This report holds no histogram of this layer."),
      ...(figure ? [element("p", { class: "cb-Quiet" }, outsideSentence(report, index, variants))] : []),
      element("div", { class: "cb-Scroll" }, measuresTable(report, variants, index)),
      ...this.steps(report, index, variants),
    );
    if (figure) draw(this.plot, figure).catch((error: unknown) => this.events.failed(error));
  }

  private logToggle(): HTMLElement {
    const box = element("input", { type: "checkbox" });
    box.checked = this.logarithmic;
    box.addEventListener("change", () => {
      this.logarithmic = box.checked;
      this.render();
      this.node.querySelector<HTMLElement>("input[type=checkbox]")?.focus();
    });
    return element("label", { class: "cb-Check" }, box, "log count");
  }

  /** What each step did alone, where there is more than one. */
  private steps(report: Report, index: number, variants: readonly number[]): readonly HTMLElement[] {
    const paint = paints(report.variants.length, variants);
    const lines = variants.flatMap((v) => {
      const steps = report.layers[index].variants[v]?.steps ?? [];
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
          element("td", {}, decibels(step.sqnrDb)),
          element("td", {}, significant(step.rootMeanSquareError)),
          element("td", {}, significant(step.maxAbsError)),
        ),
      );
    });
    if (lines.length === 0) return [];
    const heads = ["SQNR", "RMSE", "largest error"].map((head) => element("th", { scope: "col" }, head));
    const first = element("th", { scope: "col", colspan: 2, class: "cb-Left" }, "each step on its own");
    return [
      element(
        "div",
        { class: "cb-Scroll" },
        element(
          "table",
          { class: "cb-Measures" },
          element("thead", {}, element("tr", {}, first, ...heads)),
          element("tbody", {}, ...lines),
        ),
      ),
    ];
  }
}
