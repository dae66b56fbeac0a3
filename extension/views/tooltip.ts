import { element } from "./dom";

/** What stands beside the pointer. */
export class Tooltip {
  private readonly node = element("div", { class: "cb-Tip", role: "tooltip", hidden: true });
  private shown = "";

  /** Shows what `build` makes; it is asked again only when `key` is another one. */
  show(key: string, build: () => readonly HTMLElement[], clientX: number, clientY: number): void {
    if (key !== this.shown || !this.node.isConnected) {
      this.node.replaceChildren(...build());
      document.body.append(this.node);
      this.shown = key;
    }
    this.node.hidden = false;
    const { width, height } = this.node.getBoundingClientRect();
    const room = { x: document.documentElement.clientWidth, y: document.documentElement.clientHeight };
    // Below the pointer, so that the row stays in sight; above where there is no room.
    const x = Math.min(clientX + 16, room.x - width - 8);
    const y = clientY + 20 + height > room.y ? clientY - 16 - height : clientY + 20;
    this.node.style.left = `${Math.max(4, x)}px`;
    this.node.style.top = `${Math.max(4, y)}px`;
  }

  hide(): void {
    this.node.hidden = true;
  }

  dispose(): void {
    this.node.remove();
  }
}
