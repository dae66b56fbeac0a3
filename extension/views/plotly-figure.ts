import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import type { Message } from "@lumino/messaging";
import { Widget } from "@lumino/widgets";
import { foreignFigure } from "../figures/foreign-figure";
import { element } from "./dom";
import { notice } from "./notice";
import { drawForeign, erase, type PlotElement } from "./plotly";
import { onThemeChange, pageTheme } from "./theme";

/** The MIME type of plotly's own figures. */
export const plotlyMimeType = "application/vnd.plotly.v1+json";

/** A figure of plotly's own that a cell or another library made: drawn as it is, in the page's type and colours where it says nothing of
 *  them. A kind of trace that is not in our build of plotly is named instead of drawn as something else. */
export class PlotlyRenderer extends Widget implements IRenderMime.IRenderer {
  private readonly plot: PlotElement = element("div", { class: "cb-Foreign" });
  private data: unknown;
  private readonly stopTheme: () => void;

  constructor() {
    super();
    this.addClass("cb-View");
    this.stopTheme = onThemeChange(() => void this.present());
  }

  renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.data = model.data[plotlyMimeType];
    return this.present();
  }

  private async present(): Promise<void> {
    const figure = foreignFigure(this.data, pageTheme(this.node));
    if (!figure.ok) {
      this.node.replaceChildren(notice(figure.sentence, "error"));
      return;
    }
    if (!this.plot.isConnected) this.node.replaceChildren(this.plot);
    try {
      await drawForeign(this.plot, figure.figure);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.node.replaceChildren(notice(`This figure could not be drawn: ${reason.slice(0, 300)}`, "error"));
    }
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    if (this.data !== undefined) void this.present();
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.stopTheme();
    erase(this.plot);
    super.dispose();
  }
}
