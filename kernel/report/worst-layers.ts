/** Which layers suffer most. Pure. */
import type { LayerReport, Report } from "./types";

/** A layer and the variant that lost most of it. */
export interface WorstLayer {
  readonly layer: LayerReport;
  /** Position of the variant in which it is that bad. */
  readonly variant: number;
  /** Its SQNR there, in dB. */
  readonly sqnrDb: number;
}

/** The layers with the lowest SQNR in any variant, each once, worst first. Layers that lost nothing are not among them. */
export function worstLayers(report: Report, count = 5): WorstLayer[] {
  const worst: WorstLayer[] = [];
  for (const layer of report.layers) {
    let found: WorstLayer | undefined;
    for (const [variant, measures] of layer.variants.entries()) {
      const sqnrDb = measures?.sqnrDb ?? null;
      if (sqnrDb !== null && (found === undefined || sqnrDb < found.sqnrDb)) found = { layer, variant, sqnrDb };
    }
    if (found) worst.push(found);
  }
  return worst.sort((a, b) => a.sqnrDb - b.sqnrDb).slice(0, count);
}
