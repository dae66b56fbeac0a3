/** Layout and style of a widget: models of their own, which several front ends keep beside it. */
import { checkOptionNames, nearestOrAll } from "../options";
import { OptionError } from "../errors";
import { Model, type ModelKind, type WireState } from "./model";
import { wireName } from "./traits";

const layoutNames = [
  ...["alignContent", "alignItems", "alignSelf", "borderBottom", "borderLeft", "borderRight", "borderTop"],
  ...["bottom", "display", "flex", "flexFlow", "gridArea", "gridAutoColumns", "gridAutoFlow", "gridAutoRows"],
  ...["gridColumn", "gridGap", "gridRow", "gridTemplateAreas", "gridTemplateColumns", "gridTemplateRows", "height"],
  ...["justifyContent", "justifyItems", "left", "margin", "maxHeight", "maxWidth", "minHeight", "minWidth"],
  ...["objectFit", "objectPosition", "order", "overflow", "padding", "right", "top", "visibility", "width"],
] as const;

/** Layout of a widget, in the words of CSS: `{ width: "50%", border: "1px solid" }`. */
export type LayoutOptions = Readonly<Record<string, string | null>>;

/** Style of a widget: `{ descriptionWidth: "initial", barColor: "teal" }`; which words it has depends on the widget. */
export type StyleOptions = Readonly<Record<string, string | null>>;

/** Layout or style of a widget. */
export class WidgetSettings {
  private readonly model: Model;
  private readonly values: Record<string, string | null>;

  /** `initial`: every word that it has, with what it means at first. */
  constructor(
    private readonly owner: string,
    kind: ModelKind,
    private readonly initial: Readonly<Record<string, string | null>>,
    given: Readonly<Record<string, unknown>>,
  ) {
    this.values = { ...initial, ...this.checked(given) };
    this.model = new Model(kind, toWire(this.values));
  }

  /** How the widget's own model names it. */
  get reference(): string {
    return this.model.reference;
  }

  /** The value of a word: `layout.get("width")`; null: as the front end has it. */
  get(name: string): string | null {
    if (!Object.hasOwn(this.values, name))
      throw new OptionError(`${this.owner}: unknown word "${name}"; ${nearestOrAll(name, Object.keys(this.initial))}`);
    return this.values[name];
  }

  /** Changes some words: `layout.set({ width: "50%" })`. `OptionError` for a word that it has not. */
  set(patch: Readonly<Record<string, string | null>>): void {
    const checked = this.checked(patch);
    Object.assign(this.values, checked);
    this.model.change(toWire(checked));
  }

  /** Closes the model. */
  close(): void {
    this.model.close();
  }

  private checked(given: Readonly<Record<string, unknown>>): Record<string, string | null> {
    const known = Object.keys(this.initial);
    const hasBorder = known.includes("borderTop");
    checkOptionNames(this.owner, given, hasBorder ? [...known, "border"] : known);
    const checked: Record<string, string | null> = {};
    for (const [name, value] of Object.entries(given)) {
      if (value !== null && typeof value !== "string")
        throw new OptionError(
          `${this.owner}(): ${name} is ${String(value)}; it takes a text as CSS has it, such as "50%"`,
        );
      const sides = name === "border" ? ["borderTop", "borderRight", "borderBottom", "borderLeft"] : [name];
      for (const side of sides) checked[side] = value;
    }
    return checked;
  }
}

const toWire = (values: Readonly<Record<string, string | null>>): WireState =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [wireName(name), value]));

const layoutKind: ModelKind = {
  module: "@jupyter-widgets/base",
  version: "2.0.0",
  model: "LayoutModel",
  view: "LayoutView",
};

/** The layout of a widget. */
export const layoutOf = (widget: string, given: Readonly<Record<string, unknown>>): WidgetSettings =>
  new WidgetSettings(
    `${widget}.layout`,
    layoutKind,
    Object.fromEntries(layoutNames.map((name) => [name, null])),
    given,
  );

/** Which style model a widget has, and the words of it. */
export interface StyleKind {
  readonly model: string;
  readonly words: Readonly<Record<string, string | null>>;
}

/** The style of a widget. */
export const styleOf = (
  widget: string,
  { model, words }: StyleKind,
  given: Readonly<Record<string, unknown>>,
): WidgetSettings =>
  new WidgetSettings(
    `${widget}.style`,
    {
      module: "@jupyter-widgets/controls",
      version: "2.0.0",
      model,
      view: "StyleView",
      viewModule: "@jupyter-widgets/base",
    },
    words,
    given,
  );
