/** The names that every cell has without an import, as TypeScript declarations: what completion and hover show.
 *  Their values are made in globals.ts. */
export const ambientDeclarations = `
interface ImportMeta {
  /** The notebook's folder, and a file in it that stands for the notebook. */
  readonly dirname: string;
  readonly filename: string;
  readonly url: string;
}

/** One value in several representations, by MIME type; text, or plain JSON for "+json" types. */
interface MimeBundle {
  data: Record<string, unknown>;
  metadata?: Record<string, unknown>;
}

/** An output that was shown and can be changed. */
interface DisplayHandle {
  /** The id that other calls of display() can name. */
  readonly displayId: string;
  /** Replaces what is shown, in every place where this display appears. */
  update(value: unknown): void;
}

/** A value that shows itself as HTML, SVG or Markdown: the last expression of a cell, or display(html(...)). */
interface DisplayableText {
  readonly text: string;
}

/**
 * Shows a value in the cell's output, as the last expression of a cell would be shown.
 * @param value anything; a MimeBundle, or an object with a [Symbol.for("Jupyter.display")]() method, chooses its own form
 * @param options displayId: a name to update the output by later
 * @example
 * const bar = display("0 %");
 * bar.update("50 %");
 */
declare function display(value: unknown, options?: { displayId?: string }): DisplayHandle;

/** HTML to show: \`html("<b>bold</b>")\`, or a tagged template whose values are escaped: html\`<b>\${name}</b>\`. */
declare function html(source: string): DisplayableText;
declare function html(strings: TemplateStringsArray, ...values: unknown[]): DisplayableText;

/** A picture to show: \`svg("<svg …>")\`, or a tagged template whose values are escaped; without an \`<svg>\` around it, it gets one. */
declare function svg(source: string): DisplayableText;
declare function svg(strings: TemplateStringsArray, ...values: unknown[]): DisplayableText;

/** Markdown to show: \`markdown("# Title")\`, or a tagged template whose values are escaped: they stand as the text that they are. */
declare function markdown(source: string): DisplayableText;
declare function markdown(strings: TemplateStringsArray, ...values: unknown[]): DisplayableText;

/**
 * Clears the output of the cell.
 * @param wait true: only when the next output comes, which avoids flicker
 */
declare function clearOutput(wait?: boolean): void;

/** Asks for a line of text and waits for it; nothing else runs meanwhile. */
declare function input(prompt?: string): string;

/** Asks for a line of text. Always answers with text, never null: \`const name = await prompt("Name?")\`. */
declare function prompt(text?: string): Promise<string>;

/** Asks for a line that is not shown while it is typed, and waits for it. */
declare function password(prompt?: string): string;

/** The value of the latest cell that gave one; \`__\` and \`___\` are those before it. A name of your own comes first. */
declare var _: any;
declare var __: any;
declare var ___: any;

/** What cells gave, by their numbers: \`Out[3]\`. The last 200 are kept; of large values only those that something else holds too. */
declare var Out: { readonly [cell: number]: any };

/** What the line \`%time f()\` calls: prints how long the expression took, and gives its value. */
declare const $time: <T>(value: T) => T;
/** Ends the clock of a statement that \`%time\` times. */
declare const $timed: () => void;
/** What the line \`%who\` calls: prints the names of the notebook. */
declare const $who: () => void;
/** What the line \`!command\` calls: runs a command of the shell and prints what it prints. */
declare const $shell: (command: string) => Promise<void>;

/** Waits: \`await sleep(500)\`. The interrupt button ends the wait. */
declare function sleep(milliseconds: number): Promise<void>;
`;
