import { element, uniqueId } from "./dom";

export interface Choice<T extends string> {
  readonly value: T;
  readonly label: string;
  readonly hint?: string;
}

/** A row of words of which one is chosen: native radio buttons, so that Tab and arrows do what a reader expects. */
export class Segments<T extends string> {
  readonly node: HTMLElement;
  private readonly inputs = new Map<T, HTMLInputElement>();

  constructor(label: string, choices: readonly Choice<T>[], onChange: (value: T) => void) {
    const name = uniqueId("choice");
    this.node = element("div", { class: "cb-Segments", role: "radiogroup", "aria-label": label });
    for (const { value, label: text, hint } of choices) {
      const input = element("input", { type: "radio", name, value });
      input.addEventListener("change", () => {
        if (input.checked) onChange(value);
      });
      this.inputs.set(value, input);
      this.node.append(element("label", { class: "cb-Segment", title: hint }, input, element("span", {}, text)));
    }
  }

  set(value: T): void {
    const input = this.inputs.get(value);
    if (input) input.checked = true;
  }

  show(visible: boolean): void {
    this.node.hidden = !visible;
  }
}

export function button(label: string, hint: string, onClick: () => void): HTMLButtonElement {
  const node = element("button", { type: "button", class: "cb-Button", title: hint, "aria-label": hint }, label);
  node.addEventListener("click", onClick);
  return node;
}

/** A field that filters as one types. */
export function filterField(label: string, onChange: (text: string) => void): HTMLInputElement {
  const field = element("input", {
    type: "search",
    class: "cb-Filter",
    placeholder: label,
    "aria-label": label,
    spellcheck: "false",
    autocomplete: "off",
  });
  field.addEventListener("input", () => onChange(field.value));
  return field;
}

/** A drop-down list; the first entry, with the empty value, stands for all. */
export function dropDown(
  label: string,
  all: string,
  entries: readonly { readonly value: string; readonly text: string }[],
  onChange: (value: string | null) => void,
): HTMLSelectElement {
  const list = element("select", { class: "cb-Select", "aria-label": label }, element("option", { value: "" }, all));
  entries.forEach(({ text }, i) => list.append(element("option", { value: i }, text)));
  list.addEventListener("change", () => onChange(list.value === "" ? null : entries[Number(list.value)].value));
  return list;
}
