/** A model of a file's tensors as its author means it: codes and scales of a weight as one tensor. */
import { createHash } from "node:crypto";
import { inTurns, pause, throwIfStopped } from "../bytes/pause";
import { FormatError } from "../errors";
import { withNotes } from "../formats/tensor-paths";
import type { Model } from "../tensor/model";
import type { Tensor } from "../tensor/tensor";
import { TensorSet } from "../tensor/tensor-set";
import { FileTensors, type FileSettings, type Settings } from "./file-tensors";
import { LogicalTensor } from "./logical-tensor";
import { quantizationOf, withoutQuantization } from "./quantization-settings";
import { refuseMethod, refusingCodes } from "./refusals";
import type { Scheme } from "./scheme";
import { schemes as allSchemes } from "./schemes";

/** What `withLogicalTensors` needs beside the model. */
export interface LogicalOptions extends Pick<FileSettings, "file" | "signal"> {
  /** config.json, where there is one. */
  readonly config: Settings | undefined;
  /** Fetches a JSON file beside the model; undefined where there is none. Asked only where tensors look like codes and the config is silent. */
  readonly beside: (name: string) => Promise<Settings | undefined>;
  /** The schemes that are tried, by default all. */
  readonly schemes?: readonly Scheme[];
}

/** A model and its settings. */
export interface LogicalModel {
  readonly model: Model;
  /** Without what says how weights are stored, where they are weights now. */
  readonly config: Settings | undefined;
}

/** The model with each weight that is stored as codes in one `LogicalTensor`, at the place of its first part. A model without any is given back
 *  as it is. Its hash stays that of the file. `FormatError` where parts do not fit each other, or tensors look like codes that no scheme
 *  takes. */
export async function withLogicalTensors(
  model: Model,
  { file, signal, config, beside, schemes = allSchemes }: LogicalOptions,
): Promise<LogicalModel> {
  const left = new Map<string, Tensor>();
  for (const tensor of model.tensors) left.set(tensor.name, tensor);
  const settings: FileSettings = {
    file,
    signal,
    config: config ?? {},
    quantization: await quantizationOf(model.tensors, config, beside),
    metadata: model.metadata,
  };
  const task = `opening ${model.name}`;
  refuseMethod(new FileTensors(left, settings));
  const said = createHash("sha256")
    .update(JSON.stringify(settings.quantization ?? null))
    .digest("hex");
  const weightOf = new Map<Tensor, LogicalTensor>();
  const contradictions = new Map<string, string[]>();
  for (const scheme of schemes) {
    await pause();
    throwIfStopped(signal, task);
    for (const weight of await scheme.find(new FileTensors(left, settings))) {
      const tensor = new LogicalTensor(weight, said);
      if (weight.contradiction !== undefined)
        contradictions.set(weight.contradiction, [...(contradictions.get(weight.contradiction) ?? []), weight.name]);
      for (const part of weight.parts) {
        weightOf.set(part, tensor);
        left.delete(part.name);
      }
    }
  }
  await inTurns(refusingCodes(new FileTensors(left, settings), schemes), signal, task);
  if (weightOf.size === 0) return { model, config };
  const tensors = [...new Set(model.tensors.map((tensor) => weightOf.get(tensor) ?? tensor))];
  checkNames(file, tensors);
  const { name, format } = model;
  const metadata = withNotes(model.metadata, [...contradictions].map(noteOf));
  const logical = new TensorSet({ name, format, metadata, tensors, sha256: (options) => model.sha256(options) });
  return { model: logical, config: config && withoutQuantization(config) };
}

/** A sentence on weights whose settings say what their shapes do not. */
function noteOf([what, [first, ...more]]: readonly [what: string, names: readonly string[]]): string {
  return `"${first}"${more.length === 0 ? "" : ` and ${more.length} more`}: ${what}`;
}

/** A weight may not be there twice, as codes and as numbers. */
function checkNames(file: string, tensors: readonly Tensor[]): void {
  const seen = new Set<string>();
  for (const { name } of tensors) {
    if (seen.has(name))
      throw new FormatError(file, 0, `the weight "${name}" is there as codes and as numbers`, "one of them");
    seen.add(name);
  }
}
