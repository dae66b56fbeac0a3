import type { Report } from "../../kernel/report/types";
import { histogramFigure, outsideSentence } from "../figures/histogram";
import { bytes, integer, shape } from "../figures/numbers";
import type { Theme } from "../figures/theme";
import { button } from "./controls";
import { element, nameElement } from "./dom";
import { measuresTable, stepsTable } from "./measures-table";
import { warningList } from "./warning-list";
import { draw, erase, type PlotElement } from "./plotly";

/** What a card tells. */
export interface CardEvents {
  /** The reader closes it. */
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

  /** Whether it shows a layer. */
  get open(): boolean {
    return !this.node.hidden;
  }

  /** Shows a layer under these variants, `width` pixels wide. */
  show(report: Report, layer: number, variants: readonly number[], theme: Theme, width: number): void {
    this.shown = { report, layer, variants, theme, width };
    this.node.hidden = false;
    this.render();
  }

  /** Closes, and frees what plotly holds. */
  hide(): void {
    this.node.hidden = true;
    this.shown = null;
    this.clear();
  }

  /** Frees what plotly holds. */
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
    const steps = stepsTable(report, variants, index);
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
      ...warningList(report, variants, index),
      figure ? this.plot : element("p", { class: "cb-Quiet" }, "This report holds no histogram of this layer."),
      ...(figure ? [element("p", { class: "cb-Quiet" }, outsideSentence(report, index, variants))] : []),
      element("div", { class: "cb-Scroll" }, measuresTable(report, variants, index)),
      ...(steps ? [element("div", { class: "cb-Scroll" }, steps)] : []),
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
}
