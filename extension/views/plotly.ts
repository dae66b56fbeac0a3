import { plotlyLayout, type Figure } from "../figures/figure";
import type { ForeignFigure } from "../figures/foreign-figure";
import { importPlotly, type Plotly } from "./plotly-library";

/** An element that plotly has drawn in. */
export interface PlotElement extends HTMLElement {
  readonly layout?: Readonly<Record<string, { readonly range?: readonly number[] } | undefined>>;
  on?(event: "plotly_relayout", listener: () => void): void;
}

/** No TeX, no editing, no logo, no link outside; the reader's tools are our own. */
const config = {
  displayModeBar: false,
  displaylogo: false,
  typesetMath: false,
  editable: false,
  scrollZoom: false,
  showTips: false,
  showLink: false,
  sendData: false,
  responsive: false,
  doubleClick: "reset",
  plotlyServerURL: "",
  topojsonURL: "",
};

let library: Promise<Plotly> | null = null;

/** Plotly, fetched when the first figure needs it. A failed fetch is tried again by the next figure. */
function load(): Promise<Plotly> {
  library ??= importPlotly().catch((error: unknown) => {
    library = null;
    throw error;
  });
  return library;
}

/** Draws a figure into an element, or draws it again there. */
export async function draw(element: PlotElement, figure: Figure): Promise<void> {
  const plotly = await load();
  // Plotly writes into what it is given: it gets a copy.
  await plotly.react(element, structuredClone(figure.data), structuredClone(plotlyLayout(figure.layout)), config);
}

/** Draws a figure that others made, with its own settings and animations. */
export async function drawForeign(element: PlotElement, figure: ForeignFigure): Promise<void> {
  const plotly = await load();
  await plotly.newPlot(element, structuredClone(figure));
}

/** Frees what plotly holds for an element; nothing when it was never drawn. */
export function erase(element: PlotElement): void {
  if (element.layout) void load().then((plotly) => plotly.purge(element));
}

/** The figure as an image: the PNG at three times the size, for print. */
export async function image(figure: Figure, format: "png" | "svg"): Promise<Blob> {
  const plotly = await load();
  const { width, height } = figure.layout;
  const source = { data: structuredClone(figure.data), layout: structuredClone(plotlyLayout(figure.layout)), config };
  const url = await plotly.toImage(source, { format, width, height, scale: format === "png" ? 3 : 1 });
  return decode(url);
}

function decode(url: string): Blob {
  const comma = url.indexOf(",");
  const [head, body] = [url.slice(5, comma), url.slice(comma + 1)];
  const type = head.split(";")[0];
  if (!head.endsWith(";base64")) return new Blob([decodeURIComponent(body)], { type });
  return new Blob([Uint8Array.from(atob(body), (character) => character.charCodeAt(0))], { type });
}
