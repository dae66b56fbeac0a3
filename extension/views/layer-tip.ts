import type { Report } from "../../kernel/report/types";
import { integer, shape } from "../figures/numbers";
import { visibleVariants, type ViewState } from "../figures/state";
import { element, nameElement } from "./dom";
import { measuresTable } from "./measures-table";
import { warningList } from "./warning-list";

/** The layer's name and everything that was measured of it. */
export function layerTip(report: Report, state: ViewState, layerIndex: number): readonly HTMLElement[] {
  const layer = report.layers[layerIndex];
  const facts = [layer.block, shape(layer.shape), layer.dtype, `${integer(layer.parameters)} weights`]
    .filter(Boolean)
    .join(" · ");
  return [
    element("div", { class: "cb-Tip-name" }, nameElement(layer.name, "cb-Layer")),
    element("div", { class: "cb-Tip-facts" }, element("bdi", {}, facts)),
    ...warningList(report, visibleVariants(report, state), layerIndex),
    measuresTable(report, visibleVariants(report, state), layerIndex),
  ];
}
