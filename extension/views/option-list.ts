import { element, uniqueId } from "./dom";

/** The layers or points of a figure for those who do not see it: a list box whose options are read aloud as the arrows reach them. The
 *  figure's place has the focus and names the active option. */
export class OptionList {
  /** Stands in the place beside the figure, out of sight. */
  readonly node = element("div", { class: "cb-Hidden" });
  private readonly prefix: string;
  private active: string | null = null;

  /** `word` begins the options' ids. */
  constructor(
    private readonly place: HTMLElement,
    word: string,
  ) {
    this.prefix = uniqueId(word);
  }

  /** Makes the place a list box of these options; `key` tells one from the others. */
  fill(label: string, options: readonly { readonly key: string; readonly sentence: string }[]): void {
    this.place.setAttribute("role", "listbox");
    this.place.setAttribute("tabindex", "0");
    this.place.setAttribute("aria-label", label);
    this.node.replaceChildren(
      ...options.map(({ key, sentence }) =>
        element("div", { role: "option", id: this.idOf(key), "aria-selected": String(key === this.active) }, sentence),
      ),
    );
  }

  /** Moves to an option, or to none. */
  setActive(key: string | null): void {
    this.active = key;
    const id = key === null ? null : this.idOf(key);
    for (const option of this.node.children) option.setAttribute("aria-selected", String(option.id === id));
    if (id === null) this.place.removeAttribute("aria-activedescendant");
    else this.place.setAttribute("aria-activedescendant", id);
  }

  private idOf(key: string): string {
    return `${this.prefix}-${key}`;
  }
}
