/** What the tests of views share: a page with a width, its frames, its reader's keys and pointer, and the files that were saved. */
import type { PlotElement } from "../../../extension/views/plotly";

// Lumino's widgets look for this type of event as they are loaded: a test of them imports this file first.
globalThis.DragEvent ??= class extends MouseEvent {} as unknown as typeof DragEvent;

/** As the reader zooms an axis of a drawing. */
export function zoom(plot: PlotElement, axis: string, range: readonly [number, number]): void {
  (plot as PlotElement & { zoom(axis: string, range: readonly number[]): void }).zoom(axis, range);
}

/** Gives every element this width, and the page the pieces of a browser that jsdom lacks. */
export function layOut(width: number): void {
  Object.defineProperty(HTMLElement.prototype, "clientWidth", { configurable: true, get: () => width });
  Object.defineProperty(document.documentElement, "clientHeight", { configurable: true, value: 800 });
  globalThis.structuredClone ??= <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
  globalThis.DOMRect ??= class {
    constructor(
      readonly left: number,
      readonly top: number,
      readonly width: number,
      readonly height: number,
    ) {}
    get right(): number {
      return this.left + this.width;
    }
    get bottom(): number {
      return this.top + this.height;
    }
  } as unknown as typeof DOMRect;
}

/** Waits until the next frame is drawn and what it began is done. */
export async function frame(): Promise<void> {
  await new Promise((resolve) => requestAnimationFrame(resolve));
  for (let i = 0; i < 4; i++) await new Promise((resolve) => setTimeout(resolve, 0));
}

/** An element in the page. */
export function place(): HTMLElement {
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  return root;
}

/** The first element of a selector; the test fails where there is none. */
export function the<E extends Element = HTMLElement>(root: ParentNode, selector: string): E {
  const found = root.querySelector<E>(selector);
  if (!found) throw new Error(`nothing matches ${selector}`);
  return found;
}

/** All elements of a selector. */
export const all = <E extends Element = HTMLElement>(root: ParentNode, selector: string): E[] => [
  ...root.querySelectorAll<E>(selector),
];

/** A key pressed while `node` has the focus; whether the view took it for itself. */
export function press(node: Element, key: string, modifiers: KeyboardEventInit = {}): boolean {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...modifiers });
  node.dispatchEvent(event);
  return event.defaultPrevented;
}

/** A pointer event; jsdom has none of its own. */
export function point(node: EventTarget, type: string, clientX = 0, clientY = 0, init: MouseEventInit = {}): void {
  node.dispatchEvent(new MouseEvent(type, { clientX, clientY, bubbles: true, ...init }));
}

/** The words of the option that the figure's place names as active: what a screen reader says. */
export function spokenOption(root: ParentNode): string | null {
  const id = the(root, ".cb-Figure").getAttribute("aria-activedescendant");
  return id === null ? null : (document.getElementById(id)?.textContent ?? null);
}

/** Chooses a word of a row of words. */
export function choose(root: ParentNode, words: string): void {
  const label = all(root, ".cb-Segment").find((one) => one.textContent === words);
  if (!label) throw new Error(`there is no choice "${words}"`);
  the<HTMLInputElement>(label, "input").click();
}

/** The files that were handed to the reader, in order: names, and their bytes as text. */
export const files: { readonly name: string; readonly text: () => Promise<string> }[] = [];

/** Catches downloads instead of starting them. */
export function catchFiles(): void {
  const blobs = new Map<string, Blob>();
  URL.createObjectURL = (blob: Blob): string => {
    const url = `blob:${blobs.size}`;
    blobs.set(url, blob);
    return url;
  };
  URL.revokeObjectURL = () => undefined;
  HTMLAnchorElement.prototype.click = function (): void {
    const blob = blobs.get(this.getAttribute("href") ?? "");
    if (!blob) return;
    files.push({
      name: this.download,
      text: () =>
        new Promise((resolve) => {
          const reader = new FileReader();
          reader.onload = () => resolve(String(reader.result));
          reader.readAsText(blob);
        }),
    });
  };
}

/** Nothing on the page is code, a link or a request: names stayed text. */
export function expectHarmless(): void {
  const bad = "script, a, img, iframe, object, embed, video, audio, form, foreignObject, math, style, link, base, meta";
  expect(all(document.body, bad)).toEqual([]);
  const handlers = all(document.body, "*").flatMap((node) =>
    node.getAttributeNames().filter((name) => name.startsWith("on")),
  );
  expect(handlers).toEqual([]);
}
