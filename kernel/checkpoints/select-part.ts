import { FormatError, OptionError, UnsupportedError } from "../errors";
import { withDequantized } from "../formats/onnx/dequantized";
import { notesKey, pathsOf, recordPart, withNotes } from "../formats/tensor-paths";
import type { TensorPaths } from "../formats/tensor-paths";
import type { Model } from "../tensor/model";
import { TensorSet } from "../tensor/tensor-set";
import type { Tensor } from "../tensor/tensor";
import { MaskedTensor, maskedTypes } from "./masked-tensor";
import { choosePart, hasOptimizerState } from "./parts";
import type { ChosenPart } from "./parts";
import { RenamedTensor } from "./renamed-tensor";

/** Options of `selectPart`. */
export interface PartOptions {
  /** The part to take, by the keys that lead to it, with dots: "model", "ema.state_dict"; undefined: the one that is a model. */
  readonly part?: string | undefined;
}

/** A model as its author means it, of a file as its reader gave it: the part of a training checkpoint that is a model, without what wrappers put
 *  before and into names (`module.` of DataParallel, `_orig_mod.` of torch.compile, FSDP's), pruning masks applied to their weights, integers of
 *  ONNX as the weights that its graph makes of them. A model of which nothing of this is true is returned as it is. `metadata["codebook.notes"]` says what was left out.
 *  `OptionError` where several parts are models or no part is called so; `FormatError` for a mask of another shape than its weight,
 *  `UnsupportedError` for one over a type that is no plain float. */
export function selectPart(file: Model, { part }: PartOptions): Model {
  if (part !== undefined && (typeof part !== "string" || part === ""))
    throw new OptionError(
      `open(): part is ${JSON.stringify(part) ?? String(part)}; it takes the keys of a part, "model"`,
    );
  const model = withDequantized(file);
  const { tensors: inPart, notes, part: chosen } = tensorsOfPart(model, part);
  const tensors = masked(withoutWrappers(inPart));
  if (tensors.length === model.tensors.length && tensors.every((tensor, i) => tensor === model.tensors[i]))
    return recordPart(model, chosen);
  const { name, format, metadata, config, folder } = model;
  const sha256: Model["sha256"] = (options) => model.sha256(options);
  const whole = new TensorSet({ name, format, tensors, metadata: withNotes(metadata, notes), config, folder, sha256 });
  return recordPart(whole, chosen);
}

/** What every name that an optimizer gives has in it: a test that costs little, for models of a million tensors. */
const suspicious = /optim|avg|momentum|moment|grad|exp_inf|mu_product|acc_delta/i;

function tensorsOfPart(
  model: Model,
  part: string | undefined,
): { readonly tensors: readonly Tensor[]; readonly notes: readonly string[]; readonly part?: string } {
  const nested = pathsOf(model);
  const split = (): TensorPaths => new Map(model.tensors.map(({ name }) => [name, name.split(/[./]/)]));
  if (!nested && part === undefined) {
    const suspects = model.tensors.flatMap(({ name }) => (suspicious.test(name) ? [name.split(/[./]/)] : []));
    if (!hasOptimizerState(suspects)) return { tensors: model.tensors, notes: [] };
  }
  const paths = nested ?? split();
  const chosen = choosePart(paths, model.name, { part, isFlat: !nested });
  const isRenamed = nested !== undefined || chosen.part !== "";
  const tensors = model.tensors.flatMap((tensor) => {
    const name = chosen.names.get(tensor.name);
    return name === undefined
      ? []
      : [renamed(tensor, isRenamed ? ownName(tensor, name, nested === undefined) : tensor.name)];
  });
  return { tensors, notes: notesOf(chosen), part: chosen.part };
}

/** The name in the part; of a flat file that uses slashes, with these. */
function ownName(tensor: Tensor, name: string, isFlat: boolean): string {
  return isFlat ? tensor.name.slice(-name.length) : name;
}

function notesOf({ part, leftOut }: ChosenPart): string[] {
  if (leftOut.length === 0) return [];
  const count = (tensors: number): string => (tensors === 1 ? "1 tensor" : `${tensors} tensors`);
  const list = leftOut.slice(0, 10).map((left) => `${left.part} (${count(left.tensors)})`);
  return [
    `${part === "" ? "" : `the part "${part}" of a checkpoint; `}left out: ${list.join(", ")}${leftOut.length > 10 ? " and more" : ""}`,
  ];
}

const renamed = (tensor: Tensor, name: string): Tensor =>
  tensor.name === name ? tensor : new RenamedTensor(tensor, name);

/** Wrappers that stand in the middle of names too. */
const wrappers = /(^|\.)(_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module|_forward_module)\./g;

/** Tensors without the names of wrappers: `module.` goes where all have it, the others wherever they are; nothing goes where two names would
 *  become one. */
function withoutWrappers(tensors: readonly Tensor[]): readonly Tensor[] {
  let names = tensors.map(({ name }) =>
    name.includes("_") ? name.replace(wrappers, "$1").replace(wrappers, "$1") : name,
  );
  while (names.length > 0 && names.every((name) => /^module\../.test(name)))
    names = names.map((name) => name.slice("module.".length));
  if (names.every((name, i) => name === tensors[i].name) || new Set(names).size !== names.length) return tensors;
  return tensors.map((tensor, i) => renamed(tensor, names[i]));
}

/** Each `NAME_orig` with its `NAME_mask` as one `NAME`, in the place of the first. `FormatError` for a mask of another shape. */
function masked(tensors: readonly Tensor[]): readonly Tensor[] {
  if (!tensors.some(({ name }) => name.endsWith("_mask"))) return tensors;
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const gone = new Set<Tensor>();
  const pairs = new Map<Tensor, Tensor>();
  for (const original of tensors) {
    const name = /^(.*)_orig$/.exec(original.name)?.[1];
    const mask = name === undefined ? undefined : byName.get(`${name}_mask`);
    if (name === undefined || !mask || byName.has(name)) continue;
    const isSame =
      mask.shape.length === original.shape.length && mask.shape.every((size, axis) => size === original.shape[axis]);
    if (!isSame)
      throw new FormatError(
        original.name,
        0,
        `it has the shape (${original.shape.join(", ")}) and ${mask.name} (${mask.shape.join(", ")}): the mask cannot be applied`,
        "a mask of the weight's shape; { raw: true } shows both",
      );
    if (!maskedTypes.includes(original.dtype))
      throw new UnsupportedError(
        `${original.name}: a mask over values of type ${original.dtype} is not applied here; call torch.nn.utils.prune.remove before saving`,
      );
    pairs.set(original, new MaskedTensor(name, original, mask));
    gone.add(mask);
  }
  if (pairs.size === 0) return tensors;
  return tensors.flatMap((tensor) => (gone.has(tensor) ? [] : [pairs.get(tensor) ?? tensor]));
}

/** What was left out or passed over when a model was opened, in sentences. */
export function openingNotes(model: Model): readonly string[] {
  const notes = model.metadata[notesKey];
  return Array.isArray(notes) ? notes.filter((note): note is string => typeof note === "string") : [];
}
