/** Plotly as a double that records what it is asked for. */

/** A call of plotly's, with what it was given. */
export interface Call {
  readonly name: "react" | "newPlot" | "purge" | "toImage";
  readonly element: HTMLElement | null;
  readonly figure: { readonly data: unknown[]; readonly layout: Record<string, unknown> };
}

/** Everything that was asked of plotly, in order. */
export const calls: Call[] = [];

let failure: Error | null = null;

/** The next drawing fails so; null ends that. */
export const failWith = (error: Error | null): void => {
  failure = error;
};

/** Plotly's functions that we call; a drawing gets the axes of its layout, as from plotly, and listeners to its zoom. */
const plotlyDouble = {
  react(element: HTMLElement, data: unknown[], layout: Record<string, unknown>): Promise<void> {
    calls.push({ name: "react", element, figure: { data, layout } });
    if (failure) return Promise.reject(failure);
    const isNew = !("layout" in element);
    Object.assign(element, { layout });
    if (!isNew) return Promise.resolve();
    const drawing = element as HTMLElement & { layout: Record<string, unknown> };
    const listeners: (() => void)[] = [];
    Object.assign(element, {
      on: (_: string, listener: () => void) => listeners.push(listener),
      zoom(axis: string, range: readonly number[]) {
        Object.assign(drawing.layout, { [axis]: { ...(drawing.layout[axis] as object), range } });
        listeners.forEach((listen) => listen());
      },
    });
    return Promise.resolve();
  },
  newPlot(element: HTMLElement, figure: Call["figure"]): Promise<void> {
    calls.push({ name: "newPlot", element, figure });
    Object.assign(element, { layout: figure.layout });
    return failure ? Promise.reject(failure) : Promise.resolve();
  },
  purge(element: HTMLElement): void {
    calls.push({ name: "purge", element, figure: { data: [], layout: {} } });
  },
  toImage(figure: Call["figure"], { format }: { format: string }): Promise<string> {
    calls.push({ name: "toImage", element: null, figure });
    return Promise.resolve(
      format === "png" ? "data:image/png;base64,iVBORw==" : `data:image/svg+xml,${encodeURIComponent("<svg>é</svg>")}`,
    );
  },
};

/** In the place of the library. */
export const importPlotly = () => Promise.resolve(plotlyDouble);
