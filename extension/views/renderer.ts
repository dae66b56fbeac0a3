import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import type { Message } from "@lumino/messaging";
import { Widget } from "@lumino/widgets";
import type { Preferences } from "../figures/state";
import type { MountedView } from "./mounted";
import { notice } from "./notice";
import { openView, type OpenedView } from "./views";

/** What the application lends to its views. */
export interface Surroundings {
  /** What the reader wants of every figure when it first appears. */
  readonly preferences: () => Preferences;
  /** Opens a view in a tab of its own, where the application has tabs. */
  readonly openInTab?: (view: OpenedView) => void;
}

/** One view on the page: checks what it is given, draws it, follows its size, cleans up. Nothing that it is given makes it throw. */
export class ViewWidget extends Widget {
  private static readonly opened = new WeakMap<Node, OpenedView>();

  /** The view that is drawn in a widget's node. */
  static viewAt(node: Node): OpenedView | undefined {
    return ViewWidget.opened.get(node);
  }

  private mounted: MountedView | null = null;
  private drawn = "";
  private readonly watcher: ResizeObserver | null;

  constructor(private readonly surroundings: Surroundings) {
    super();
    this.addClass("cb-View");
    this.watcher = typeof ResizeObserver === "undefined" ? null : new ResizeObserver(() => this.mounted?.resize());
    this.watcher?.observe(this.node);
  }

  /** Draws saved JSON in the place of what was there; a sentence where it cannot be drawn. */
  present(data: unknown): void {
    // An update that changes nothing keeps what the reader has chosen.
    const text = JSON.stringify(data) ?? "";
    if (this.mounted && text === this.drawn) return;
    this.drawn = text;
    this.mounted?.dispose();
    this.mounted = null;
    ViewWidget.opened.delete(this.node);
    try {
      this.mount(data);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.node.replaceChildren(notice(`This figure could not be drawn: ${reason.slice(0, 300)}`, "error"));
    }
  }

  private mount(data: unknown): void {
    if (data === undefined || data === null) {
      this.node.replaceChildren(notice("The figure is on its way.", "loading"));
      return;
    }
    const checked = openView(data);
    if (!checked.ok) {
      this.node.replaceChildren(notice(checked.sentence, checked.reason === "newer" ? "newer" : "error"));
      return;
    }
    const { view } = checked;
    ViewWidget.opened.set(this.node, view);
    const { openInTab, preferences } = this.surroundings;
    this.mounted = view.mount(this.node, {
      preferences: preferences(),
      ...(openInTab ? { openInTab: () => openInTab(view) } : {}),
    });
  }

  protected override onResize(message: Widget.ResizeMessage): void {
    super.onResize(message);
    this.mounted?.resize();
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this.mounted?.resize();
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.watcher?.disconnect();
    this.mounted?.dispose();
    this.mounted = null;
    super.dispose();
  }
}

/** The same, as JupyterLab's render machinery asks for it. */
export class ViewRenderer extends ViewWidget implements IRenderMime.IRenderer {
  constructor(
    private readonly mimeType: string,
    surroundings: Surroundings,
  ) {
    super(surroundings);
  }

  renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.present(model.data[this.mimeType]);
    return Promise.resolve();
  }
}
