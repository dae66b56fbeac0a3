/** Widgets whose page side is written in the notebook: a module of JavaScript, as the anywidget package loads it. */
import { OptionError } from "../errors";
import { checkOptionNames, describe } from "../options";
import type { Trait, Traits } from "./traits";
import { Widget, type WidgetOptions } from "./widget";

/** Options of a widget of one's own. */
export interface AnyWidgetOptions<S extends object> extends Pick<WidgetOptions, "layout"> {
  /** The module: `export default { render({ model, el }) { … } }`, where `model.get("value")`, `model.set("value", …)`, `model.save_changes()` and
   *  `model.on("change:value", …)` reach the state. */
  readonly esm: string;
  /** Style sheet; none by default. */
  readonly css?: string;
  /** What both sides share: JSON and bytes. */
  readonly state?: S;
}

const anything: Trait = {
  initial: null,
  check(widget, name, value) {
    if (typeof value === "function" || typeof value === "symbol" || value === undefined)
      throw new OptionError(`${widget}(): ${name} is ${describe(value)}; the state holds JSON and bytes`);
    return typeof value === "bigint" ? Number(value) : value;
  },
};

let made = 0;

class OwnWidget<S extends object> extends Widget {
  private readonly listeners = new Set<(content: unknown, buffers: readonly Uint8Array[]) => unknown>();

  /** A widget; `OptionError` where `esm` is no module's text. */
  constructor(options: AnyWidgetOptions<S>) {
    checkOptionNames("AnyWidget", options, ["esm", "css", "state", "layout"]);
    const { esm, css, state = {}, layout } = options;
    if (typeof esm !== "string" || esm.trim() === "")
      throw new OptionError(`AnyWidget(): esm is ${describe(esm)}; it takes the text of a module that exports render`);
    if (typeof state !== "object" || Array.isArray(state))
      throw new OptionError(`AnyWidget(): state is ${describe(state)}; it takes values by name`);
    for (const name of Object.keys(state))
      if (name.startsWith("_") || name in Widget.prototype || ["layout", "style", "tooltip", "tabbable"].includes(name))
        throw new OptionError(`AnyWidget(): the name "${name}" in the state is taken; give it another`);
    const traits: Traits = Object.fromEntries(Object.keys(state).map((name) => [name, anything]));
    const kind = {
      name: "AnyWidget",
      // The range that anywidget 0.11 asks for itself.
      model: { module: "anywidget", version: "~0.11.*", model: "AnyModel", view: "AnyView" },
      traits,
      drawnBy: "anywidget",
    };
    const hidden = { _esm: esm, ...(css === undefined ? {} : { _css: css }), _anywidget_id: `codebook.${++made}` };
    super(kind, { ...state, ...(layout === undefined ? {} : { layout }) }, hidden);
  }

  /** A part of the state. */
  get<K extends keyof S & string>(name: K): S[K] {
    return this.read(name) as S[K];
  }

  /** Calls `handler` for messages that the page sends by `model.send(content)`. Gives the widget back. */
  onMessage(handler: (content: unknown, buffers: readonly Uint8Array[]) => unknown): this {
    this.listeners.add(handler);
    return this;
  }

  /** Sends a message to the page, which gets it by `model.on("msg:custom", …)`. */
  send(content: unknown, buffers: Uint8Array[] = []): void {
    this.sendCustom(content, buffers);
  }

  protected override receiveCustom(content: unknown, buffers: readonly Uint8Array[]): void {
    for (const listener of [...this.listeners]) void listener(content, buffers);
  }

  /** The names of one's own state travel as they are. */
  protected override wireName(name: string): string {
    return name;
  }
}

/** A widget of one's own: `new widgets.AnyWidget({ esm, state: { value: 1 } })`. `S`: its state, whose parts are properties of the widget. Needs
 *  the Python package anywidget beside JupyterLab. */
export type AnyWidget<S extends object = Record<string, unknown>> = OwnWidget<S> & S;

/** Makes a widget of one's own; `OptionError` where `esm` is no module's text. */
export const AnyWidget = OwnWidget as unknown as new <S extends object>(options: AnyWidgetOptions<S>) => AnyWidget<S>;
