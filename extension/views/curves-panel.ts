import type { CurveMark, CurvesFigure } from "../figures/curves";
import { placedElement, PlotPanel } from "./plot-panel";

/** How near, in pixels, the pointer must come to a point. */
const reach = 18;

/** Half of the ring around the active point, in pixels. */
const ringRadius = 9;

/** What a panel of curves tells. */
export interface CurvesPanelEvents {
  /** The pointer is near a point, or near none, at these coordinates of the window. */
  hover(mark: CurveMark | null, clientX: number, clientY: number): void;
  failed(error: unknown): void;
}

/** A plotly figure of curves with a pointer that knows their points, zoomed or not. */
export class CurvesPanel {
  readonly node: HTMLElement;
  private readonly panel: PlotPanel;
  private drawn: CurvesFigure | null = null;
  private active: CurveMark | null = null;

  constructor(private readonly events: CurvesPanelEvents) {
    this.panel = new PlotPanel(
      () => this.ring(),
      (error) => events.failed(error),
    );
    this.node = this.panel.node;
    this.node.addEventListener("pointermove", (event) => this.onMove(event));
    this.node.addEventListener("pointerleave", (event) => events.hover(null, event.clientX, event.clientY));
  }

  /** Draws, or draws again. */
  draw(drawn: CurvesFigure): Promise<void> {
    this.drawn = drawn;
    return this.panel.draw(drawn.figure);
  }

  /** Puts a ring around a point, or around none. */
  setActive(mark: CurveMark | null): void {
    this.active = mark;
    this.panel.repaint();
  }

  /** Where a point is in the window; null when it is zoomed out of sight. */
  positionOf(mark: CurveMark): { readonly x: number; readonly y: number } | null {
    const at = this.pixelOf(mark);
    const origin = this.node.getBoundingClientRect();
    return at && { x: origin.left + at.x, y: origin.top + at.y };
  }

  dispose(): void {
    this.panel.dispose();
  }

  /** In pixels of the panel. */
  private pixelOf(mark: CurveMark): { readonly x: number; readonly y: number } | null {
    if (!this.drawn) return null;
    const { plot } = this.drawn;
    const [xLow, xHigh] = this.panel.range("xaxis");
    const [yLow, yHigh] = this.panel.range("yaxis");
    const x = (mark.x - xLow) / (xHigh - xLow);
    const y = (mark.y - yLow) / (yHigh - yLow);
    if (x < -0.001 || x > 1.001 || y < -0.001 || y > 1.001) return null;
    return { x: plot.left + x * plot.width, y: plot.top + (1 - y) * plot.height };
  }

  private onMove(event: PointerEvent): void {
    const origin = this.node.getBoundingClientRect();
    const [x, y] = [event.clientX - origin.left, event.clientY - origin.top];
    let nearest: CurveMark | null = null;
    let distance = reach;
    for (const mark of this.drawn?.marks ?? []) {
      const at = this.pixelOf(mark);
      const away = at ? Math.hypot(at.x - x, at.y - y) : Infinity;
      if (away < distance) [nearest, distance] = [mark, away];
    }
    // While a button is down the reader zooms.
    this.events.hover(event.buttons === 0 ? nearest : null, event.clientX, event.clientY);
  }

  private ring(): readonly HTMLElement[] {
    const at = this.active && this.pixelOf(this.active);
    if (!at) return [];
    return [placedElement("cb-Mark-active cb-Mark-point", { left: at.x - ringRadius, top: at.y - ringRadius })];
  }
}
