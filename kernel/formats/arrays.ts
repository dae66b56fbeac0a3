import { withRoles } from "../network";
import { displayModel } from "../static/display";
import type { Displayed } from "../static/display";
import { fromArrays as modelOf } from "../tensor/memory";
import type { ArraySpec } from "../tensor/memory";
import type { Model } from "../tensor/model";

/** A model of arrays that are in memory, for teaching and for tests; shown in a cell as a table of its tensors. The values are
 *  copied, so that a later change to an array does not change the model.
 *  `fromArrays({ "fc.weight": { shape: [2, 3], values: new Float32Array(6) } }, { name: "toy" })`
 *  Throws `OptionError` when a shape and its values do not agree. */
export function fromArrays(
  arrays: Readonly<Record<string, ArraySpec>>,
  options: { readonly name?: string } = {},
): Model & Displayed {
  return displayModel(withRoles(modelOf(arrays, options)));
}
