/** The one place that names plotly.js: a chunk of its own, fetched when it is asked for. */

/** The part of plotly.js that we call. */
export interface Plotly {
  react(element: HTMLElement, data: unknown, layout: unknown, config: unknown): Promise<unknown>;
  newPlot(element: HTMLElement, figure: unknown): Promise<unknown>;
  purge(element: HTMLElement): void;
  toImage(
    figure: unknown,
    options: { format: "png" | "svg"; width: number; height: number; scale: number },
  ): Promise<string>;
}

/** Plotly's cartesian bundle. */
export const importPlotly = async (): Promise<Plotly> =>
  (await import("plotly.js/dist/plotly-cartesian.min.js")).default as Plotly;
