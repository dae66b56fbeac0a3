/** A picture whose bytes can change. */
import { OptionError } from "../errors";
import { describe } from "../options";
import { control } from "./controls";
import { text, type Trait } from "./traits";
import { Widget, type WidgetOptions } from "./widget";
import { bytesOf } from "./wire";

/** Options of a picture. */
export interface ImageOptions extends WidgetOptions {
  /** The bytes of a file: PNG, JPEG, GIF, WebP. */
  readonly value?: Uint8Array;
  /** What the bytes are: "png" (the default), "jpeg", "gif", "webp", "svg+xml". */
  readonly format?: string;
  /** Pixels, as text: "320"; "" for the picture's own. */
  readonly width?: string;
  readonly height?: string;
}

const bytes: Trait<Uint8Array> = {
  initial: new Uint8Array(),
  check(widget, name, value) {
    const found = bytesOf(value);
    if (found === undefined)
      throw new OptionError(`${widget}(): ${name} is ${describe(value)}; it takes the bytes of a picture`);
    return found;
  },
};

const image = {
  name: "Image",
  model: control("Image"),
  traits: { value: bytes, format: text("png"), width: text(), height: text() },
};

/** A picture: `new widgets.Image({ value: bytes, format: "png" })`. */
export class Image extends Widget {
  /** The bytes of the picture; a new array shows another one. */
  declare value: Uint8Array;
  /** What the bytes are. */
  declare format: string;

  /** A picture; `OptionError` for a value that is no bytes. */
  constructor(options: ImageOptions = {}) {
    super(image, options);
  }
}
