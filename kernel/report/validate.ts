/** Saved JSON → a view that is whole, or the sentence that says why not. */
import { Malformed, readerOf, type Reader } from "./reader";
import { viewVersion } from "./types";

/** What became of saved JSON. */
export type Checked<V> =
  | { readonly ok: true; readonly view: V }
  | { readonly ok: false; readonly reason: "newer" | "malformed"; readonly sentence: string };

/** Checks the envelope (version and kind) and hands the rest to the check of that kind. Takes only the fields of the contract, copied into
 *  fresh objects. Nothing that JSON can hold makes it throw. */
export function validate<V>(data: unknown, checks: Readonly<Record<string, (view: Reader) => V>>): Checked<V> {
  try {
    const view = readerOf(data);
    const version = view.number("version");
    if (version > viewVersion)
      return {
        ok: false,
        reason: "newer",
        sentence: `This figure was made by a newer version of Codebook (format ${version}; this extension reads ${viewVersion}). Update jupyterlab-codebook to see it.`,
      };
    if (version < 1 || !Number.isInteger(version)) throw new Malformed("version", `is ${version}`);
    const kind = view.text("kind");
    if (!Object.hasOwn(checks, kind))
      throw new Malformed("kind", `is "${kind.slice(0, 40)}"; this extension knows ${listed(Object.keys(checks))}`);
    return { ok: true, view: checks[kind](view) };
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return { ok: false, reason: "malformed", sentence: `This figure cannot be drawn: its ${error.message}.` };
  }
}

/** "a", "b" and "c". */
function listed(words: readonly string[]): string {
  const quoted = words.map((word) => `"${word}"`);
  return [quoted.slice(0, -1).join(", "), quoted[quoted.length - 1]].filter(Boolean).join(" and ");
}
