import { FormatError } from "../errors";
import { quote } from "./json-reader";
import { maxNameLength, maxTensors } from "./limits";
import { OpaqueBytes, PickleDict, PickleGlobal, PickleOpaque, PickleTuple } from "./pickle-values";
import type { PathKey } from "./tensor-paths";
import { TensorView, type TorchWorld } from "./torch-world";

/** The tensors that lie in dicts, lists, tuples and modules of a pickle, by their paths. */

const maxDepth = 32;
const maxVisits = 4_000_000;
/** Bytes of memory that a tensor of a file takes, besides its name: itself, its path, and the source that it is read from. */
const tensorCost = 2048;
/** Levels of tuples in a key: more are no name's. */
const maxKeyDepth = 2;
const maxKeyItems = 8;
const maxItemLength = 200;

/** A tensor, the keys that lead to it from the top, and its name among the file's tensors. */
export interface FoundView {
  readonly path: readonly PathKey[];
  readonly name: string;
  readonly view: TensorView;
}

/** What a pickle holds. */
export interface FoundViews {
  readonly views: readonly FoundView[];
  /** Paths of NumPy arrays, which are passed over. */
  readonly arrays: readonly string[];
  /** Paths of other objects that hold tensors, which are passed over with them. */
  readonly objects: readonly string[];
}

/** All tensors of a pickle, in its order. A tensor's name is its path with dots; a dict that alone holds all of them ({"state_dict": {…},
 *  "epoch": 3}) is left out of the names. A saved module gives the names of its `state_dict()`. `FormatError` for data that hold themselves. */
export function viewsIn(value: unknown, { file, budget }: Pick<TorchWorld, "file" | "budget">): FoundViews {
  let root = value;
  const start: PathKey[] = [];
  for (let depth = 0; root instanceof PickleDict && !isModule(root) && depth < maxDepth; depth++) {
    const holders = childrenOf(root).filter(
      ([, entry]) => entry instanceof TensorView || entry instanceof PickleDict || Array.isArray(entry),
    );
    if (holders.length !== 1 || !(holders[0][1] instanceof PickleDict)) break;
    start.push(holders[0][0]);
    root = holders[0][1];
  }
  const views: FoundView[] = [];
  const names = new Set<string>();
  const arrays: string[] = [];
  const objects: string[] = [];
  const hides = hiding();
  const inside = new Set<unknown>();
  let visits = 0;
  /** `moduleAt`: how many keys lead to the module that the part lies in. Below a module names have dots, as its state dict's keys do. */
  const visit = (part: unknown, path: readonly PathKey[], name: string, moduleAt?: number): void => {
    // Lists that hold one another twice over would be walked for ever.
    if (++visits > maxVisits) throw new FormatError(file, 0, `there are over ${maxVisits} values`, "fewer");
    if (part instanceof TensorView) {
      const own = name === "" ? "tensor" : name;
      if (names.has(own))
        throw new FormatError(
          file,
          0,
          `two tensors are called ${quote(own)}: their keys differ in kind, as 1 and "1", or in where their dots stand`,
          "names that differ",
        );
      if (views.length === maxTensors || own.length > maxNameLength || own.includes("\0"))
        throw new FormatError(
          file,
          0,
          `there are too many tensors, or the name ${quote(own)} cannot be one's`,
          `at most ${maxTensors} names`,
        );
      budget.spend(tensorCost + 2 * own.length, 0);
      names.add(own);
      views.push({ path, name: own, view: part });
      return;
    }
    if (part instanceof PickleOpaque && part.name.endsWith("multiarray._reconstruct")) arrays.push(name);
    else if (part instanceof PickleOpaque && !isModule(part) && hides([part.args, part.state])) objects.push(name);
    if (inside.has(part) || inside.size > maxDepth)
      throw new FormatError(file, 0, "the data hold themselves, or nest too deep", `${maxDepth} levels`);
    if (typeof part !== "object" || part === null) return;
    inside.add(part);
    const own = moduleAt ?? (part instanceof PickleDict && isModule(part) ? path.length : undefined);
    for (const [key, child] of childrenOf(part)) {
      const keys =
        own !== undefined && path.length > own ? [...path.slice(0, -1), `${path[own]}.${key}`] : [...path, key];
      visit(child, keys, name === "" ? `${key}` : `${name}.${key}`, own);
    }
    inside.delete(part);
  };
  visit(root, start, "");
  return { views, arrays, objects };
}

/** A search for tensors in what an object was made of; each value is looked at once, however often it is asked for. */
function hiding(): (values: readonly unknown[]) => boolean {
  const seen = new Set<unknown>();
  return (values) => {
    const open: unknown[] = [...values];
    while (open.length > 0) {
      const value = open.pop();
      if (value instanceof TensorView) return true;
      if (typeof value !== "object" || value === null || seen.has(value)) continue;
      seen.add(value);
      if (value instanceof PickleDict) for (const one of value.entries.values()) open.push(one);
      if (value instanceof PickleOpaque) open.push(value.items, value.args, value.state);
      for (const one of value instanceof PickleTuple ? value.items : Array.isArray(value) ? value : []) open.push(one);
    }
    return false;
  };
}

/** What lies in a value, under the keys of dicts and the places of lists; of an opaque object only what makes it a dict, a list or a module. */
function childrenOf(part: unknown): [PathKey, unknown][] {
  if (part instanceof PickleOpaque) {
    const module = moduleEntries(part);
    return module ?? [...entriesOf(part), ...part.items.map((item, at): [PathKey, unknown] => [at, item])];
  }
  if (part instanceof PickleDict) return entriesOf(part);
  const items = part instanceof PickleTuple ? part.items : Array.isArray(part) ? (part as unknown[]) : [];
  return items.map((item, at) => [at, item]);
}

function entriesOf(dict: PickleDict): [PathKey, unknown][] {
  return [...dict.entries].map(([key, value]) => [typeof key === "number" ? key : keyText(key, 0), value]);
}

/** A key as a part of a name. */
function keyText(key: unknown, depth: number): string {
  if (key instanceof PickleTuple)
    return depth < maxKeyDepth && key.items.length <= maxKeyItems
      ? `(${key.items.map((item) => keyText(item, depth + 1)).join(",")})`
      : "(…)";
  if (key instanceof PickleGlobal || key instanceof PickleOpaque) return key.name;
  if (key instanceof OpaqueBytes) return "bytes";
  return depth === 0 ? String(key) : String(key).slice(0, maxItemLength);
}

const isModule = (value: PickleDict): boolean => value instanceof PickleOpaque && moduleEntries(value) !== undefined;

/** What `state_dict()` of a saved torch.nn.Module walks over: parameters, buffers that are persistent, then the modules in it; `undefined` for
 *  other objects. */
function moduleEntries({ state }: PickleOpaque): [PathKey, unknown][] | undefined {
  const attributes = state instanceof PickleDict ? state.entries : undefined;
  const [parameters, buffers, modules] = ["_parameters", "_buffers", "_modules"].map((key) => attributes?.get(key));
  if (!(parameters instanceof PickleDict) || !(modules instanceof PickleDict)) return undefined;
  const hidden = attributes?.get("_non_persistent_buffers_set");
  const names = new Set<unknown>(hidden instanceof PickleOpaque ? [...hidden.items, ...hidden.args.flat()] : []);
  const kept = buffers instanceof PickleDict ? entriesOf(buffers).filter(([key]) => !names.has(key)) : [];
  return [...entriesOf(parameters), ...kept, ...entriesOf(modules)];
}
