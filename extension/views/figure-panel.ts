import type { Cell, Panel, PlacedFigure } from "../figures/figure";
import { placedElement, PlotPanel } from "./plot-panel";

/** What a panel of layers tells. */
export interface PanelEvents {
  /** The pointer is over a layer, or over none, at these coordinates of the window. */
  hover(layer: number | null, clientX: number, clientY: number): void;
  /** A layer was clicked. */
  pick(layer: number): void;
  failed(error: unknown): void;
}

/** In pixels of the panel. */
interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** A plotly figure with a pointer that knows layers: any place in a layer's row or cell is that layer, in every panel, zoomed or not. */
export class FigurePanel {
  readonly node: HTMLElement;
  private readonly panel: PlotPanel;
  private placed: PlacedFigure | null = null;
  private hovered: number | null = null;
  private active: number | null = null;
  private pressed: { x: number; y: number } | null = null;

  constructor(private readonly events: PanelEvents) {
    this.panel = new PlotPanel(
      () => this.marks(),
      (error) => events.failed(error),
    );
    this.node = this.panel.node;
    this.node.addEventListener("pointermove", (event) => this.onMove(event));
    this.node.addEventListener("pointerleave", () => this.setHover(null, 0, 0));
    this.node.addEventListener("pointerdown", (event) => {
      this.pressed = event.button === 0 ? { x: event.clientX, y: event.clientY } : null;
    });
    // Plotly puts a cover over the page while the button is down: the release is heard on the window.
    window.addEventListener("pointerup", this.onRelease, true);
  }

  /** Draws, or draws again. */
  draw(placed: PlacedFigure): Promise<void> {
    this.placed = placed;
    return this.panel.draw(placed.figure);
  }

  /** Marks a layer, or none. */
  setActive(layer: number | null): void {
    this.active = layer;
    this.panel.repaint();
  }

  /** Where a layer is on the screen, for scrolling and for the tooltip of the keyboard. */
  rectangleOf(layer: number): DOMRect | null {
    const mark = this.rectangles(layer)[0];
    if (!mark) return null;
    const origin = this.node.getBoundingClientRect();
    return new DOMRect(origin.left + mark.left, origin.top + mark.top, mark.width, mark.height);
  }

  /** Ends what it listens to. */
  dispose(): void {
    window.removeEventListener("pointerup", this.onRelease, true);
    this.panel.dispose();
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
      this.panel.repaint();
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

  private range(panel: Panel, letter: "x" | "y"): readonly [number, number] {
    return this.panel.range(letter === "x" ? panel.xaxis : panel.yaxis);
  }

  private invert(panel: Panel, letter: "x" | "y", pixel: number): number {
    const [low, high] = this.range(panel, letter);
    return letter === "x"
      ? low + ((pixel - panel.left) / panel.width) * (high - low)
      : high + ((pixel - panel.top) / panel.height) * (low - high);
  }

  private rectangles(layer: number): Rectangle[] {
    const found: Rectangle[] = [];
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

  private place(panel: Panel, cell: Cell): Rectangle | null {
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

  private marks(): readonly HTMLElement[] {
    const marked = (layer: number | null, className: string): HTMLElement[] =>
      layer === null ? [] : this.rectangles(layer).map((rectangle) => placedElement(className, rectangle));
    const hovered = this.hovered === this.active ? null : this.hovered;
    return [...marked(this.active, "cb-Mark-active"), ...marked(hovered, "cb-Mark-hover")];
  }
}
