/** A folder as transformers opens it, whatever the layout of its quantized weights: `config.json` with a `quantization_config`, and all else as of
 *  model-folder.ts. */
import { join } from "node:path";
import { SourceError } from "../errors";
import { readJsonFile } from "../formats/config";
import type { JsonObject } from "../formats/json-file";
import { shardedFiles } from "../formats/safetensors-shards";
import type { SavedTensor } from "../formats/safetensors-writer";
import type { Shape } from "../tensor/tensor";
import { withoutQuantization } from "../stored-codes/quantization-settings";
import { weightsMetadata, writeModelFolder, type FolderModel, type FolderOptions } from "./model-folder";
import { typeIn } from "./plain-folder";
import { layerAsValues, type PlannedLayer, type PlannedSave } from "./save-plan";

/** One tensor of the model, as a folder of quantized weights holds it. */
export interface FolderPart {
  readonly tensor: { readonly name: string; readonly shape: Shape };
  /** What is written for it. */
  readonly written: readonly SavedTensor[];
  /** What its codes are called; absent where it is written as its values. */
  readonly packedAs?: string;
  /** Why it is written as its values though it was quantized. */
  readonly reason?: string;
  /** Why it has another type than its own though no step changed it. */
  readonly retyped?: string;
}

/** What a folder of quantized weights is made from. */
export interface QuantizedFolder {
  /** The method that errors name. */
  readonly method: string;
  readonly model: FolderModel;
  /** What the folder is, and what opens it. */
  readonly form: string;
  readonly engine: string;
  /** Every tensor of the model. */
  readonly parts: readonly FolderPart[];
  /** The type that all plain weights have, for config.json to name; absent: the one that it names. */
  readonly only?: "F32" | undefined;
  /** What whoever opens it should know, a sentence each. */
  readonly notes?: readonly string[];
  /** `quantization_config`. */
  readonly quantization: object;
}

/** The plan of a folder of quantized weights, and its writing; its bytes are those of the files that hold the weights. */
export function planQuantizedFolder(
  { method, model, form, engine, parts, only, quantization, notes = [] }: QuantizedFolder,
  options: FolderOptions,
): PlannedSave {
  const tensors = parts.flatMap(({ written }) => written);
  const weights = shardedFiles(tensors, {
    dtype: undefined,
    metadata: weightsMetadata(model, options.provenance),
    shardBytes: options.shardBytes,
  });
  const layers = parts.map(({ tensor, written, packedAs, reason, retyped }): PlannedLayer => {
    const held = written.map(({ name, dtype, shape, sizeBytes }) => ({ name, dtype, shape, sizeBytes }));
    if (packedAs === undefined) {
      const why = { ...(reason !== undefined && { reason }), ...(retyped !== undefined && { retyped }) };
      return layerAsValues(tensor, held[0], why);
    }
    const bytes = held.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    return { name: tensor.name, shape: tensor.shape, held: "packed", as: packedAs, tensors: held, bytes };
  });
  return {
    plan: { form, engine, layers, bytes: weights.bytes, ...(notes.length > 0 && { notes }) },
    write: async (folder) => {
      const settings = withoutQuantization(model.config ?? (await configOf(options.from)));
      const config = { ...settings, ...typeIn(settings, only), quantization_config: quantization };
      return writeModelFolder(folder, { method, model, form, engine, weights, config }, options);
    },
  };
}

async function configOf(from: string | undefined): Promise<JsonObject> {
  if (from === undefined) return {};
  const path = join(from, "config.json");
  const found = await readJsonFile(path);
  if (!found) throw new SourceError(path, "there is no such file");
  return found;
}
