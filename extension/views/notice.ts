import { element } from "./dom";

/** One plain sentence in the place of a figure. */
export function notice(sentence: string, kind: "empty" | "loading" | "error" | "newer"): HTMLElement {
  return element("p", { class: `cb-Notice cb-Notice-${kind}`, role: kind === "error" ? "alert" : "status" }, sentence);
}
