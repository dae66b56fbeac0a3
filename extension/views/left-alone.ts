import { leftAloneLine, leftAloneSentence } from "../../kernel/report/left-alone";
import type { Report } from "../../kernel/report/types";
import { visible } from "../figures/text";
import { element } from "./dom";

/** Under a report: what the recipe left alone, and with what pattern it would be taken; nothing where all was a weight. */
export function leftAloneParts({ leftAlone }: Pick<Report, "leftAlone">): HTMLElement[] {
  if (!leftAlone) return [];
  const items = leftAlone.groups.map((group) => element("li", {}, leftAloneLine(group, visible)));
  return [
    element(
      "details",
      { class: "cb-Words cb-LeftAlone" },
      element("summary", {}, leftAloneSentence(leftAlone)),
      element("ul", {}, ...items),
    ),
  ];
}
