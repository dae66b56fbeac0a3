import { reportToCsv } from "../../kernel/report/csv";
import type { Report } from "../../kernel/report/types";
import { paints } from "../figures/colours";
import type { PlacedFigure } from "../figures/figure";
import { mapFigure } from "../figures/map";
import { bytes, count } from "../figures/numbers";
import { paperFigure } from "../figures/paper";
import { reportTable } from "../figures/report-table";
import { rowsFigure } from "../figures/rows";
import { initialState, selectLayers, visibleVariants, type ViewState } from "../figures/state";
import { layerSentence, reportSummary } from "../figures/summary";
import { visible } from "../figures/text";
import { directionOf, nextLayer } from "../figures/walk";
import { element } from "./dom";
import { FigurePanel } from "./figure-panel";
import { LayerCard } from "./layer-card";
import { leftAloneParts } from "./left-alone";
import { layerTip } from "./layer-tip";
import type { MountedView, ViewHost } from "./mounted";
import { whenNear } from "./near";
import { OptionList } from "./option-list";
import { ReportControls } from "./report-controls";
import { TableView } from "./table-view";
import { pageTheme } from "./theme";
import { Tooltip } from "./tooltip";
import { downloadButtons, titleLine, ViewFrame, type DownloadKind } from "./view-frame";

/** Draws a report into `root` and keeps it alive: controls, figure, layer card, words. */
export class ReportView implements MountedView {
  private state: ViewState;
  private active: number | null = null;
  private placed: PlacedFigure | null = null;
  private near = false;
  private readonly frame = new ViewFrame(() => this.draw());
  private readonly options = new OptionList(this.frame.place, "layer");
  private readonly tooltip = new Tooltip();
  private readonly words = element("div", { class: "cb-Words-body" });
  private readonly controls: ReportControls;
  private readonly card: LayerCard;
  private readonly panel: FigurePanel;
  private readonly table: TableView;
  private readonly stopWatching: () => void;

  constructor(
    private readonly root: HTMLElement,
    private readonly report: Report,
    host: ViewHost,
  ) {
    this.state = initialState(report, host.preferences);
    this.controls = new ReportControls(
      report,
      () => this.state,
      (next) => this.change(next),
    );
    const failed = (error: unknown): void => this.frame.fail(error);
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
    const { place, problem } = this.frame;
    place.append(this.panel.node, this.options.node);
    place.addEventListener("keydown", (event) => this.onKey(event));
    place.addEventListener("blur", () => this.tooltip.hide());
    const { model } = report;
    root.replaceChildren(
      titleLine(
        model.name,
        `${count(model.parameters)} parameters · ${bytes(model.bytes)} · ${visible(model.format)}`,
        downloadButtons((kind) => void this.save(kind), host.openInTab),
      ),
      this.controls.legend,
      this.controls.row,
      problem,
      place,
      this.card.node,
      ...leftAloneParts(report),
      element("details", { class: "cb-Words" }, element("summary", {}, "In words"), this.words),
    );
    this.stopWatching = whenNear(root, () => {
      this.near = true;
      this.frame.redraw();
    });
    this.resize();
  }

  resize(): void {
    this.frame.resize();
  }

  dispose(): void {
    this.frame.dispose();
    this.stopWatching();
    this.tooltip.dispose();
    this.card.dispose();
    this.panel.dispose();
    this.root.replaceChildren();
  }

  private change(next: Partial<ViewState>): void {
    this.state = { ...this.state, ...next };
    this.tooltip.hide();
    this.frame.redraw();
  }

  private draw(): void {
    this.controls.update();
    this.drawLayers();
    this.drawCard();
    this.words.replaceChildren(...reportSummary(this.report, this.state).map((line) => element("p", {}, line)));
  }

  private drawLayers(): void {
    const { report, state } = this;
    const layers = selectLayers(report, state);
    this.frame.problem.replaceChildren();
    if (layers.length === 0) {
      this.placed = null;
      this.frame.showEmpty(
        report.layers.length === 0
          ? "This report holds no layers: nothing was compressed."
          : "No layer matches the filter.",
      );
    } else if (state.layout === "table") {
      this.frame.showTable(this.table.node);
      this.table.draw(reportTable(report, state), paints(report.variants.length, visibleVariants(report, state)));
      this.table.setActive(this.active);
    } else this.drawFigure(layers);
  }

  private drawFigure(layers: readonly number[]): void {
    const { report, state, frame } = this;
    const theme = pageTheme(this.root);
    const figureOf = state.layout === "map" ? mapFigure : rowsFigure;
    this.placed = figureOf(report, state, theme, frame.width);
    this.options.fill(
      `Quantization error and sparsity of ${layers.length} layers. Arrows move from layer to layer, Enter opens one, Escape closes it.`,
      layers.map((layer) => ({ key: String(layer), sentence: layerSentence(report, layer, state) })),
    );
    frame.place.replaceChildren(this.panel.node, this.options.node);
    if (this.active !== null && !layers.includes(this.active)) this.setActive(null);
    if (this.near) void this.panel.draw(this.placed);
    else this.panel.node.style.height = `${this.placed.figure.layout.height}px`;
  }

  private setActive(layer: number | null): void {
    this.active = layer;
    this.options.setActive(layer === null ? null : String(layer));
    this.panel.setActive(layer);
    this.table.setActive(layer);
  }

  private onKey(event: KeyboardEvent): void {
    if (event.target !== this.frame.place || !this.placed || event.altKey || event.ctrlKey || event.metaKey) return;
    const direction = directionOf(event.key);
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
    const mark = this.frame.place.querySelector(".cb-Mark-active");
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
    const { report, state, frame } = this;
    this.card.show(report, this.active, visibleVariants(report, state), pageTheme(this.root), frame.width);
  }

  private closeCard(): void {
    const inside = this.card.node.contains(document.activeElement);
    this.card.hide();
    if (inside || this.state.layout !== "table") this.frame.place.focus({ preventScroll: true });
  }

  private save(kind: DownloadKind): Promise<void> {
    const { report, frame } = this;
    // A table is saved as the picture of its rows.
    const layout = this.state.layout === "table" ? "layers" : this.state.layout;
    const what = kind === "csv" ? "layers" : layout;
    const figure = () => paperFigure(report, { ...this.state, layout }, Math.max(720, Math.min(frame.width, 1200)));
    return frame.save(kind, report.model.name, what, () => reportToCsv(report), figure);
  }
}
