import type { Report } from "../../kernel/report/types";
import { paints } from "../figures/colours";
import { measureNames, measures, type MeasureName } from "../figures/measures";
import { bits, bytes } from "../figures/numbers";
import { kindsOf, toggleVariant, visibleVariants, type LayoutName, type Order, type ViewState } from "../figures/state";
import { visible } from "../figures/text";
import { button, dropDown, filterField, Segments } from "./controls";
import { element, markElement, nameElement } from "./dom";

export type DownloadKind = "png" | "svg" | "csv";

export interface ControlEvents {
  change(next: Partial<ViewState>): void;
  download(kind: DownloadKind): void;
  openInTab?(): void;
}

/** The quiet row above the figure, and the variants as a legend that switches. */
export class ReportControls {
  readonly legend = element("div", { class: "cb-Variants", role: "group", "aria-label": "Variants" });
  readonly row = element("div", { class: "cb-Controls", role: "group", "aria-label": "Figure" });
  /** Stands at the right of the title. */
  readonly downloads: HTMLElement;
  private readonly measure: Segments<MeasureName>;
  private readonly axis: Segments<"linear" | "log">;
  private readonly order: Segments<Order>;
  private readonly layout: Segments<LayoutName>;
  private readonly chips: HTMLButtonElement[];

  constructor(
    private readonly report: Report,
    private readonly state: () => ViewState,
    events: ControlEvents,
  ) {
    this.measure = new Segments(
      "Measure",
      measureNames.map((value) => ({ value, label: measures[value].short, hint: measures[value].meaning })),
      (measure) => events.change({ measure }),
    );
    this.axis = new Segments(
      "Axis",
      [
        { value: "log", label: "log", hint: "Logarithmic axis" },
        { value: "linear", label: "linear", hint: "Linear axis" },
      ],
      (axis) => events.change({ logarithmic: axis === "log" }),
    );
    this.order = new Segments(
      "Order",
      [
        { value: "model", label: "model order" },
        { value: "worst", label: "worst first" },
      ],
      (order) => events.change({ order }),
    );
    this.layout = new Segments(
      "Form",
      [
        { value: "layers", label: "layers", hint: "One row for each layer" },
        { value: "map", label: "map", hint: "One column for each block, one row for each kind of layer" },
        { value: "table", label: "table" },
      ],
      (layout) => events.change({ layout }),
    );
    const kinds = kindsOf(report.layers);
    const kind = dropDown(
      "Kind of layer",
      "all kinds",
      kinds.map((k) => ({ value: k.kind, text: `${visible(k.kind)} (${k.count})` })),
      (value) => events.change({ kind: value }),
    );
    kind.hidden = kinds.length < 2;
    this.downloads = element(
      "div",
      { class: "cb-Buttons", role: "group", "aria-label": "Download" },
      button("PNG", "Download the figure as PNG", () => events.download("png")),
      button("SVG", "Download the figure as SVG", () => events.download("svg")),
      button("CSV", "Download every number as CSV", () => events.download("csv")),
    );
    const { openInTab } = events;
    if (openInTab) this.downloads.append(button("Tab", "Open the figure in a tab of its own", openInTab));
    this.row.append(
      this.measure.node,
      this.axis.node,
      this.order.node,
      this.layout.node,
      kind,
      filterField("filter layers…", (text) => events.change({ text })),
    );
    this.chips = report.variants.map((variant, i) => {
      const chip = element("button", { type: "button", class: "cb-Chip" });
      chip.title = visible(variant.name);
      chip.addEventListener("click", () => events.change(toggleVariant(report, this.state(), i)));
      return chip;
    });
    this.legend.append(...this.chips);
  }

  /** Shows what is chosen. */
  update(): void {
    const state = this.state();
    this.measure.set(state.measure);
    this.axis.set(state.logarithmic ? "log" : "linear");
    this.axis.show(measures[state.measure].logarithmic && state.layout !== "table");
    this.order.set(state.order);
    this.order.show(state.layout !== "map");
    this.layout.set(state.layout);
    const paint = paints(this.report.variants.length, visibleVariants(this.report, state));
    this.chips.forEach((chip, i) => {
      const { name, bytes: size, bitsPerWeight } = this.report.variants[i];
      chip.setAttribute("aria-pressed", String(!state.hidden.includes(i)));
      chip.replaceChildren(
        markElement(paint[i].colour, paint[i].symbol),
        nameElement(name, "cb-VariantName"),
        element("span", { class: "cb-Quiet" }, `${bytes(size)} · ${bits(bitsPerWeight)} bits/weight`),
      );
    });
  }
}
