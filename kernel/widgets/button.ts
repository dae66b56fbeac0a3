/** A button. */
import { OptionError } from "../errors";
import { control, fontWords } from "./controls";
import { flag, text, word } from "./traits";
import { Widget, type WidgetOptions } from "./widget";

/** Options of a button. */
export interface ButtonOptions extends WidgetOptions {
  /** What stands on it. */
  readonly description?: string;
  readonly disabled?: boolean;
  /** Its colour, by what it means. */
  readonly buttonStyle?: "" | "primary" | "success" | "info" | "warning" | "danger";
  /** An icon of Font Awesome by its name: "play". */
  readonly icon?: string;
}

const words = ["buttonColor", ...fontWords];

const button = {
  name: "Button",
  model: control("Button"),
  traits: {
    description: text(),
    disabled: flag(false),
    buttonStyle: word(["", "primary", "success", "info", "warning", "danger"], ""),
    icon: text(),
  },
  style: { model: "ButtonStyleModel", words: Object.fromEntries(words.map((name) => [name, null])) },
};

/** A button: `new widgets.Button({ description: "Run" }).onClick(() => …)`. */
export class Button extends Widget {
  /** What stands on it. */
  declare description: string;
  /** Whether it can be pressed. */
  declare disabled: boolean;
  private readonly handlers = new Set<(button: Button) => unknown>();

  /** A button; `OptionError` for options that it has not. */
  constructor(options: ButtonOptions = {}) {
    super(button, options);
  }

  /** Calls `handler` when it is pressed; several are called in the order in which they were given. What a handler prints and shows goes to the
   *  cell that set it. Gives the button back. */
  onClick(handler: (button: Button) => unknown): this {
    if (typeof handler !== "function") throw new OptionError("Button.onClick(): it takes the function to call");
    this.handlers.add(handler);
    return this;
  }

  /** Ends what `onClick` began. */
  offClick(handler: (button: Button) => unknown): this {
    this.handlers.delete(handler);
    return this;
  }

  protected override receiveCustom(content: unknown): void {
    if (typeof content !== "object" || content === null || !("event" in content) || content.event !== "click") return;
    for (const handler of [...this.handlers]) {
      const result = handler(this);
      // The rejection of a handler that takes its time is shown as that of any promise which nobody awaits.
      void result;
    }
  }
}
