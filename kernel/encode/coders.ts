/** The coders of symbols and of bytes. A coder needs no line here: generated/methods.ts has a row for each file of this room that exports a
 *  `SymbolCoder`, and so `encode`, `decode`, `planes`, recipes and reports know it. `planes` and `delta`, which call those of the table, join
 *  in encode.ts. */
import type { StepOf } from "../tensor/step";
import type { Coder } from "./coder";
import { coderRows } from "./generated/methods";

/** Coders that may code a byte plane. */
export const symbolCoders: readonly Coder[] = coderRows;

/** A step of one of them; its `kind` tells of which. */
export type CodedStep = StepOf<(typeof coderRows)[number]>;
