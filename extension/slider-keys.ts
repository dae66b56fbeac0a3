/** Arrow keys for the sliders of Jupyter's widgets. Notebook 7 takes the arrows for itself where the focus lies in an output: "expand heading" and its
 *  like are bound to them. An element that says so keeps its keys (Lumino's attribute, which the figures' own controls carry too). */

const slider = ".jupyter-widgets [role=slider]";

/** Lets each slider of a widget keep its keys from the moment it has the focus. Returns what ends that. */
export function keepSliderKeys(page: Document): () => void {
  const keep = ({ target }: Event): void => {
    const { Element } = page.defaultView ?? window;
    if (target instanceof Element && target.matches(slider)) target.setAttribute("data-lm-suppress-shortcuts", "true");
  };
  page.addEventListener("focusin", keep, true);
  return () => page.removeEventListener("focusin", keep, true);
}
