/** Which model of the front end each control is, and the parts of a state that controls share. */
import type { ModelKind } from "./model";
import type { StyleKind } from "./settings";
import { flag, text, type Traits } from "./traits";

/** A model of the package of controls. */
export const control = (name: string, view = name): ModelKind => ({
  module: "@jupyter-widgets/controls",
  version: "2.0.0",
  model: `${name}Model`,
  view: `${view}View`,
});

/** A description beside the control; `descriptionAllowHtml`: as HTML and not as text. */
export const described: Traits = { description: text(), descriptionAllowHtml: flag(false) };

/** A style model with the words of its own beside the width of the description. */
export const styled = (model: string, ...words: readonly string[]): StyleKind => ({
  model: `${model}Model`,
  words: { descriptionWidth: "", ...Object.fromEntries(words.map((word) => [word, null])) },
});

/** Words that say how text looks. */
export const fontWords = [
  "fontFamily",
  "fontSize",
  "fontStyle",
  "fontVariant",
  "fontWeight",
  "textColor",
  "textDecoration",
];
