import { OptionError, UnsupportedError } from "../errors";
import { checkOptionNames } from "../options";
import { planBitsandbytes } from "../save/bitsandbytes";
import { planCompressedTensors } from "../save/compressed-tensors";
import type { PlannedSave } from "../save/save-plan";
import type { SavedModel } from "../save/saved-model";
import { rowOfPlan, sizeTable, type SizedModel, type SizeRow, type SizeTable } from "../save/size-table";
import { planModel } from "./save";

/** Options of `CompressedModel.sizes`. */
export interface SizesOptions {
  /** As of `save`: the folder of the original model, for forms that are folders. */
  readonly from?: string;
  /** Stops the planning; by default the running cell's. */
  readonly signal?: AbortSignal;
}

/** A form: the call that writes it, and its plan. */
interface SizedForm {
  readonly call: string;
  plan(model: SavedModel, options: SizesOptions): PlannedSave | Promise<PlannedSave>;
}

const file = (path: string, dtype?: "F16" | "BF16"): SizedForm => ({
  call: `save("${path}"${dtype === undefined ? "" : `, { dtype: "${dtype}" }`})`,
  plan: (model, { signal }) => planModel(model, path, { ...(dtype && { dtype }), ...(signal && { signal }) }),
});

/** The forms in the order of the table. */
const forms: readonly SizedForm[] = [
  file("small.codebook"),
  { call: 'save("small/")', plan: (model, options) => planModel(model, "small/", options) },
  {
    call: 'saveCompressedTensors(small, "small/")',
    plan: (model, options) => planCompressedTensors(model, folderOptions(model, options)),
  },
  {
    call: 'saveBitsandbytes(small, "small/")',
    plan: (model, options) => planBitsandbytes(model, folderOptions(model, options)),
  },
  file("small.gguf"),
  file("small.gguf", "F16"),
  file("small.safetensors"),
  file("small.safetensors", "F16"),
  file("small.safetensors", "BF16"),
];

function folderOptions({ folder }: SavedModel, { from = folder, signal }: SizesOptions) {
  return { ...(from !== undefined && { from }), ...(signal && { signal }) };
}

/** The sizes of a model in all forms. Each is planned as `save` plans it; nothing is written. A form that `save("small/")` chooses has one row. */
export async function sizesOf(
  model: SavedModel & { readonly sizeBytes: number },
  options: SizesOptions,
): Promise<SizeTable> {
  checkOptionNames("sizes", options, ["from", "signal"]);
  const { parameters } = model.report.model;
  const sized: SizedModel = { tensors: model.tensors, parameters, floatBits: floatBitsOf(model.config) };
  const rows: SizeRow[] = [];
  for (const { call, plan } of forms) {
    const row = await plannedRow(call, () => plan(model, options), sized);
    // The form that `save("small/")` chose needs no row under its own name.
    const isThere = !call.startsWith("save(") && row.form !== undefined && rows.some(({ form }) => form === row.form);
    if (!isThere) rows.push(row);
  }
  return sizeTable(rows, model.sizeBytes, parameters);
}

async function plannedRow(
  call: string,
  make: () => PlannedSave | Promise<PlannedSave>,
  sized: SizedModel,
): Promise<SizeRow> {
  try {
    return rowOfPlan(call, (await make()).plan, sized);
  } catch (error) {
    if (error instanceof OptionError || error instanceof UnsupportedError) return { call, refused: error.message };
    throw error;
  }
}

/** Bits of the type that config.json names, else 32. */
function floatBitsOf(config: SavedModel["config"]): number {
  const type = config?.dtype ?? config?.torch_dtype;
  return type === "float16" || type === "bfloat16" ? 16 : 32;
}
