import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ICommandPalette } from "@jupyterlab/apputils";
import { INotebookTracker } from "@jupyterlab/notebook";
import type { Kernel, KernelMessage } from "@jupyterlab/services";
import { Widget } from "@lumino/widgets";
import { variableLines, VariablesView } from "./views/variables-view";

/** The target of the kernel's that lists variables. */
const target = "codebook.variables";

const showCommand = "codebook:show-variables";

/** The side panel: the variables of the notebook in front, renewed after each cell. It speaks to the kernel over a comm of its own, and only to
 *  kernels of Codebook. */
class VariablesPanel extends Widget {
  private readonly view = new VariablesView();
  private kernel: Kernel.IKernelConnection | null = null;
  private comm: Kernel.IComm | null = null;

  constructor() {
    super();
    this.id = "codebook-variables";
    this.title.label = "Variables";
    this.title.caption = "Variables of the notebook (Codebook)";
    this.addClass("cb-VariablesPanel");
    this.node.append(this.view.node);
    this.view.say("Open a notebook to see its variables.");
  }

  /** Follows another kernel; null: there is none. */
  async follow(kernel: Kernel.IKernelConnection | null, sentence: string): Promise<void> {
    if (kernel !== null && kernel === this.kernel) return;
    this.kernel?.statusChanged.disconnect(this.onStatus, this);
    this.leave();
    this.kernel = kernel;
    this.view.say(sentence);
    if (kernel === null) return;
    kernel.statusChanged.connect(this.onStatus, this);
    await this.connect(kernel);
  }

  private async connect(kernel: Kernel.IKernelConnection): Promise<void> {
    try {
      const info = await kernel.info;
      if (this.kernel !== kernel || this.comm !== null) return;
      if (info.implementation !== "codebook") {
        this.view.say("This list is for notebooks of the kernel TypeScript (Codebook).");
        return;
      }
      const comm = kernel.createComm(target);
      this.comm = comm;
      comm.onMsg = (message: KernelMessage.ICommMsgMsg) => {
        const lines = variableLines(message.content.data);
        if (lines !== undefined && this.comm === comm) this.view.show(lines);
      };
      comm.onClose = () => {
        if (this.comm === comm) this.comm = null;
      };
      comm.open();
    } catch {
      if (this.kernel === kernel) this.view.say("The kernel does not answer.");
    }
  }

  private onStatus(kernel: Kernel.IKernelConnection, status: Kernel.Status): void {
    if (kernel !== this.kernel) return;
    if (status === "restarting" || status === "autorestarting" || status === "dead") {
      // The kernel that knew the comm is gone, and asking it to close would wait for nothing.
      this.comm = null;
      this.view.say(status === "dead" ? "The kernel has ended." : "The kernel restarts.");
    } else if (this.comm === null && (status === "idle" || status === "busy")) void this.connect(kernel);
  }

  private leave(): void {
    const { comm } = this;
    this.comm = null;
    if (comm !== null && !comm.isDisposed && this.kernel?.isDisposed === false) comm.close();
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.leave();
    super.dispose();
  }
}

/** The side panel with a notebook's variables. */
export const variablesPlugin: JupyterFrontEndPlugin<void> = {
  id: "jupyterlab-codebook:variables",
  description: "A side panel that lists the variables of a notebook: type, shape, dtype, size.",
  autoStart: true,
  requires: [INotebookTracker],
  optional: [ICommandPalette, ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
  ): void => {
    const panel = new VariablesPanel();
    app.shell.add(panel, "right", { rank: 950, type: "Codebook" });
    restorer?.add(panel, panel.id);
    let left = (): void => undefined;
    const follow = (): void => {
      left();
      const context = notebooks.currentWidget?.sessionContext;
      const update = (): void => {
        const kernel = context?.session?.kernel ?? null;
        const sentence =
          context === undefined ? "Open a notebook to see its variables." : "The notebook's kernel starts.";
        void panel.follow(kernel, kernel === null ? sentence : "Asking the kernel …");
      };
      context?.kernelChanged.connect(update);
      left = () => void context?.kernelChanged.disconnect(update);
      update();
    };
    notebooks.currentChanged.connect(follow);
    follow();
    app.commands.addCommand(showCommand, {
      label: "Show Variables of the Notebook",
      execute: () => app.shell.activateById(panel.id),
    });
    palette?.addItem({ command: showCommand, category: "Codebook" });
  },
};
