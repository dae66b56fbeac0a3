/** Sliders and progress bars: a number between two others. */
import { OptionError } from "../errors";
import { control, described, styled } from "./controls";
import { flag, real, text, whole, word, type Trait, type Traits } from "./traits";
import { Widget, type WidgetKind, type WidgetOptions } from "./widget";

/** Options of a slider. */
export interface SliderOptions extends WidgetOptions {
  /** Where it stands; by default at 0, or at `min` where that is above. */
  readonly value?: number;
  /** The lowest value; 0 by default. */
  readonly min?: number;
  /** The highest value; 100 by default, 10 of a slider of any number. */
  readonly max?: number;
  /** From one value to the next; 1 by default, 0.1 of a slider of any number. */
  readonly step?: number;
  /** Words beside it. */
  readonly description?: string;
  /** Whether the words are HTML; false by default. */
  readonly descriptionAllowHtml?: boolean;
  /** Whether values come while it is dragged (true, the default) or when it is let go. */
  readonly continuousUpdate?: boolean;
  readonly orientation?: "horizontal" | "vertical";
  /** Whether the value stands beside it; true by default. */
  readonly readout?: boolean;
  /** How the value stands there, as d3-format has it: "d", ".2f", ".1%". */
  readonly readoutFormat?: string;
  readonly disabled?: boolean;
  /** What moves it: dragging, a tap on its line, or both. */
  readonly behavior?: "drag-tap" | "drag-snap" | "tap" | "drag" | "snap";
}

/** Options of a progress bar. */
export interface ProgressOptions extends WidgetOptions {
  /** How far it is; by default 0, or `min` where that is above. */
  readonly value?: number;
  /** Where it begins; 0 by default. */
  readonly min?: number;
  /** Where it ends; 100 by default. */
  readonly max?: number;
  /** Words beside it. */
  readonly description?: string;
  /** Whether the words are HTML; false by default. */
  readonly descriptionAllowHtml?: boolean;
  /** Its colour, by what it means. */
  readonly barStyle?: "" | "success" | "info" | "warning" | "danger";
  readonly orientation?: "horizontal" | "vertical";
}

type Bounds = Readonly<Record<string, unknown>> & {
  readonly min: number;
  readonly max: number;
  readonly value: number;
};

/** min ≤ value ≤ max. */
function inBounds(name: string, state: Readonly<Record<string, unknown>>): void {
  const { min, max, value } = state as Bounds;
  if (min > max) throw new OptionError(`${name}(): min is ${min} and max ${max}; min is at most max`);
  if (value < min || value > max)
    throw new OptionError(`${name}(): value is ${value}; it takes a number from ${min} to ${max}`);
}

/** The bounds with a value that lies in them, where none was given. */
export function withValue<O extends { readonly value?: number; readonly min?: number; readonly max?: number }>(
  options: O,
): O {
  if (typeof options !== "object" || options === null || options.value !== undefined) return options;
  const { min, max } = options;
  if (typeof min === "number" && min > 0) return { ...options, value: min };
  return typeof max === "number" && max < 0 ? { ...options, value: max } : options;
}

const sliderTraits = (
  number: (initial: number) => Trait<number>,
  max: number,
  step: number,
  format: string,
): Traits => ({
  value: number(0),
  min: number(0),
  max: number(max),
  step: {
    initial: step,
    check(widget, name, value) {
      const size = number(step).check(widget, name, value);
      if (size > 0) return size;
      throw new OptionError(`${widget}(): ${name} is ${size}; it takes a number above 0`);
    },
  },
  ...described,
  continuousUpdate: flag(true),
  orientation: word(["horizontal", "vertical"], "horizontal"),
  readout: flag(true),
  readoutFormat: text(format),
  disabled: flag(false),
  behavior: word(["drag-tap", "drag-snap", "tap", "drag", "snap"], "drag-tap"),
});

const sliderKind = (name: string, traits: Traits): WidgetKind => ({
  name,
  model: control(name),
  traits,
  style: styled("SliderStyle", "handleColor"),
  together: (state) => inBounds(name, state),
});

const intSlider = sliderKind("IntSlider", sliderTraits(whole, 100, 1, "d"));
const floatSlider = sliderKind("FloatSlider", sliderTraits(real, 10, 0.1, ".2f"));

abstract class Slider extends Widget {
  /** Where it stands. */
  declare value: number;
  /** The lowest value. */
  declare min: number;
  /** The highest value. */
  declare max: number;
  /** From one value to the next. */
  declare step: number;
  /** Words beside it. */
  declare description: string;
  /** Whether it can be moved. */
  declare disabled: boolean;
}

/** A slider of whole numbers: `new widgets.IntSlider({ value: 4, min: 1, max: 8, description: "bits" })`. */
export class IntSlider extends Slider {
  /** A slider; `OptionError` for a value that is no whole number or lies outside [min, max]. */
  constructor(options: SliderOptions = {}) {
    super(intSlider, withValue(options));
  }
}

/** A slider of any numbers: `new widgets.FloatSlider({ value: 0.5, max: 1, step: 0.05, description: "sparsity" })`. */
export class FloatSlider extends Slider {
  /** A slider; `OptionError` for a value that is no finite number or lies outside [min, max]. */
  constructor(options: SliderOptions = {}) {
    super(floatSlider, withValue(options));
  }
}

const progressKind = (name: string, number: (initial: number) => Trait<number>): WidgetKind => ({
  name,
  model: control(name, "Progress"),
  traits: {
    value: number(0),
    min: number(0),
    max: number(100),
    ...described,
    barStyle: word(["", "success", "info", "warning", "danger"], ""),
    orientation: word(["horizontal", "vertical"], "horizontal"),
  },
  style: styled("ProgressStyle", "barColor"),
  together: (state) => inBounds(name, state),
});

const intProgress = progressKind("IntProgress", whole);
const floatProgress = progressKind("FloatProgress", real);

abstract class Progress extends Widget {
  /** How far it is. */
  declare value: number;
  /** Where it begins. */
  declare min: number;
  /** Where it ends. */
  declare max: number;
  /** Words beside it. */
  declare description: string;
  /** Its colour, by what it means. */
  declare barStyle: "" | "success" | "info" | "warning" | "danger";
}

/** A progress bar of whole numbers: `new widgets.IntProgress({ max: 74, description: "layers" })`. */
export class IntProgress extends Progress {
  /** A bar; `OptionError` for a value that is no whole number or lies outside [min, max]. */
  constructor(options: ProgressOptions = {}) {
    super(intProgress, withValue(options));
  }
}

/** A progress bar of any numbers: `new widgets.FloatProgress({ max: 1 })`. */
export class FloatProgress extends Progress {
  /** A bar; `OptionError` for a value that is no finite number or lies outside [min, max]. */
  constructor(options: ProgressOptions = {}) {
    super(floatProgress, withValue(options));
  }
}
