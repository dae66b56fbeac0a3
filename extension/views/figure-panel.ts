import type { Cell, Panel, PlacedFigure } from "../figures/figure";
import { element } from "./dom";
import { draw, erase, type PlotElement } from "./plotly";

export interface PanelEvents {
  hover(layer: number | null, clientX: number, clientY: number): void;
  pick(layer: number): void;
  failed(error: unknown): void;
}

/** A plotly figure with a pointer that knows layers: any place in a layer's row or cell is that layer, in every panel, zoomed or not. */
export class FigurePanel {
  readonly node: HTMLElement;
  private readonly plot: PlotElement = element("div", { class: "cb-Plot", "aria-hidden": "true" });
  private readonly marks = element("div", { class: "cb-Marks", "aria-hidden": "true" });
  private placed: PlacedFigure | null = null;
  private hovered: number | null = null;
  private active: number | null = null;
  private listening = false;
  private disposed = false;
  private pressed: { x: number; y: number } | null = null;

  constructor(private readonly events: PanelEvents) {
    this.node = element("div", { class: "cb-Panel" }, this.plot, this.marks);
    this.node.addEventListener("pointermove", (event) => this.onMove(event));
    this.node.addEventListener("pointerleave", () => this.setHover(null, 0, 0));
    this.node.addEventListener("pointerdown", (event) => {
      this.pressed = event.button === 0 ? { x: event.clientX, y: event.clientY } : null;
    });
    // Plotly puts a cover over the page while the button is down: the release is heard on the window.
    window.addEventListener("pointerup", this.onRelease, true);
  }

  /** Draws, or draws again; the drawing's height is reserved at once. */
  async draw(placed: PlacedFigure): Promise<void> {
    this.placed = placed;
    const { width, height } = placed.figure.layout;
    this.node.style.width = `${width}px`;
    this.node.style.height = `${height}px`;
    try {
      await draw(this.plot, placed.figure);
    } catch (error) {
      if (!this.disposed) this.events.failed(error);
      return;
    }
    if (this.disposed) {
      erase(this.plot);
      return;
    }
    if (!this.listening) {
      this.plot.on?.("plotly_relayout", () => this.paintMarks());
      this.listening = true;
    }
    this.paintMarks();
  }

  setActive(layer: number | null): void {
    this.active = layer;
    this.paintMarks();
  }

  /** Where a layer is on the screen, for scrolling and for the tooltip of the keyboard. */
  rectangleOf(layer: number): DOMRect | null {
    const mark = this.rectangles(layer)[0];
    if (!mark) return null;
    const origin = this.node.getBoundingClientRect();
    return new DOMRect(origin.left + mark.left, origin.top + mark.top, mark.width, mark.height);
  }

  dispose(): void {
    this.disposed = true;
    window.removeEventListener("pointerup", this.onRelease, true);
    erase(this.plot);
    this.node.remove();
  }

  private onMove(event: PointerEvent): void {
    if (event.buttons !== 0) return this.setHover(null, 0, 0);
    this.setHover(this.layerAt(event.clientX, event.clientY), event.clientX, event.clientY);
  }

  private readonly onRelease = (event: PointerEvent): void => {
    const start = this.pressed;
    this.pressed = null;
    if (!start || Math.hypot(event.clientX - start.x, event.clientY - start.y) > 4) return;
    const layer = this.layerAt(event.clientX, event.clientY);
    if (layer !== null) this.events.pick(layer);
  };

  private setHover(layer: number | null, clientX: number, clientY: number): void {
    if (layer !== this.hovered) {
      this.hovered = layer;
      this.paintMarks();
    }
    this.events.hover(layer, clientX, clientY);
  }

  private layerAt(clientX: number, clientY: number): number | null {
    const origin = this.node.getBoundingClientRect();
    const [x, y] = [clientX - origin.left, clientY - origin.top];
    for (const panel of this.placed?.panels ?? []) {
      const wide = panel.cells.some((cell) => cell.x === null);
      if (y < panel.top || y > panel.top + panel.height) continue;
      // A row reaches over its label and the gaps between panels.
      if (!wide && (x < panel.left || x > panel.left + panel.width)) continue;
      const [dataX, dataY] = [this.invert(panel, "x", x), this.invert(panel, "y", y)];
      const cell = panel.cells.find(
        (c) => Math.abs(c.y - dataY) <= 0.5 && (c.x === null || Math.abs(c.x - dataX) <= 0.5),
      );
      if (cell) return cell.layer;
    }
    return null;
  }

  /** The visible range of a panel's axis, after any zoom. */
  private range(panel: Panel, letter: "x" | "y"): readonly [number, number] {
    const name = letter === "x" ? panel.xaxis : panel.yaxis;
    const [low, high] = this.plot.layout?.[name]?.range ?? this.placed?.figure.layout.axes[name]?.range ?? [0, 1];
    return [low, high];
  }

  private invert(panel: Panel, letter: "x" | "y", pixel: number): number {
    const [low, high] = this.range(panel, letter);
    return letter === "x"
      ? low + ((pixel - panel.left) / panel.width) * (high - low)
      : high + ((pixel - panel.top) / panel.height) * (low - high);
  }

  private rectangles(layer: number): { left: number; top: number; width: number; height: number }[] {
    const found: { left: number; top: number; width: number; height: number }[] = [];
    const rows = new Set<number>();
    for (const panel of this.placed?.panels ?? []) {
      const cell = panel.cells.find((c) => c.layer === layer);
      if (!cell) continue;
      const rectangle = this.place(panel, cell);
      if (!rectangle) continue;
      // The columns of one row share a band across the figure.
      if (cell.x === null && rows.has(rectangle.top)) continue;
      rows.add(rectangle.top);
      found.push(rectangle);
    }
    return found;
  }

  private place(panel: Panel, cell: Cell): { left: number; top: number; width: number; height: number } | null {
    const [yLow, yHigh] = this.range(panel, "y");
    // Rows count downwards: the axis runs from its low end at the bottom to its high end at the top.
    const unit = panel.height / (yLow - yHigh);
    const top = panel.top + (cell.y - 0.5 - yHigh) * unit;
    if (top + unit < panel.top + 1 || top > panel.top + panel.height - 1) return null;
    if (cell.x === null) return { left: 0, top, width: this.placed?.figure.layout.width ?? 0, height: unit };
    const [xLow, xHigh] = this.range(panel, "x");
    const cellWidth = panel.width / (xHigh - xLow);
    const left = panel.left + (cell.x - 0.5 - xLow) * cellWidth;
    if (left + cellWidth < panel.left + 1 || left > panel.left + panel.width - 1) return null;
    return { left, top, width: cellWidth, height: unit };
  }

  private paintMarks(): void {
    const marks: HTMLElement[] = [];
    const paint = (layer: number | null, className: string): void => {
      if (layer === null) return;
      for (const { left, top, width, height } of this.rectangles(layer)) {
        const mark = element("div", { class: className });
        mark.style.left = `${left}px`;
        mark.style.top = `${top}px`;
        mark.style.width = `${width}px`;
        mark.style.height = `${height}px`;
        marks.push(mark);
      }
    };
    paint(this.active, "cb-Mark-active");
    if (this.hovered !== this.active) paint(this.hovered, "cb-Mark-hover");
    this.marks.replaceChildren(...marks);
  }
}
