import type { Report } from "../../kernel/report/types";
import { warningSign } from "../../kernel/report/warnings";
import { visible } from "../figures/text";
import { element } from "./dom";

/** A line for each warning of a layer under these variants, the variant named where the report has several; none where there are none. */
export function warningList(report: Report, variants: readonly number[], layerIndex: number): readonly HTMLElement[] {
  const several = report.variants.length > 1;
  return variants.flatMap((v) =>
    (report.layers[layerIndex].variants[v]?.warnings ?? []).map(({ text }) => {
      const who = several ? `${visible(report.variants[v].name)}: ` : "";
      return element("p", { class: "cb-Warning" }, `${warningSign} ${who}${visible(text)}`);
    }),
  );
}
