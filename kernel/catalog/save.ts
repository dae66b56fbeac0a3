import { OptionError } from "../errors";
import { checkPath, refuseOwnFiles } from "../formats/source-files";
import { currentHost } from "../host";
import { checkFlag, checkOptionNames } from "../options";
import { planFolderOf } from "../save/folder";
import type { PlannedSave } from "../save/save-plan";
import { planBundle, summaryOf, type SaveSummary } from "../save/save-summary";
import type { SavedModel, SaveOptions } from "../save/saved-model";
import { formats } from "./formats";

/** Plans a compressed model as the path says: a folder by a slash at its end, else the format of its ending. Nothing is written, and nothing
 *  needs to be at the path. `OptionError` for an ending that no format writes, and for options that do not go with it. */
export async function planModel(model: SavedModel, path: string, options: SaveOptions): Promise<PlannedSave> {
  checkOptionNames("save", options, [
    "architecture",
    "dtype",
    "from",
    "metadata",
    "padHeads",
    "resume",
    "replace",
    "maxShardSize",
    "provenance",
    "signal",
  ]);
  checkPath("save", path);
  checkFlag("save", "replace", options.replace ?? false);
  const provenance = checkFlag("save", "provenance", options.provenance ?? true);
  for (const name of ["architecture", "metadata"] as const)
    if (options[name] !== undefined && !path.endsWith(".gguf"))
      throw new OptionError(`save(): ${name} goes with a GGUF file: save("small.gguf", { ${name} })`);
  if (isFolder(path)) return planFolderOf(model, options);
  for (const name of ["from", "padHeads", "maxShardSize"] as const)
    if (options[name] !== undefined)
      throw new OptionError(`save(): ${name} goes with a folder: save("small/", { ${name} })`);
  const { architecture, dtype, metadata, resume = false, signal } = options;
  const format = formats.find(
    ({ plan, impliedEnding }) => plan && impliedEnding !== undefined && path.endsWith(impliedEnding),
  );
  if (format?.plan) return format.plan(model, { architecture, dtype, metadata, resume, provenance, signal });
  const ending = /\.[^./\\]*$/.exec(path)?.[0];
  throw new OptionError(
    `save(): ${ending ? `"${ending}" cannot be written` : `"${path}" has no suffix`}; save("model.safetensors") or save("model.gguf") writes the values as float32, { dtype: "F16" } or "BF16" as 16-bit floats; save("folder/") writes them packed`,
  );
}

const isFolder = (path: string): boolean => /[/\\]$/.test(path);

/** Writes a compressed model as `planModel` plans it, and shows the plan before it does: `CompressedModel.save` says what is written. */
export async function saveModel(model: SavedModel, path: string, options: SaveOptions): Promise<SaveSummary> {
  const { plan, write } = await planModel(model, path, options);
  // What writes a folder looks after it itself.
  if (!isFolder(path)) await refuseOwnFiles("save", model, path, options.replace ?? false);
  currentHost().display?.({ data: planBundle(plan, path) });
  return summaryOf(plan, path, await write(path));
}
