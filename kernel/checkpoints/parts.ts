import { OptionError } from "../errors";
import { nearestOrAll } from "../options";
import type { PathKey, TensorPaths } from "../formats/tensor-paths";

/** Which part of a training checkpoint is the model: what a training loop saves is a dict of several things, such as { model, optimizer, epoch }.
 *  Judged by the keys that lead to the tensors, never by values. */

/** Keys under which a whole model is saved, and copies of it. */
const wholeModels = new Set([
  ...[
    "model",
    "models",
    "state_dict",
    "model_state_dict",
    "model_state",
    "modelstate",
    "module",
    "net",
    "network",
    "weights",
  ],
  ...[
    "params",
    "parameters",
    "model_dict",
    "net_state_dict",
    "network_state_dict",
    "state_dict_model",
    "best_model",
    "variables",
  ],
  ...[
    "ema",
    "model_ema",
    "ema_model",
    "ema_state_dict",
    "model_ema_state_dict",
    "params_ema",
    "state_dict_ema",
    "ema_params",
  ],
  ...["shadow_params", "generator", "discriminator", "g", "d", "g_ema", "netg", "netd", "student", "teacher"],
]);
/** Keys of what else a training loop keeps. */
const besideModel =
  /optim|sched|scaler|^amp$|rng|random|sampler|callbacks|loops|hparams|hyper_?parameters|^config|^args$|^opts?$|history|metrics|^loss|losses|param_groups|^grad(ient)?s?$/i;
/** What optimizers keep for each weight, under the names that they give it. */
const momentNames = new Set([
  ...[
    "exp_avg",
    "exp_avg_sq",
    "max_exp_avg_sq",
    "momentum_buffer",
    "square_avg",
    "grad_avg",
    "acc_delta",
    "exp_avg_diff",
  ],
  ...["exp_avg_sq_row", "exp_avg_sq_col", "exp_inf", "prev_grad", "mu_product", "neg_grad_or_diff"],
]);

/** Keys of nested data, with the tensors at its ends. */
interface Node {
  readonly children: Map<PathKey, Node>;
  /** The tensor that lies here. */
  tensor?: string;
}

type Entry = readonly [key: PathKey, node: Node];

/** What was chosen. */
export interface ChosenPart {
  /** The names of its tensors, in the file's order: those in the file, and for each the one in the part. */
  readonly names: ReadonlyMap<string, string>;
  /** The keys that lead to it, with dots; "" where it is not one of several. */
  readonly part: string;
  /** What was left out beside it. */
  readonly leftOut: readonly { readonly part: string; readonly tensors: number }[];
}

/** True where keys or names speak of the state of an optimizer. */
export function hasOptimizerState(paths: Iterable<readonly PathKey[]>): boolean {
  for (const path of paths)
    if (path.some((key, at) => at < path.length - 1 && isOptimizerKey(key)) || momentNames.has(String(path.at(-1))))
      return true;
  return false;
}

/** The part of a file that is a model, or the one that is asked for by its keys, with dots. `file` is the model's name, for errors. Where
 *  `isFlat`, keys are pieces of names, and what lies side by side is one model. `OptionError` where several parts are models, none is, or no
 *  part has that name. */
export function choosePart(
  paths: TensorPaths,
  file: string,
  { part, isFlat = false }: { readonly part?: string | undefined; readonly isFlat?: boolean },
): ChosenPart {
  const root = treeOf(paths);
  if (holdsNestedHqq(root))
    throw new OptionError(
      `open(): ${file} is stored as HQQ's own dict, which keeps the description of each weight in a dict of its own; save the model with transformers' save_pretrained or HQQ's save_to_safetensors, which are read; open(path, { raw: true }) shows its tensors`,
    );
  let node = root;
  let trail: readonly PathKey[] = [];
  const leftOut: { part: string; tensors: number }[] = [];
  if (part !== undefined) {
    const asked = partNamed(root, part, file);
    node = asked.node;
    trail = asked.trail;
    if (isFlat || isOptimizer([trail[trail.length - 1], node])) return chosen(node, trail, leftOut);
  }
  for (;;) {
    const { models, optimizers, beside, isModel } = sorted(node, trail.length > 0);
    const [only] = models;
    const isWhole = isFlat
      ? models.length !== 1 || !wholeModels.has(String(only[0]).toLowerCase())
      : isModel || models.length === 0;
    if (!isWhole && models.length > 1) throw severalParts(file, trail, models);
    const left = isWhole ? optimizers : beside;
    for (const [key, child] of left)
      leftOut.push({ part: [...trail, key].join("."), tensors: tensorsOf(child).length });
    if (isWhole) {
      for (const [key] of optimizers) node.children.delete(key);
      if (tensorsOf(node).length > 0 && !isOptimizer(["", node])) return chosen(node, trail, leftOut);
      throw new OptionError(
        `open(): ${file} holds the state of an optimizer and no model; open(path, { raw: true }) shows its tensors`,
      );
    }
    node = only[1];
    trail = [...trail, only[0]];
    if (isFlat) return chosen(node, trail, leftOut);
  }
}

/** Whether a layer's codes stand beside a dict of their scales: {"layer": {"W_q": …, "meta": {"scale": …, "zero": …}}}. */
function holdsNestedHqq({ children }: Node): boolean {
  if (children.has("W_q") && children.get("meta")?.children.has("scale")) return true;
  return [...children.values()].some((child) => child.children.size > 0 && holdsNestedHqq(child));
}

/** What lies in a node: models, optimizers, and all but the models; `isModel` where the node is a model itself. */
function sorted(
  node: Node,
  isInside: boolean,
): { models: readonly Entry[]; optimizers: readonly Entry[]; beside: readonly Entry[]; isModel: boolean } {
  const entries = [...node.children];
  const optimizers = entries.filter((entry) => isOptimizer(entry));
  const isList = entries.every(([key]) => typeof key === "number");
  const models = entries.filter(
    (entry) =>
      isDict(entry[1]) &&
      !optimizers.includes(entry) &&
      (isList || (typeof entry[0] === "string" && !besideModel.test(entry[0]))),
  );
  const beside = entries.filter((entry) => !models.includes(entry));
  const hasWhole = models.some(([key]) => wholeModels.has(String(key).toLowerCase()));
  const leaves = entries.filter(([, child]) => child.tensor !== undefined);
  // Tensors beside dicts are weights where their names have dots, or where no dict is called as a model is.
  const isStateDict = leaves.length > 0 && (!hasWhole || leaves.some(([key]) => String(key).includes(".")));
  return { models, optimizers, beside, isModel: isStateDict || (isInside && models.length > 1 && !hasWhole) };
}

function isDict(node: Node): boolean {
  return node.children.size > 0 && [...node.children.keys()].every((key) => typeof key === "string");
}

/** "optimizer", "g_optim", "optimizerD", "optimizer_states"; not "optimized". */
const isOptimizerKey = (key: PathKey): boolean =>
  typeof key === "string" && /(^|_|[a-z])[oO]ptim(izer)?s?($|_|[A-Z\d])/.test(key);

function isOptimizer([key, node]: Entry): boolean {
  return node.tensor === undefined && ((key !== undefined && isOptimizerKey(key)) || keepsMoments(node));
}

/** True where some tensor below is called as an optimizer calls its moments, for each weight or under `state`. */
function keepsMoments(node: Node): boolean {
  const state = node.children.get("state") ?? node;
  for (const [key, child] of state.children) {
    if (momentNames.has(String(key))) return true;
    for (const name of child.children.keys()) if (momentNames.has(String(name))) return true;
  }
  return false;
}

function treeOf(paths: TensorPaths): Node {
  const root: Node = { children: new Map() };
  for (const [name, path] of paths) {
    let node = root;
    for (const key of path) {
      const next: Node = node.children.get(key) ?? { children: new Map() };
      node.children.set(key, next);
      node = next;
    }
    node.tensor = name;
  }
  return root;
}

/** The tensors below a node, with the keys from there. */
function tensorsOf(
  node: Node,
  trail: readonly PathKey[] = [],
): { readonly name: string; readonly path: readonly PathKey[] }[] {
  const own = node.tensor === undefined ? [] : [{ name: node.tensor, path: trail }];
  return [...own, ...[...node.children].flatMap(([key, child]) => tensorsOf(child, [...trail, key]))];
}

function chosen(node: Node, trail: readonly PathKey[], leftOut: ChosenPart["leftOut"]): ChosenPart {
  const names = tensorsOf(node).map(({ name, path }) => [name, path.length === 0 ? name : path.join(".")] as const);
  return { names: new Map(names), part: trail.join("."), leftOut };
}

function severalParts(file: string, trail: readonly PathKey[], models: readonly Entry[]): OptionError {
  const names = models.map(([key]) => [...trail, key].join("."));
  const listed = models.map(([, child], i) => `"${names[i]}" (${tensorsOf(child).length} tensors)`);
  return new OptionError(
    `open(): ${file} holds several models, ${listed.join(", ")}; name one: open(path, { part: "${names[0]}" }), or open(path, { raw: true }) for all tensors`,
  );
}

function partNamed(
  root: Node,
  part: string,
  file: string,
): { readonly node: Node; readonly trail: readonly PathKey[] } {
  const find = (node: Node, rest: string, trail: readonly PathKey[]): ReturnType<typeof partNamed> | undefined => {
    for (const [key, child] of node.children) {
      if (child.children.size === 0) continue;
      if (rest === String(key)) return { node: child, trail: [...trail, key] };
      const deeper = rest.startsWith(`${key}.`) && find(child, rest.slice(`${key}.`.length), [...trail, key]);
      if (deeper) return deeper;
    }
    return undefined;
  };
  const found = find(root, part, []);
  if (found) return found;
  const names = [...root.children].flatMap(([key, child]) =>
    child.children.size === 0
      ? []
      : [
          String(key),
          ...[...child.children].flatMap(([inner, { children }]) => (children.size > 0 ? [`${key}.${inner}`] : [])),
        ],
  );
  const hint = names.length === 0 ? "its tensors lie side by side" : nearestOrAll(part, names.slice(0, 40));
  throw new OptionError(`open(): ${file} has no part "${part}"; ${hint}`);
}
