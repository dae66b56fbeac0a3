import type { Report } from "../../kernel/report/types";
import { paints } from "../figures/colours";
import { quantities } from "../figures/measures";
import { integer, shape } from "../figures/numbers";
import { visibleVariants, type ViewState } from "../figures/state";
import { element, markElement, nameElement } from "./dom";

/** What stands beside the pointer. */
export class Tooltip {
  private readonly node = element("div", { class: "cb-Tip", role: "tooltip", hidden: true });
  private shown = "";

  /** Shows what `build` makes; it is asked again only when `key` is another one. */
  show(key: string, build: () => readonly HTMLElement[], clientX: number, clientY: number): void {
    if (key !== this.shown || !this.node.isConnected) {
      this.node.replaceChildren(...build());
      document.body.append(this.node);
      this.shown = key;
    }
    this.node.hidden = false;
    const { width, height } = this.node.getBoundingClientRect();
    const room = { x: document.documentElement.clientWidth, y: document.documentElement.clientHeight };
    // Below the pointer, so that the row stays in sight; above where there is no room.
    const x = Math.min(clientX + 16, room.x - width - 8);
    const y = clientY + 20 + height > room.y ? clientY - 16 - height : clientY + 20;
    this.node.style.left = `${Math.max(4, x)}px`;
    this.node.style.top = `${Math.max(4, y)}px`;
  }

  hide(): void {
    this.node.hidden = true;
  }

  dispose(): void {
    this.node.remove();
  }
}

/** The layer's name and everything that was measured of it. */
export function layerTip(report: Report, state: ViewState, layerIndex: number): readonly HTMLElement[] {
  const layer = report.layers[layerIndex];
  const facts = [layer.block, shape(layer.shape), layer.dtype, `${integer(layer.parameters)} weights`]
    .filter(Boolean)
    .join(" · ");
  return [
    element("div", { class: "cb-Tip-name" }, nameElement(layer.name, "cb-Layer")),
    element("div", { class: "cb-Tip-facts" }, element("bdi", {}, facts)),
    measuresTable(report, visibleVariants(report, state), layerIndex),
  ];
}

/** One line of figures per variant. */
export function measuresTable(report: Report, variants: readonly number[], layerIndex: number): HTMLElement {
  const paint = paints(report.variants.length, variants);
  const layer = report.layers[layerIndex];
  const heads = quantities(layer.variants.find((v) => v !== null) ?? nothing).map(({ label }) => label);
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
      : [element("td", { colspan: heads.length, class: "cb-Absent" }, "no such layer in this variant")];
    return element("tr", {}, name, ...cells);
  });
  return element(
    "table",
    { class: "cb-Measures" },
    element("thead", {}, element("tr", {}, element("td"), ...heads.map((h) => element("th", { scope: "col" }, h)))),
    element("tbody", {}, ...body),
  );
}

/** Stands in where no variant has the layer, so that the table still has its head. */
const nothing = {
  scheme: "",
  bytes: 0,
  bitsPerWeight: 0,
  meanSquaredError: 0,
  rootMeanSquareError: 0,
  sqnrDb: null,
  cosine: 1,
  maxAbsError: 0,
  sparsity: 0,
  entropyBits: 0,
  steps: [],
};
