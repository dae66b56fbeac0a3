/** Signs of stored codes that no scheme took: refused by name, for whatever were made of them would be silently wrong. */
import { atOnce } from "../bytes/pause";
import { FormatError } from "../errors";
import { isWeightRole } from "../tensor/role";
import type { Tensor } from "../tensor/tensor";
import type { FileTensors } from "./file-tensors";
import { refusedSchemes, type Refusal } from "./refused-schemes";
import type { Scheme } from "./scheme";
import { schemes as allSchemes } from "./schemes";

/** The table of what is refused by name. */
export const refusals: readonly Refusal[] = refusedSchemes;

/** Values of `quant_method` whose weights are numbers in the file: transformers takes blocks of GGUF apart as it loads them. */
const plainMethods: readonly string[] = ["gguf"];

/** Throws `FormatError` when `quant_method` names a way that is refused and there are tensors that look like codes. It is asked before the schemes
 *  are, for libraries give their parts each other's names. */
export function refuseMethod(file: FileTensors): void {
  const { method } = file;
  const refusal = method === undefined ? undefined : refusals.find(({ methods }) => methods?.includes(method));
  const seen = refusal && suspect(file);
  if (refusal && seen) refuse(file, refusal, seen);
}

/** Throws `FormatError` when the tensors that are left look like codes, or `quant_method` says what nobody here has heard of: whether float tensors
 *  are weights then is not known. */
export function refuseCodes(left: FileTensors, schemes: readonly Scheme[] = allSchemes): void {
  atOnce(refusingCodes(left, schemes));
}

/** As `refuseCodes`, with a turn for others between two looks at all tensors. */
export function* refusingCodes(left: FileTensors, schemes: readonly Scheme[]): Generator<void, void> {
  for (const refusal of refusals) {
    yield;
    const seen = refusal.sign?.(left);
    if (seen) refuse(left, refusal, seen);
  }
  const seen = suspect(left) ?? loneCodes(left);
  const said = left.method === undefined ? "" : `quant_method is "${left.method}"`;
  const named = schemes.flatMap(({ name, isOfNumbers }) => (isOfNumbers ? [] : [name]));
  const remedy = `a checkpoint of numbers, or one of ${named.join(", ")}; open(path, { raw: true }) shows the tensors of the file`;
  if (seen)
    left.fail(
      seen,
      `"${seen.name}", ${seen.dtype} [${seen.shape.join(", ")}], looks like the codes of a weight${said && `, and ${said}`}`,
      remedy,
    );
  if (said && !isKnownMethod(left.method, schemes))
    throw new FormatError(left.file, 0, `${said} in the settings, which is not known here`, remedy);
}

function refuse(file: FileTensors, { name, remedy }: Refusal, seen: Tensor): never {
  return file.fail(
    seen,
    `"${seen.name}", ${seen.dtype} [${seen.shape.join(", ")}], is stored as ${name}, which is not decoded here`,
    remedy,
  );
}

function isKnownMethod(method: string | undefined, schemes: readonly Scheme[]): boolean {
  const rows: readonly { readonly methods?: readonly string[] }[] = [...schemes, ...refusals];
  return [{ methods: plainMethods }, ...rows].some(({ methods }) => method !== undefined && methods?.includes(method));
}

const codeTypes: ReadonlySet<string> = new Set(
  ["U8", "I8", "I16", "U16", "I32", "U32", "I64", "U64"].concat(["F4", "F8_E4M3", "F8_E5M2", "F8_E8M0"]),
);
const codeNames =
  /(^|[._])(qweight|qzeros|weight_packed|packed_weight|quantized_weight|w_int|weight_int\d*|int_weight|weight_q|quant_weight|codes|W_q|Qidxs|q_groups|q_perm|blocks|SCB)$/;
const scaleNames =
  /(^|[._])(weights?_|kernel_|per_(channel|group|tensor)_|channel_)?([wq]?scales?(_inv|_2)?|scaling_factor|scale_factors?|zero_?points?|q?zeros|absmax|SCB|biases|codebooks?|centroids|lut|meta)$/;
const weightNames = /(^|[._])(weights?|kernel|w\d?|proj|qkv|embeddings?|embed_tokens|lm_head|fc\d?|matrix)$/;
const codeEndings = /[._](blocks|codes|quantized|packed|data|q|indices|palettized)$/;

/** Types that are nothing but the codes or the scales of something: floats of 4 and 6 bits, and powers of two. */
const codesOnly = /^(F4|F6_E2M3|F6_E3M2|F8_E8M0)$/;

/** The first tensor of such a type, whatever it is called, but for one of which the graph that it belongs to says that it is no weight. */
function loneCodes({ tensors }: FileTensors): Tensor | undefined {
  return [...tensors.values()].find(
    ({ dtype, parameters, role }) =>
      codesOnly.test(dtype) && parameters > 1 && (role === undefined || isWeightRole(role)),
  );
}

/** The first tensor that looks like codes: of a type of whole numbers or of fewer than 16 bits, with two dimensions or more, called as codes are or
 *  beside what is called as scales are: "a.weight" or "a.w1" beside "a.scale", "a.weight" beside "a.weight.absmax", "a_q" beside "a_scale". Where
 *  settings say that there are codes, a name of weights is enough: their scales are missing. */
function suspect({ tensors, method }: FileTensors): Tensor | undefined {
  const withScales = new Set(
    [...tensors.keys()].filter((name) => scaleNames.test(name)).map((name) => name.replace(scaleNames, "")),
  );
  const isBesideScales = (name: string): boolean =>
    withScales.has(name) ||
    (weightNames.test(name) && withScales.has(name.replace(weightNames, ""))) ||
    (codeEndings.test(name) &&
      (withScales.has(name.replace(codeEndings, "")) ||
        withScales.has(name.replace(codeEndings, "").replace(weightNames, ""))));
  return [...tensors.values()].find(
    ({ name, dtype, shape, parameters }) =>
      codeTypes.has(dtype) &&
      shape.length > 1 &&
      parameters > 1 &&
      (codeNames.test(name) || isBesideScales(name) || (method !== undefined && weightNames.test(name))),
  );
}
