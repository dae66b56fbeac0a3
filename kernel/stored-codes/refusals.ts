/** Signs of stored codes that no scheme took: refused by name, for whatever were made of them would be silently wrong. */
import type { Tensor } from "../tensor/tensor";
import type { FileTensors } from "./file-tensors";
import { refusedSchemes, type Refusal } from "./refused-schemes";
import { schemes } from "./schemes";

/** The table of what is refused by name. */
export const refusals: readonly Refusal[] = refusedSchemes;

/** Throws `FormatError` when the tensors that are left look like codes. */
export function refuseCodes(left: FileTensors): void {
  for (const refusal of refusals) {
    const seen =
      refusal.sign?.(left) ??
      (left.method !== undefined && refusal.methods?.includes(left.method) ? suspect(left) : undefined);
    if (seen)
      left.fail(
        seen,
        `"${seen.name}", ${seen.dtype} [${seen.shape.join(", ")}], is stored as ${refusal.name}, which is not decoded here`,
        refusal.remedy,
      );
  }
  const seen = suspect(left);
  if (!seen) return;
  const method = left.method === undefined ? "" : `, and quant_method is "${left.method}"`;
  left.fail(
    seen,
    `"${seen.name}", ${seen.dtype} [${seen.shape.join(", ")}], looks like the codes of a weight${method}`,
    `a checkpoint of numbers, or one of ${schemes.map(({ name }) => name).join(", ")}; open(path, { raw: true }) shows the tensors of the file`,
  );
}

const codeTypes: ReadonlySet<string> = new Set(
  ["U8", "I8", "I16", "U16", "I32", "U32", "I64", "U64"].concat(["F4", "F8_E4M3", "F8_E5M2", "F8_E8M0"]),
);
const codeNames =
  /(^|[._])(qweight|qzeros|weight_packed|packed_weight|quantized_weight|codes|W_q|Qidxs|q_groups|q_perm|blocks|SCB)$/;
const scaleNames =
  /(^|[._])(scales?|weight_scale(_inv|_2)?|weights_scaling_factor|absmax|SCB|biases|codebooks|scale_inv|meta)$/;
const weightNames = /(^|[._])(weight|kernel|w\d?|proj)$/;

/** The first tensor that looks like codes: of a type of whole numbers or of fewer than 16 bits, with two dimensions or more, called as codes are or
 *  beside what is called as scales are. */
function suspect(left: FileTensors): Tensor | undefined {
  const withScales = new Set([...left.tensors.keys()].filter((name) => scaleNames.test(name)).map(stem));
  const tensors = [...left.tensors.values()].filter(
    ({ dtype, shape, parameters }) => codeTypes.has(dtype) && shape.length > 1 && parameters > 1,
  );
  return tensors.find(
    ({ name }) =>
      codeNames.test(name) || withScales.has(name) || (weightNames.test(name) && withScales.has(stem(name))),
  );
}

/** What comes before the last part of a name. */
function stem(name: string): string {
  const end = Math.max(name.lastIndexOf("."), name.lastIndexOf("_"));
  const dot = name.lastIndexOf(".");
  return dot >= 0 && /^\.(weight|scale)/.test(name.slice(dot)) ? name.slice(0, dot) : name.slice(0, Math.max(0, end));
}
