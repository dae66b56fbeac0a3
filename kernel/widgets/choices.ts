/** A choice of several things, and a yes or no. */
import { OptionError } from "../errors";
import { describe } from "../options";
import { control, described, styled } from "./controls";
import type { WireState } from "./model";
import { flag, type Trait } from "./traits";
import { Widget, type WidgetOptions } from "./widget";

/** Options of a list. `T`: what can be chosen. */
export interface DropdownOptions<T> extends WidgetOptions {
  /** What can be chosen, each as it is shown; or names and what they stand for: `{ "4 bits": 4 }`, a map, pairs. */
  readonly options:
    readonly T[] | readonly (readonly [string, T])[] | Readonly<Record<string, T>> | ReadonlyMap<string, T>;
  /** What is chosen at first; the first of the options by default, null for nothing. */
  readonly value?: T | null;
  /** Words beside it. */
  readonly description?: string;
  /** Whether the words are HTML; false by default. */
  readonly descriptionAllowHtml?: boolean;
  readonly disabled?: boolean;
}

/** What can be chosen, with the words that show it. */
interface Choices {
  readonly labels: readonly string[];
  readonly values: readonly unknown[];
}

/** Reads what can be chosen; throws `OptionError`. */
function choicesOf(options: unknown): Choices {
  const isPair = (item: unknown): boolean => Array.isArray(item) && item.length === 2 && typeof item[0] === "string";
  let pairs: [string, unknown][] | undefined;
  if (options instanceof Map || Object.prototype.toString.call(options) === "[object Map]")
    pairs = [...(options as Map<unknown, unknown>)].map(([label, value]) => [String(label), value]);
  else if (Array.isArray(options))
    pairs = options.map((item: unknown) => (isPair(item) ? (item as [string, unknown]) : [String(item), item]));
  else if (typeof options === "object" && options !== null) pairs = Object.entries(options);
  if (pairs === undefined)
    throw new OptionError(`Dropdown(): options is ${describe(options)}; it takes a list, a map, or names with values`);
  return { labels: pairs.map(([label]) => label), values: pairs.map(([, value]) => value) };
}

const anything: Trait = { initial: null, check: (_, __, value) => value };

const choices: Trait<Choices> = {
  initial: { labels: [], values: [] },
  check: (_, __, value) => (isChoices(value) ? value : choicesOf(value)),
};

const isChoices = (value: unknown): value is Choices =>
  typeof value === "object" && value !== null && "labels" in value && "values" in value && Object.isFrozen(value);

function together(state: Readonly<Record<string, unknown>>): void {
  const { values, labels } = state.options as Choices;
  if (state.value !== null && !values.includes(state.value))
    throw new OptionError(
      `Dropdown(): value is ${describe(state.value)}; there are ${labels.join(", ") || "no options"}`,
    );
}

const dropdown = {
  name: "Dropdown",
  model: control("Dropdown"),
  traits: { value: anything, options: choices, ...described, disabled: flag(false) },
  style: styled("DescriptionStyle"),
  together,
};

/** A list to choose from: `new widgets.Dropdown({ options: ["int4", "nf4"], description: "scheme" })`. */
export class Dropdown<T = string> extends Widget {
  /** What is chosen; null: nothing. */
  declare value: T | null;
  /** Words beside it. */
  declare description: string;
  /** Whether another can be chosen. */
  declare disabled: boolean;

  /** A list; `OptionError` for a value that is not among the options. */
  constructor(options: DropdownOptions<T>) {
    const found = Object.freeze(choicesOf((options as DropdownOptions<T> | undefined)?.options));
    const value = options.value === undefined ? (found.values[0] ?? null) : options.value;
    super(dropdown, { ...options, options: found, value });
  }

  /** Gives it other options; what is chosen stays where it is among them, else it is the first. */
  setOptions(options: DropdownOptions<T>["options"]): void {
    const found = Object.freeze(choicesOf(options));
    const value = found.values.includes(this.value) ? this.value : (found.values[0] ?? null);
    this.set({ options: found, value });
  }

  protected override toWire(state: Readonly<Record<string, unknown>>): WireState {
    const { value, options, ...rest } = state;
    const wire = super.toWire(rest);
    const { labels, values } = (options ?? this.read("options")) as Choices;
    if (options !== undefined) wire._options_labels = labels;
    if (value !== undefined || options !== undefined) {
      const at = values.indexOf(value === undefined ? this.read("value") : value);
      wire.index = at < 0 ? null : at;
    }
    return wire;
  }

  protected override fromWire(wire: WireState): Record<string, unknown> {
    const { index, ...rest } = wire;
    const state = super.fromWire(rest);
    if (index === undefined) return state;
    const { values } = this.read("options") as Choices;
    if (index !== null && (typeof index !== "number" || !(index in values)))
      throw new OptionError(`Dropdown(): index is ${describe(index)}; there are ${values.length} options`);
    return { ...state, value: index === null ? null : values[index as number] };
  }

  protected override wireName(name: string): string {
    return name === "value" ? "index" : name === "options" ? "_options_labels" : super.wireName(name);
  }
}

/** Options of a box to tick. */
export interface CheckboxOptions extends WidgetOptions {
  /** Whether it is ticked; false by default. */
  readonly value?: boolean;
  /** Words beside it. */
  readonly description?: string;
  /** Whether the words are HTML; false by default. */
  readonly descriptionAllowHtml?: boolean;
  readonly disabled?: boolean;
  /** Whether it stands in line with controls that have a description; true by default. */
  readonly indent?: boolean;
}

const checkbox = {
  name: "Checkbox",
  model: control("Checkbox"),
  traits: { value: flag(false), ...described, disabled: flag(false), indent: flag(true) },
  style: styled("CheckboxStyle", "background"),
};

/** A box to tick: `new widgets.Checkbox({ value: true, description: "rotate" })`. */
export class Checkbox extends Widget {
  /** Whether it is ticked. */
  declare value: boolean;
  /** Words beside it. */
  declare description: string;
  /** Whether it can be ticked. */
  declare disabled: boolean;

  /** A box; `OptionError` for a value that is not true or false. */
  constructor(options: CheckboxOptions = {}) {
    super(checkbox, options);
  }
}
