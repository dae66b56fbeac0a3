/** Elements made from data: text goes in as text, never as markup. */

type Child = Node | string | null;

interface Attributes {
  readonly class?: string;
  readonly [attribute: string]: string | number | boolean | undefined;
}

/** What can have the focus. While it does, keys are its own and not the notebook's commands (Enter would edit the cell, arrows would
 *  leave it); JupyterLab looks for this mark on the very element that has the focus. */
const focusable: ReadonlySet<string> = new Set(["button", "input", "select", "summary"]);

/** An HTML element; text among its children stays text. Attributes that are undefined or false are left out. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  setAttributes(node, attributes);
  if (focusable.has(tag) || "tabindex" in attributes) node.setAttribute("data-lm-suppress-shortcuts", "true");
  for (const child of children) if (child !== null) node.append(child);
  return node;
}

const svgNamespace = "http://www.w3.org/2000/svg";

/** An SVG element. */
export function drawing(tag: string, attributes: Attributes, ...children: readonly Node[]): SVGElement {
  const node = document.createElementNS(svgNamespace, tag);
  setAttributes(node, attributes);
  node.append(...children);
  return node;
}

function setAttributes(node: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    node.setAttribute(name, value === true ? "" : String(value));
  }
}

let identities = 0;

/** An id that no other element of the page has. */
export const uniqueId = (word: string): string => `cb-${word}-${++identities}`;

/** A name that came from a file: shown as it is, and kept from turning the direction of what stands beside it. */
export const nameElement = (name: string, className: string): HTMLElement =>
  element("bdi", { class: className, title: name }, name);

const shapes: Readonly<Record<string, string>> = {
  circle: "M5 1a4 4 0 1 0 0 8a4 4 0 1 0 0-8z",
  square: "M1.4 1.4h7.2v7.2h-7.2z",
  diamond: "M5 0l5 5l-5 5l-5-5z",
  "triangle-up": "M5 .8l4.6 8h-9.2z",
  "triangle-down": "M5 9.2l4.6-8h-9.2z",
  pentagon: "M5 .6l4.4 3.2l-1.7 5.2h-5.4l-1.7-5.2z",
  hexagon: "M5 .4l4 2.3v4.6l-4 2.3l-4-2.3v-4.6z",
  star: "M5 0l1.4 3.4l3.6.3l-2.7 2.4l.8 3.6l-3.1-1.9l-3.1 1.9l.8-3.6l-2.7-2.4l3.6-.3z",
};

/** A variant's mark, as the figure draws it. */
export function markElement(colour: string, symbol: string): SVGElement {
  return drawing(
    "svg",
    { class: "cb-Mark", viewBox: "0 0 10 10", width: 10, height: 10, "aria-hidden": "true" },
    drawing("path", { d: shapes[symbol] ?? shapes.circle, fill: colour }),
  );
}

/** The mark of a bound: a short stretch of its line. */
export function boundMark(index: number): SVGElement {
  const dash = ["", "5 3", "2 2"][Math.max(0, index) % 3];
  return drawing(
    "svg",
    { class: "cb-Mark", viewBox: "0 0 18 10", width: 18, height: 10, "aria-hidden": "true" },
    drawing("path", { d: "M0 5h18", class: "cb-BoundLine", "stroke-dasharray": dash || undefined }),
  );
}
