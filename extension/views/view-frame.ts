import { visible } from "../figures/text";
import { button } from "./controls";
import { element, nameElement } from "./dom";
import { download, fileName } from "./download";
import { notice } from "./notice";
import { image } from "./plotly";
import { onThemeChange } from "./theme";
import type { Figure } from "../figures/figure";

/** The files that a figure can be saved as. */
export type DownloadKind = "png" | "svg" | "csv";

/** What every figure has on the page: a place that follows the page's width and theme, and a line that says what went wrong. */
export class ViewFrame {
  /** Where the figure stands; Tab reaches it. */
  readonly place = element("div", { class: "cb-Figure", tabindex: 0 });
  /** Read aloud when a sentence appears in it. */
  readonly problem = element("div", { "aria-live": "polite" });
  /** Of the place, in pixels; 0 until the page has laid it out. */
  width = 0;
  private request = 0;
  private disposed = false;
  private readonly stopTheme: () => void;

  constructor(
    private readonly draw: () => void,
    private readonly mostWidth = Infinity,
  ) {
    this.stopTheme = onThemeChange(() => this.redraw());
  }

  /** Draws again where the width is another one. */
  resize(): void {
    const width = Math.min(this.mostWidth, Math.floor(this.place.clientWidth));
    if (width === this.width || width === 0) return;
    this.width = width;
    this.redraw();
  }

  /** Draws once in the next animation frame, however often it is asked. */
  redraw(): void {
    cancelAnimationFrame(this.request);
    this.request = requestAnimationFrame(() => {
      if (!this.disposed && this.width > 0) this.draw();
    });
  }

  /** One sentence in the place of a figure that has nothing to show. */
  showEmpty(sentence: string): void {
    this.place.replaceChildren(notice(sentence, "empty"));
    this.place.removeAttribute("tabindex");
  }

  /** A table in the place of the figure: its own parts take the focus. */
  showTable(table: HTMLElement): void {
    this.place.removeAttribute("role");
    this.place.removeAttribute("tabindex");
    this.place.replaceChildren(table);
  }

  /** Says what went wrong. */
  fail(error: unknown): void {
    if (this.disposed) return;
    const reason = error instanceof Error ? error.message : String(error);
    this.problem.replaceChildren(notice(`The figure could not be drawn: ${reason.slice(0, 300)}`, "error"));
  }

  /** Hands a file to the reader: every number as CSV, or the figure as an image. `what` ends its name. */
  async save(kind: DownloadKind, name: string, what: string, csv: () => string, figure: () => Figure): Promise<void> {
    try {
      const bytes =
        kind === "csv" ? new Blob([csv()], { type: "text/csv;charset=utf-8" }) : await image(figure(), kind);
      download(bytes, fileName(name, what, kind));
    } catch (error) {
      this.fail(error);
    }
  }

  /** Ends what it listens to. */
  dispose(): void {
    this.disposed = true;
    cancelAnimationFrame(this.request);
    this.stopTheme();
  }
}

/** The first line of a view: what is studied, a quiet line, and the tools at the right. */
export const titleLine = (name: string, facts: string, tools: HTMLElement | null): HTMLElement =>
  element(
    "header",
    { class: "cb-Title" },
    nameElement(name, "cb-Model"),
    element("bdi", { class: "cb-Quiet" }, visible(facts)),
    tools,
  );

/** The buttons that save a figure, and the one that opens it in a tab where there are tabs. */
export function downloadButtons(save: (kind: DownloadKind) => void, openInTab?: () => void): HTMLElement {
  const buttons = element(
    "div",
    { class: "cb-Buttons", role: "group", "aria-label": "Download" },
    button("PNG", "Download the figure as PNG", () => save("png")),
    button("SVG", "Download the figure as SVG", () => save("svg")),
    button("CSV", "Download every number as CSV", () => save("csv")),
  );
  if (openInTab) buttons.append(button("Tab", "Open the figure in a tab of its own", openInTab));
  return buttons;
}
