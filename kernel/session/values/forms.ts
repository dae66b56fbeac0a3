/** The forms of values that have more than text: pictures, figures, elements, tables. Each kind is asked in turn, and what a value does when it
 *  is asked harms nothing: one that throws is shown as text. */
import { types } from "node:util";
import { elementForms, plotlyForms, specificationForms } from "./figures";
import { canvasForms, pictureForms, pictureOf } from "./pictures";
import { isOpen } from "./plain";
import { rowsOf, tableForms, tableOf } from "./table";

type Forms = Record<string, unknown>;

function bytesForms(value: unknown): Forms | undefined {
  const bytes = types.isUint8Array(value) ? value : types.isAnyArrayBuffer(value) ? new Uint8Array(value) : undefined;
  const picture = bytes && pictureOf(bytes);
  return bytes && picture && pictureForms(bytes, picture);
}

function rowsForms(value: unknown): Forms | undefined {
  const rows = rowsOf(value);
  return rows && tableForms(tableOf(rows));
}

/** In the order in which they are asked: what a value can do comes before what it looks like. */
const kinds: readonly ((value: unknown) => Forms | undefined)[] = [
  bytesForms,
  canvasForms,
  specificationForms,
  elementForms,
  plotlyForms,
  rowsForms,
];

/** The value by MIME type, with "text/plain" among them; undefined for a value that is shown as text. */
export function formsOf(value: unknown): Forms | undefined {
  if (!isOpen(value)) return undefined;
  for (const kind of kinds) {
    try {
      const forms = kind(value);
      if (forms !== undefined) return forms;
    } catch {
      // A method or a getter of the value's that throws leaves it to the next kind, and at last to its text.
    }
  }
  return undefined;
}
