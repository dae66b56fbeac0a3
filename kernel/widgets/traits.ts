/** The parts of a widget's state: what each holds at first, and what it takes. A wrong value is an `OptionError` that says what is right. */
import { OptionError } from "../errors";
import { checkChoice, checkFlag, describe } from "../options";

/** A part of a state. */
export interface Trait<T = unknown> {
  readonly initial: T;
  /** The value as it is kept; throws `OptionError`. */
  check(widget: string, name: string, value: unknown): T;
  /** The value as it travels; absent: as it is kept. */
  toWire?(value: T): unknown;
}

/** The parts of a widget's state, by name. */
export type Traits = Readonly<Record<string, Trait>>;

const wrong = (widget: string, name: string, value: unknown, takes: string): OptionError =>
  new OptionError(`${widget}(): ${name} is ${describe(value)}; it takes ${takes}`);

/** A text. */
export const text = (initial = ""): Trait<string> => ({
  initial,
  check(widget, name, value) {
    if (typeof value === "string") return value;
    throw wrong(widget, name, value, "a text");
  },
});

/** A text, or null for none. */
export const textOrNull: Trait<string | null> = {
  initial: null,
  check: (widget, name, value) => (value === null ? null : text().check(widget, name, value)),
};

/** True, false, or null where the front end decides. */
export const flagOrNull: Trait<boolean | null> = {
  initial: null,
  check: (widget, name, value) => (value === null ? null : checkFlag(widget, name, value)),
};

/** True or false. */
export const flag = (initial: boolean): Trait<boolean> => ({
  initial,
  check: (widget, name, value) => checkFlag(widget, name, value),
});

/** A whole number. */
export const whole = (initial: number): Trait<number> => ({
  initial,
  check(widget, name, value) {
    if (typeof value === "number" && Number.isSafeInteger(value)) return value;
    throw wrong(widget, name, value, "a whole number");
  },
});

/** A finite number. */
export const real = (initial: number): Trait<number> => ({
  initial,
  check(widget, name, value) {
    if (typeof value === "number" && Number.isFinite(value)) return value;
    throw wrong(widget, name, value, "a finite number");
  },
});

/** One of these words. */
export const word = <T extends string>(choices: readonly T[], initial: T): Trait<T> => ({
  initial,
  check: (widget, name, value) => checkChoice(widget, name, value, choices),
});

/** The name as it travels: `continuousUpdate` is `continuous_update`. */
export const wireName = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
