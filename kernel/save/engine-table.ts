import type { Step } from "../tensor/step";

/** Engines hold what certain quantizers make: a table for each engine says of which kinds, and how. The row of a step's kind, or `undefined`
 *  where the engine does not know it. (A row takes steps of its own kind only; the table is read by that kind.) */
export function rowOf<Row>(table: Readonly<Record<string, Row>>, step: Step | undefined): Row | undefined {
  return step !== undefined && Object.hasOwn(table, step.kind) ? table[step.kind] : undefined;
}
