/** The values behind the names of ambient.ts. They write to the output of the cell that calls them. */
import { randomUUID } from "node:crypto";
import { asBundle, displaySymbol, showValue, valueText } from "../display";
import type { CellContext } from "./context";
import { escapeMarkdown, escapeMarkupText, wholePicture } from "../values/markup";
import { mainGlobal } from "./realm";
import type { CellOutput, MimeBundle } from "./types";

/** Text with a MIME type of its own. */
class DisplayableText {
  readonly text: string;

  constructor(
    private readonly mime: string,
    text: string,
    private readonly plain = text,
  ) {
    this.text = text;
    for (const name of ["mime", "plain"]) Object.defineProperty(this, name, { enumerable: false });
  }

  [displaySymbol](): Record<string, string> {
    return { [this.mime]: this.text, "text/plain": this.plain };
  }

  toString(): string {
    return this.text;
  }
}

/** A value in a template: text as it is, a number as it is, anything else as a notebook prints it. */
const words = (value: unknown): string =>
  typeof value === "string" ? value : typeof value === "object" ? valueText(value) : String(value);

/** What a template's value becomes: displayable text stays as it is, what stands in a list is joined, all else is escaped. */
function filled(value: unknown, escape: (text: string) => string): string {
  if (value instanceof DisplayableText) return value.text;
  if (Array.isArray(value) && value.some((item) => item instanceof DisplayableText))
    return value.map((item) => filled(item, escape)).join("");
  return typeof value === "number" || typeof value === "bigint" ? String(value) : escape(words(value));
}

function displayable(mime: string, escape: (text: string) => string, complete = (text: string) => text) {
  return (source: string | TemplateStringsArray, ...values: unknown[]): DisplayableText => {
    if (!Array.isArray(source)) return new DisplayableText(mime, complete(String(source)));
    const text = complete(String.raw({ raw: source }, ...values.map((value) => filled(value, escape))));
    if (mime !== "text/markdown") return new DisplayableText(mime, text);
    return new DisplayableText(
      mime,
      text,
      String.raw({ raw: source }, ...values.map((value) => filled(value, (t) => t))),
    );
  };
}

/** Makes the global functions. `cellOf` gives the cell that calls. */
export function installGlobals(cellOf: () => CellContext | undefined): () => void {
  const output = (): CellOutput => {
    const cell = cellOf();
    if (cell === undefined) throw new Error("there is no cell to show this in");
    return cell.output;
  };
  const show = (out: CellOutput, value: unknown, displayId: string, update: boolean) => {
    const send = (bundle: MimeBundle) =>
      out.display(bundle, { displayId, update, ...(bundle.metadata && { metadata: bundle.metadata }) });
    const bundle =
      typeof value === "string" ? { data: { "text/plain": value } } : (asBundle(value) ?? showValue(value));
    if (bundle instanceof Promise) void bundle.then(send);
    else send(bundle);
  };
  const functions: Record<string, unknown> = {
    display(value: unknown, options?: { displayId?: string }) {
      const out = output();
      const displayId = options?.displayId ?? randomUUID();
      show(out, value, displayId, false);
      const handle = { displayId, update: (next: unknown) => show(output(), next, displayId, true) };
      // As the last expression of a cell the handle shows nothing, because the call has shown its value already.
      return Object.defineProperty(handle, silent, { value: true });
    },
    html: displayable("text/html", escapeMarkupText),
    svg: displayable("image/svg+xml", escapeMarkupText, wholePicture),
    markdown: displayable("text/markdown", escapeMarkdown),
    clearOutput: (wait = false) => output().clear(wait),
    input: (prompt = "") => output().input(String(prompt), false),
    prompt: async (text = "") => output().input(String(text), false),
    password: (prompt = "") => output().input(String(prompt), true),
    sleep: (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds)),
  };
  const restored: (() => void)[] = [];
  for (const [name, value] of Object.entries(functions)) {
    const before = Object.getOwnPropertyDescriptor(mainGlobal, name);
    Object.defineProperty(mainGlobal, name, { value, writable: true, configurable: true, enumerable: false });
    restored.push(() => {
      if (before === undefined) Reflect.deleteProperty(mainGlobal, name);
      else Object.defineProperty(mainGlobal, name, before);
    });
  }
  return () => restored.forEach((restore) => restore());
}

/** Marks a value that shows nothing as the last expression of a cell. */
export const silent = Symbol("shown already");

/** True for a value that shows nothing as the last expression of a cell. */
export const isSilent = (value: unknown): boolean => {
  try {
    return typeof value === "object" && value !== null && Object.getOwnPropertyDescriptor(value, silent) !== undefined;
  } catch {
    return false;
  }
};
