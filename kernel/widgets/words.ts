/** Text to write, and text to read. */
import { control, described, fontWords, styled } from "./controls";
import { flag, text } from "./traits";
import { Widget, type WidgetOptions } from "./widget";

/** What stands in a field where nothing was written: a space without width, as the front end has it. */
const noPlaceholder = "\u200b";

/** Options of a field for text. */
export interface TextOptions extends WidgetOptions {
  /** What stands in it; "" by default. */
  readonly value?: string;
  /** Shown where it is empty. */
  readonly placeholder?: string;
  /** Words beside it. */
  readonly description?: string;
  /** Whether the words are HTML; false by default. */
  readonly descriptionAllowHtml?: boolean;
  /** Whether values come with each letter (true, the default) or when the reader ends. */
  readonly continuousUpdate?: boolean;
  readonly disabled?: boolean;
}

const field = {
  name: "Text",
  model: control("Text"),
  traits: {
    value: text(),
    placeholder: text(noPlaceholder),
    ...described,
    continuousUpdate: flag(true),
    disabled: flag(false),
  },
  style: styled("TextStyle", "background", "fontSize", "textColor"),
};

/** A field for a line of text: `new widgets.Text({ description: "layers", placeholder: "attention" })`. */
export class Text extends Widget {
  /** What stands in it. */
  declare value: string;
  /** Words beside it. */
  declare description: string;
  /** Shown where it is empty. */
  declare placeholder: string;
  /** Whether it can be written in. */
  declare disabled: boolean;
  private readonly submitted = new Set<(text: string) => unknown>();

  /** A field; `OptionError` for a value that is no text. */
  constructor(options: TextOptions = {}) {
    super(field, options);
  }

  /** Calls `handler` when Enter is pressed in it. Gives the field back. */
  onSubmit(handler: (text: string) => unknown): this {
    this.submitted.add(handler);
    return this;
  }

  protected override receiveCustom(content: unknown): void {
    if (typeof content !== "object" || content === null || !("event" in content) || content.event !== "submit") return;
    for (const handler of [...this.submitted]) void handler(this.value);
  }
}

/** Options of a label. */
export interface LabelOptions extends WidgetOptions {
  /** The text. */
  readonly value?: string;
  /** Words beside it. */
  readonly description?: string;
  /** Whether the words are HTML; false by default. */
  readonly descriptionAllowHtml?: boolean;
  /** Shown where it is empty. */
  readonly placeholder?: string;
}

const readable = { value: text(), placeholder: text(noPlaceholder), ...described };

const label = {
  name: "Label",
  model: control("Label"),
  traits: readable,
  style: styled("LabelStyle", "background", ...fontWords),
};

/** A line of text, shown as it is: `new widgets.Label({ value: "20.8 dB" })`. */
export class Label extends Widget {
  /** The text. */
  declare value: string;
  /** Words beside it. */
  declare description: string;

  /** A label; `OptionError` for a value that is no text. */
  constructor(options: LabelOptions = {}) {
    super(label, options);
  }
}

const html = {
  name: "HTML",
  model: control("HTML"),
  traits: readable,
  style: styled("HTMLStyle", "background", "fontSize", "textColor"),
};

/** HTML, which the front end cleans of scripts: `new widgets.HTML({ value: "<b>done</b>" })`. Text of others is to be escaped first, as the tag
 *  `html` of a cell does. */
export class HTML extends Widget {
  /** The markup. */
  declare value: string;
  /** Words beside it. */
  declare description: string;

  /** A piece of HTML; `OptionError` for a value that is no text. */
  constructor(options: LabelOptions = {}) {
    super(html, options);
  }
}
