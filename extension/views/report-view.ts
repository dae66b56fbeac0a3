import type { Report } from "../../kernel/report/types";
import { paints } from "../figures/colours";
import { reportCsv } from "../figures/csv";
import type { PlacedFigure } from "../figures/figure";
import { mapFigure } from "../figures/map";
import { bytes, count } from "../figures/numbers";
import { nextLayer, type Direction } from "../figures/walk";
import { paperFigure } from "../figures/paper";
import { rowsFigure } from "../figures/rows";
import { initialState, selectLayers, visibleVariants, type Preferences, type ViewState } from "../figures/state";
import { layerSentence, reportSummary } from "../figures/summary";
import { reportTable } from "../figures/table";
import { visible } from "../figures/text";
import { element, nameElement, uniqueId } from "./dom";
import { download, fileName } from "./download";
import { FigurePanel } from "./figure-panel";
import { LayerCard } from "./layer-card";
import { notice } from "./notice";
import { image } from "./plotly";
import { ReportControls, type DownloadKind } from "./report-controls";
import { TableView } from "./table-view";
import { onThemeChange, pageTheme } from "./theme";
import { layerTip, Tooltip } from "./tooltip";

/** What a view does for its place in the page. */
export interface MountedView {
  resize(): void;
  dispose(): void;
}

export interface ViewHost {
  readonly preferences: Preferences;
  openInTab?(): void;
}

const directions: Readonly<Record<string, Direction>> = {
  ArrowUp: "up",
  ArrowDown: "down",
  ArrowLeft: "left",
  ArrowRight: "right",
  Home: "first",
  End: "last",
};

/** Draws a report into `root` and keeps it alive: controls, figure, layer card, words. */
export class ReportView implements MountedView {
  private state: ViewState;
  private active: number | null = null;
  private placed: PlacedFigure | null = null;
  private width = 0;
  private near = false;
  private disposed = false;
  private frame = 0;
  private readonly controls: ReportControls;
  private readonly tooltip = new Tooltip();
  private readonly card: LayerCard;
  private readonly panel: FigurePanel;
  private readonly table: TableView;
  private readonly place: HTMLElement;
  private readonly problem = element("div", { "aria-live": "polite" });
  private readonly options = element("div", { class: "cb-Hidden" });
  private readonly words = element("div", { class: "cb-Words-body" });
  private readonly optionPrefix = uniqueId("layer");
  private readonly watcher: IntersectionObserver | null;
  private readonly stopTheme: () => void;

  constructor(
    private readonly root: HTMLElement,
    private readonly report: Report,
    host: ViewHost,
  ) {
    this.state = initialState(report, host.preferences);
    this.controls = new ReportControls(report, () => this.state, {
      change: (next) => this.change(next),
      download: (kind) => void this.download(kind),
      ...(host.openInTab ? { openInTab: () => host.openInTab?.() } : {}),
    });
    const failed = (error: unknown): void => this.fail(error);
    this.card = new LayerCard({ close: () => this.closeCard(), failed });
    this.panel = new FigurePanel({
      hover: (layer, x, y) => (layer === null ? this.tooltip.hide() : this.showTip(layer, x, y)),
      pick: (layer) => this.open(layer),
      failed,
    });
    this.table = new TableView("Layers as a table", {
      pick: (layer) => this.open(layer),
      group: (layer) => (this.state.order === "model" ? report.layers[layer].block : ""),
    });
    this.place = element("div", { class: "cb-Figure", tabindex: 0 }, this.panel.node, this.options);
    this.place.addEventListener("keydown", (event) => this.onKey(event));
    this.place.addEventListener("blur", () => this.tooltip.hide());
    const { model } = report;
    const facts = `${count(model.parameters)} parameters · ${bytes(model.bytes)} · ${visible(model.format)}`;
    root.replaceChildren(
      element(
        "header",
        { class: "cb-Title" },
        nameElement(model.name, "cb-Model"),
        element("bdi", { class: "cb-Quiet" }, facts),
        this.controls.downloads,
      ),
      this.controls.legend,
      this.controls.row,
      this.problem,
      this.place,
      this.card.node,
      element("details", { class: "cb-Words" }, element("summary", {}, "In words"), this.words),
    );
    this.stopTheme = onThemeChange(() => this.redraw());
    // A figure is drawn when it comes near the window, so that a notebook of many opens at once.
    this.watcher =
      typeof IntersectionObserver === "undefined"
        ? null
        : new IntersectionObserver(
            (entries) => {
              if (!entries.some((entry) => entry.isIntersecting)) return;
              this.near = true;
              this.watcher?.disconnect();
              this.redraw();
            },
            { rootMargin: "800px" },
          );
    this.near = this.watcher === null;
    this.watcher?.observe(root);
    this.resize();
  }

  resize(): void {
    const width = Math.floor(this.place.clientWidth);
    if (width === this.width || width === 0) return;
    this.width = width;
    this.redraw();
  }

  dispose(): void {
    this.disposed = true;
    cancelAnimationFrame(this.frame);
    this.watcher?.disconnect();
    this.stopTheme();
    this.tooltip.dispose();
    this.card.dispose();
    this.panel.dispose();
    this.root.replaceChildren();
  }

  private change(next: Partial<ViewState>): void {
    this.state = { ...this.state, ...next };
    this.tooltip.hide();
    this.redraw();
  }

  /** Draws once in the next frame, however often it is asked. */
  private redraw(): void {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => {
      if (this.disposed || this.width === 0) return;
      this.controls.update();
      this.drawFigure();
      this.drawCard();
      this.words.replaceChildren(...reportSummary(this.report, this.state).map((line) => element("p", {}, line)));
    });
  }

  private drawFigure(): void {
    const { report, state, width } = this;
    const layers = selectLayers(report, state);
    this.problem.replaceChildren();
    if (layers.length === 0) {
      const sentence =
        report.layers.length === 0
          ? "This report holds no layers: nothing was compressed."
          : "No layer matches the filter.";
      this.placed = null;
      this.place.replaceChildren(notice(sentence, "empty"));
      this.place.removeAttribute("tabindex");
      return;
    }
    if (state.layout === "table") {
      this.place.removeAttribute("role");
      this.place.removeAttribute("tabindex");
      this.place.replaceChildren(this.table.node);
      this.table.draw(reportTable(report, state), paints(report.variants.length, visibleVariants(report, state)));
      this.table.setActive(this.active);
      return;
    }
    const theme = pageTheme(this.root);
    this.placed =
      state.layout === "map" ? mapFigure(report, state, theme, width) : rowsFigure(report, state, theme, width);
    this.place.setAttribute("role", "listbox");
    this.place.setAttribute("tabindex", "0");
    this.place.setAttribute(
      "aria-label",
      `Quantization error and sparsity of ${layers.length} layers. Arrows move from layer to layer, Enter opens one, Escape closes it.`,
    );
    this.fillOptions(layers);
    this.place.replaceChildren(this.panel.node, this.options);
    if (this.active !== null && !layers.includes(this.active)) this.setActive(null);
    if (this.near) void this.panel.draw(this.placed);
    else this.panel.node.style.height = `${this.placed.figure.layout.height}px`;
  }

  private fillOptions(layers: readonly number[]): void {
    this.options.replaceChildren(
      ...layers.map((i) =>
        element(
          "div",
          { role: "option", id: `${this.optionPrefix}-${i}`, "aria-selected": i === this.active ? "true" : "false" },
          layerSentence(this.report, i, this.state),
        ),
      ),
    );
  }

  private setActive(layer: number | null): void {
    this.active = layer;
    for (const option of this.options.children)
      option.setAttribute("aria-selected", String(option.id === `${this.optionPrefix}-${layer}`));
    if (layer === null) this.place.removeAttribute("aria-activedescendant");
    else this.place.setAttribute("aria-activedescendant", `${this.optionPrefix}-${layer}`);
    this.panel.setActive(layer);
    this.table.setActive(layer);
  }

  private onKey(event: KeyboardEvent): void {
    if (event.target !== this.place || !this.placed || event.altKey || event.ctrlKey || event.metaKey) return;
    const direction = directions[event.key];
    if (direction) {
      const next = nextLayer(this.placed.panels[0]?.cells ?? [], this.active, direction);
      if (next !== null) this.moveTo(next);
    } else if (event.key === "Enter" || event.key === " ") {
      if (this.active !== null) this.open(this.active);
    } else if (event.key === "Escape") {
      if (this.card.open) this.closeCard();
      else this.setActive(null);
      this.tooltip.hide();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private moveTo(layer: number): void {
    this.setActive(layer);
    const rectangle = this.panel.rectangleOf(layer);
    const mark = this.place.querySelector(".cb-Mark-active");
    mark?.scrollIntoView?.({ block: "nearest", inline: "nearest" });
    if (this.card.open) this.drawCard();
    if (rectangle && !this.card.open) {
      const now = this.panel.rectangleOf(layer) ?? rectangle;
      this.showTip(layer, now.left + Math.min(now.width, 220), now.bottom);
    }
  }

  private showTip(layer: number, clientX: number, clientY: number): void {
    const { report, state } = this;
    this.tooltip.show(`${layer} ${state.hidden.join()}`, () => layerTip(report, state, layer), clientX, clientY);
  }

  private open(layer: number): void {
    this.setActive(layer);
    this.tooltip.hide();
    this.card.node.hidden = false;
    this.drawCard();
    this.card.node.scrollIntoView?.({ block: "nearest", behavior: "smooth" });
  }

  private drawCard(): void {
    if (!this.card.open || this.active === null) return;
    this.card.show(
      this.report,
      this.active,
      visibleVariants(this.report, this.state),
      pageTheme(this.root),
      this.width,
    );
  }

  private closeCard(): void {
    const inside = this.card.node.contains(document.activeElement);
    this.card.hide();
    if (inside || this.state.layout !== "table") this.place.focus({ preventScroll: true });
  }

  private async download(kind: DownloadKind): Promise<void> {
    const { name } = this.report.model;
    try {
      if (kind === "csv") {
        download(
          new Blob([reportCsv(this.report)], { type: "text/csv;charset=utf-8" }),
          fileName(name, "layers", "csv"),
        );
        return;
      }
      const state = this.state.layout === "table" ? { ...this.state, layout: "layers" as const } : this.state;
      const figure = paperFigure(this.report, state, Math.max(720, Math.min(this.width, 1200)));
      download(await image(figure, kind), fileName(name, state.layout === "map" ? "map" : "layers", kind));
    } catch (error) {
      this.fail(error);
    }
  }

  private fail(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.problem.replaceChildren(notice(`The figure could not be drawn: ${reason.slice(0, 300)}`, "error"));
  }
}
