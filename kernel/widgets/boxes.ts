/** Widgets beside or below each other. */
import { OptionError } from "../errors";
import { describe } from "../options";
import { control } from "./controls";
import type { WireState } from "./model";
import { word, type Trait } from "./traits";
import { Widget, type WidgetKind, type WidgetOptions } from "./widget";

/** Options of a box. */
export interface BoxOptions extends WidgetOptions {
  /** The colour of its border, by what it means. */
  readonly boxStyle?: "" | "success" | "info" | "warning" | "danger";
}

const children: Trait<readonly Widget[]> = {
  initial: [],
  check(widget, name, value) {
    if (!Array.isArray(value))
      throw new OptionError(`${widget}(): ${name} is ${describe(value)}; it takes a list of widgets`);
    for (const child of value as unknown[]) {
      if (!(child instanceof Widget))
        throw new OptionError(
          `${widget}(): ${describe(child)} is no widget; for text there is Label, for what cells show Output`,
        );
      if (child.closed) throw new OptionError(`${widget}(): a widget among its children is closed`);
    }
    return Object.freeze([...(value as Widget[])]);
  },
};

const box = (name: string): WidgetKind => ({
  name,
  model: control(name),
  traits: { children, boxStyle: word(["", "success", "info", "warning", "danger"], "") },
});

abstract class Box extends Widget {
  /** What is in it; a new list shows others. */
  declare children: readonly Widget[];

  protected override fromWire(state: WireState): Record<string, unknown> {
    // Front ends name children by the numbers of their models, and have none that the kernel does not know.
    return super.fromWire(Object.fromEntries(Object.entries(state).filter(([name]) => name !== "children")));
  }

  protected override toWire(state: Readonly<Record<string, unknown>>): WireState {
    const wire = super.toWire(state);
    if (Array.isArray(state.children))
      wire.children = (state.children as Widget[]).map((child) => Widget.referenceOf(child));
    return wire;
  }
}

const horizontal = box("HBox");
const vertical = box("VBox");

/** Widgets beside each other: `new widgets.HBox([slider, label])`. */
export class HBox extends Box {
  /** A box; `OptionError` for a child that is no widget. */
  constructor(children: readonly Widget[] = [], options: BoxOptions = {}) {
    super(horizontal, { ...options, children });
  }
}

/** Widgets below each other: `new widgets.VBox([slider, output])`. */
export class VBox extends Box {
  /** A box; `OptionError` for a child that is no widget. */
  constructor(children: readonly Widget[] = [], options: BoxOptions = {}) {
    super(vertical, { ...options, children });
  }
}
