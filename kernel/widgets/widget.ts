/** What all widgets share: checked state, observers, layout and style, the way a cell shows them. */
import { OptionError } from "../errors";
import { checkOptionNames, nearestOrAll } from "../options";
import { Model, type ModelKind, type WireState } from "./model";
import {
  layoutOf,
  styleOf,
  type LayoutOptions,
  type StyleKind,
  type StyleOptions,
  type WidgetSettings,
} from "./settings";
import { flagOrNull, textOrNull, wireName, type Traits } from "./traits";

const displaySymbol = Symbol.for("Jupyter.display");

/** What an observer learns. */
export interface WidgetChange<T = unknown> {
  /** Which part of the state changed: "value". */
  readonly name: string;
  /** What it was. */
  readonly old: T;
  /** What it is now. */
  readonly new: T;
  /** The widget. */
  readonly owner: Widget;
}

/** Options of every widget. */
export interface WidgetOptions {
  /** Size, margins, place in a box, in the words of CSS. */
  readonly layout?: LayoutOptions;
  /** Colours and the width of the description; a widget without a style takes none. */
  readonly style?: StyleOptions;
  /** What appears when the pointer rests on it. */
  readonly tooltip?: string | null;
  /** Whether the Tab key reaches it; null: as the front end has it. */
  readonly tabbable?: boolean | null;
}

/** A kind of widget. */
export interface WidgetKind {
  /** "IntSlider". */
  readonly name: string;
  readonly model: ModelKind;
  readonly traits: Traits;
  /** Absent: it has no style. */
  readonly style?: StyleKind;
  /** Throws `OptionError` where values that are right one by one do not go together. */
  readonly together?: (state: Readonly<Record<string, unknown>>) => void;
  /** The package that draws it, where it is another than jupyterlab_widgets. */
  readonly drawnBy?: string;
}

type Observer = (change: never) => void;

const shared: Traits = { tooltip: textOrNull, tabbable: flagOrNull };

/** A control in the notebook. The last expression of a cell, or `display(widget)`, shows it; what the reader does with it changes its state
 *  here, and what a cell sets changes what the reader sees. A wrong value is an `OptionError`; outside a notebook making one is a
 *  `CodebookError` (code NO_FRONT_END). */
export abstract class Widget {
  /** Size and place. */
  readonly layout: WidgetSettings;
  /** Colours; undefined for a widget that has none. */
  readonly style: WidgetSettings | undefined;
  private readonly model: Model;
  private readonly kind: WidgetKind;
  private readonly traits: Traits;
  private readonly state: Record<string, unknown> = {};
  private readonly observers = new Map<string, Set<Observer>>();

  protected constructor(kind: WidgetKind, options: object = {}, hidden: WireState = {}) {
    this.kind = kind;
    this.traits = { ...kind.traits, ...shared };
    const names = Object.keys(this.traits);
    checkOptionNames(kind.name, options, [...names, "layout", ...(kind.style ? ["style"] : [])]);
    const given = options as Readonly<Record<string, unknown>>;
    for (const name of names) {
      const trait = this.traits[name];
      const value = given[name];
      this.state[name] = value === undefined ? trait.initial : trait.check(kind.name, name, value);
      if (!(name in this)) this.defineProperty(name);
    }
    kind.together?.(this.state);
    this.layout = layoutOf(kind.name, settingsGiven(kind.name, "layout", given.layout));
    this.style = kind.style && styleOf(kind.name, kind.style, settingsGiven(kind.name, "style", given.style));
    const wire = this.toWire(this.state);
    this.model = new Model(
      kind.model,
      {
        _dom_classes: [],
        ...wire,
        layout: this.layout.reference,
        ...(this.style ? { style: this.style.reference } : {}),
        ...hidden,
      },
      {
        changed: (state) => this.receive(state),
        custom: (content, buffers) => this.receiveCustom(content, buffers),
        closed: () => this.onClosed(),
      },
    );
  }

  /** The number of its model, by which front ends know it. */
  get id(): string {
    return this.model.id;
  }

  /** Whether it is closed: by `close`, or by the front end. */
  get closed(): boolean {
    return this.model.closed;
  }

  /** Changes several parts of the state at once: `slider.set({ min: 2, max: 8, value: 4 })`. */
  set(patch: Readonly<Record<string, unknown>>): void {
    checkOptionNames(`${this.kind.name}.set`, patch, Object.keys(this.traits));
    const next: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(patch))
      next[name] = this.traits[name].check(this.kind.name, name, value);
    this.kind.together?.({ ...this.state, ...next });
    this.apply(next);
  }

  /** Calls `handler` whenever the part `name` of the state changes, "value" unless said otherwise; by the reader or by a cell. What comes back
   *  ends that. What the handler prints and shows goes to the cell that set it. */
  observe(handler: (change: WidgetChange<this extends { value: infer V } ? V : unknown>) => void): () => void;
  observe<K extends keyof this & string>(handler: (change: WidgetChange<this[K]>) => void, name: K): () => void;
  observe(handler: (change: never) => void, name = "value"): () => void {
    const names = Object.keys(this.traits);
    if (!names.includes(name))
      throw new OptionError(`${this.kind.name}.observe(): it has no "${name}"; ${nearestOrAll(name, names)}`);
    if (typeof handler !== "function")
      throw new OptionError(`${this.kind.name}.observe(): the first argument is a function that gets the change`);
    const observers = this.observers.get(name) ?? new Set<Observer>();
    this.observers.set(name, observers.add(handler));
    return () => void observers.delete(handler);
  }

  /** Takes the widget out of every page, with its layout and style. */
  close(): void {
    this.model.close();
  }

  /** How a cell shows it; where the front end has no widgets, a sentence says what it needs. */
  [displaySymbol](): Record<string, unknown> {
    const value = "value" in this.state ? ` ${describeShort(this.state.value)}` : "";
    const drawnBy = this.kind.drawnBy ?? "jupyterlab_widgets";
    const sentence =
      `${this.kind.name}${value}. A control stands here where the front end draws widgets: JupyterLab and Notebook need ` +
      `the Python package ${drawnBy} for it (pip install ${drawnBy}, then load the page again).`;
    if (this.closed) return { "text/plain": `${this.kind.name}${value}, closed` };
    return {
      "application/vnd.jupyter.widget-view+json": { version_major: 2, version_minor: 0, model_id: this.id },
      "text/plain": sentence,
    };
  }

  /** How a console prints it: its name and its state. */
  [Symbol.for("nodejs.util.inspect.custom")](
    _: number,
    options: object,
    inspect: (value: unknown, options: object) => string,
  ): string {
    return `${this.kind.name} ${inspect({ ...this.state }, options)}${this.closed ? " (closed)" : ""}`;
  }

  /** The value of a part of the state. */
  protected read(name: string): unknown {
    return this.state[name];
  }

  /** How other widgets name it. */
  protected get reference(): string {
    return this.model.reference;
  }

  /** The reference of any widget, for the children of a box. */
  protected static referenceOf(widget: Widget): string {
    return widget.reference;
  }

  /** A message of the front end that is no change of state. */
  protected receiveCustom(content: unknown, buffers: readonly Uint8Array[]): void {
    void content;
    void buffers;
  }

  /** Sends a message that is no change of state. */
  protected sendCustom(content: unknown, buffers: Uint8Array[] = []): void {
    this.model.sendCustom(content, buffers);
  }

  /** State as it travels. */
  protected toWire(state: Readonly<Record<string, unknown>>): WireState {
    const entries = Object.entries(state).map(([name, value]) => [
      this.wireName(name),
      this.traits[name].toWire?.(value) ?? value,
    ]);
    return Object.fromEntries(entries) as WireState;
  }

  /** State of the front end by the names that it has here; what is not known is left out. */
  protected fromWire(state: WireState): Record<string, unknown> {
    const names = Object.keys(this.traits).filter((name) => Object.hasOwn(state, this.wireName(name)));
    return Object.fromEntries(names.map((name) => [name, state[this.wireName(name)]]));
  }

  /** The name of a part as it travels. */
  protected wireName(name: string): string {
    return wireName(name);
  }

  /** Sets checked values here and in the front ends, and tells the observers. */
  protected apply(next: Readonly<Record<string, unknown>>): void {
    const changes = Object.entries(next).filter(([name, value]) => !Object.is(this.state[name], value));
    if (changes.length === 0) return;
    const old = Object.fromEntries(changes.map(([name]) => [name, this.state[name]]));
    // The model comes first: a closed one refuses, and nothing has changed then.
    this.model.change(this.toWire(Object.fromEntries(changes)));
    Object.assign(this.state, Object.fromEntries(changes));
    for (const [name, value] of changes)
      for (const observer of [...(this.observers.get(name) ?? [])])
        observer({ name, old: old[name], new: value, owner: this } as never);
  }

  private receive(wire: WireState): void {
    const given = this.fromWire(wire);
    const next: Record<string, unknown> = {};
    try {
      for (const [name, value] of Object.entries(given))
        next[name] = this.traits[name].check(this.kind.name, name, value);
      this.kind.together?.({ ...this.state, ...next });
    } catch (error) {
      // What a front end sends may be anything: it gets the true state back, and the reader the reason.
      this.model.correct(Object.keys(given).map((name) => this.wireName(name)));
      throw error;
    }
    this.apply(next);
  }

  private onClosed(): void {
    this.layout.close();
    this.style?.close();
  }

  private defineProperty(name: string): void {
    Object.defineProperty(this, name, {
      enumerable: true,
      get: () => this.state[name],
      set: (value: unknown) => this.set({ [name]: value }),
    });
  }
}

function settingsGiven(widget: string, option: string, given: unknown): Readonly<Record<string, unknown>> {
  if (given === undefined) return {};
  if (typeof given === "object" && given !== null && !Array.isArray(given)) return given as Record<string, unknown>;
  throw new OptionError(`${widget}(): ${option} takes words of CSS by name, such as { width: "50%" }`);
}

function describeShort(value: unknown): string {
  if (ArrayBuffer.isView(value)) return `of ${value.byteLength} bytes`;
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
