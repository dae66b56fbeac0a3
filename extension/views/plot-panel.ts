import type { Figure } from "../figures/figure";
import { element } from "./dom";
import { draw, erase, type PlotElement } from "./plotly";

/** A plotly drawing under a layer of our own marks, which follow when the reader zooms. Screen readers get neither: they have words. */
export class PlotPanel {
  readonly node: HTMLElement;
  private readonly plot: PlotElement = element("div", { class: "cb-Plot", "aria-hidden": "true" });
  private readonly marks = element("div", { class: "cb-Marks", "aria-hidden": "true" });
  private figure: Figure | null = null;
  private listening = false;
  private disposed = false;

  /** `paint` makes the marks, in pixels of the panel, for the zoom of that moment. */
  constructor(
    private readonly paint: () => readonly HTMLElement[],
    private readonly failed: (error: unknown) => void,
  ) {
    this.node = element("div", { class: "cb-Panel" }, this.plot, this.marks);
  }

  /** Draws, or draws again; the drawing's height is reserved at once. */
  async draw(figure: Figure): Promise<void> {
    this.figure = figure;
    this.node.style.width = `${figure.layout.width}px`;
    this.node.style.height = `${figure.layout.height}px`;
    try {
      await draw(this.plot, figure);
    } catch (error) {
      if (!this.disposed) this.failed(error);
      return;
    }
    if (this.disposed) {
      erase(this.plot);
      return;
    }
    if (!this.listening) this.plot.on?.("plotly_relayout", () => this.repaint());
    this.listening = true;
    this.repaint();
  }

  /** Puts the marks where they belong now. */
  repaint(): void {
    this.marks.replaceChildren(...this.paint());
  }

  /** The visible range of an axis ("xaxis2"), after any zoom. */
  range(axis: string): readonly [number, number] {
    const [low, high] = this.plot.layout?.[axis]?.range ?? this.figure?.layout.axes[axis]?.range ?? [0, 1];
    return [low, high];
  }

  /** Frees what plotly holds. */
  dispose(): void {
    this.disposed = true;
    erase(this.plot);
    this.node.remove();
  }
}

/** An element that stands at these pixels of its panel. */
export function placedElement(
  className: string,
  pixels: { readonly left: number; readonly top: number; readonly width?: number; readonly height?: number },
): HTMLElement {
  const node = element("div", { class: className });
  for (const [side, length] of Object.entries(pixels)) node.style.setProperty(side, `${length}px`);
  return node;
}
