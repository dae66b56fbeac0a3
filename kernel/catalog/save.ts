import { OptionError } from "../errors";
import { checkOptionNames } from "../options";
import { saveToFolder } from "../save/folder";
import type { SavedModel, SaveOptions } from "../save/saved-model";
import { formats } from "./formats";

/** Writes a compressed model as the path says: a folder by a slash at its end, else the format of its ending. Returns the bytes of the file
 *  that holds the weights. `CompressedModel.save` says what is written; `OptionError` for an ending that no format writes, and for options
 *  that do not go with it. */
export async function saveModel(model: SavedModel, path: string, options: SaveOptions): Promise<number> {
  checkOptionNames("save", options, ["dtype", "from", "padHeads", "resume", "signal"]);
  if (/[/\\]$/.test(path)) return saveToFolder(model, path, options);
  for (const name of ["from", "padHeads"] as const)
    if (options[name] !== undefined)
      throw new OptionError(`save(): ${name} goes with a folder: save("small/", { ${name} })`);
  const { dtype, resume = false, signal } = options;
  const format = formats.find(
    ({ write, impliedEnding }) => write && impliedEnding !== undefined && path.endsWith(impliedEnding),
  );
  if (format?.write) return format.write(model, path, { dtype, resume, signal });
  const ending = /\.[^./\\]*$/.exec(path)?.[0];
  throw new OptionError(
    `save(): ${ending ? `"${ending}" cannot be written` : `"${path}" has no suffix`}; save("model.safetensors") or save("model.gguf") writes the values as float32, { dtype: "F16" } or "BF16" as 16-bit floats; save("folder/") writes them packed`,
  );
}
