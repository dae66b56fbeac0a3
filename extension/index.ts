import { ILabShell, type JupyterFrontEnd, type JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ICommandPalette, MainAreaWidget } from "@jupyterlab/apputils";
import { IRenderMimeRegistry } from "@jupyterlab/rendermime";
import { ISettingRegistry } from "@jupyterlab/settingregistry";
import { viewMimeType } from "../kernel/report/types";
import { defaultPreferences } from "./figures/state";
import { keepSliderKeys } from "./slider-keys";
import { toPreferences, withChoices } from "./settings";
import { ViewRenderer, ViewWidget, type Surroundings } from "./views/renderer";
import { PlotlyRenderer, plotlyMimeType } from "./views/plotly-figure";
import type { OpenedView } from "./views/views";
import { variablesPlugin } from "./variables";

const openCommand = "codebook:open-figure";
const figureSelector = ".cb-View";

/** Draws the views of Codebook wherever JupyterLab or Notebook show an output. The renderer is safe: it makes no markup from data and
 *  asks for nothing, so it also draws in a notebook that is not trusted. */
const views: JupyterFrontEndPlugin<void> = {
  id: "jupyterlab-codebook:views",
  description: "Figures of compression studies: quantization error, sparsity and size of each layer.",
  autoStart: true,
  requires: [IRenderMimeRegistry],
  optional: [ISettingRegistry, ILabShell, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    rendermime: IRenderMimeRegistry,
    settings: ISettingRegistry | null,
    labShell: ILabShell | null,
    palette: ICommandPalette | null,
  ): void => {
    let preferences = defaultPreferences;
    const surroundings: Surroundings = { preferences: () => preferences, ...(labShell ? { openInTab: open } : {}) };
    rendermime.addFactory(
      {
        safe: true,
        mimeTypes: [viewMimeType],
        defaultRank: 0,
        createRenderer: (options) => new ViewRenderer(options.mimeType, surroundings),
      },
      0,
    );
    // Behind plotly's own extension, where that is installed. Not safe: such a figure may ask for pictures of other places, so that in a notebook
    // that is not trusted it is not drawn.
    rendermime.addFactory({
      safe: false,
      mimeTypes: [plotlyMimeType],
      defaultRank: 95,
      createRenderer: () => new PlotlyRenderer(),
    });
    keepSliderKeys(document);
    settings?.transform(views.id, { fetch: withChoices });
    settings
      ?.load(views.id)
      .then((loaded) => {
        const read = (): void => {
          preferences = toPreferences(loaded.composite);
        };
        loaded.changed.connect(read);
        read();
      })
      .catch(() => {
        // Without its settings a figure appears in its default form.
      });

    function open(view: OpenedView): void {
      const content = new ViewWidget({ preferences: () => preferences });
      content.addClass("cb-View-tab");
      const tab = new MainAreaWidget({ content });
      tab.title.label = view.name;
      tab.title.caption = view.name;
      app.shell.add(tab, "main", { mode: "split-right" });
      content.present(view.data);
    }

    if (!labShell) return;
    app.commands.addCommand(openCommand, {
      label: "Open Codebook Figure in New Tab",
      isEnabled: () => figureUnderMenu(app) !== undefined,
      execute: () => {
        const view = figureUnderMenu(app);
        if (view) open(view);
      },
    });
    app.contextMenu.addItem({ command: openCommand, selector: `.jp-OutputArea ${figureSelector}`, rank: 10 });
    palette?.addItem({ command: openCommand, category: "Codebook" });
  },
};

/** The figure that the context menu was opened on, else the one with the focus. */
function figureUnderMenu(app: JupyterFrontEnd): OpenedView | undefined {
  const node =
    app.contextMenuHitTest((candidate) => candidate.classList.contains("cb-View")) ??
    document.activeElement?.closest<HTMLElement>(figureSelector) ??
    undefined;
  return node ? ViewWidget.viewAt(node) : undefined;
}

export default [views, variablesPlugin];
