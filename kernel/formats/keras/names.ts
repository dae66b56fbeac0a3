/** Keras's names of the arrays in its files. Keras 3 stores a variable as `layers/conv2d_1/vars/0`: the layer's class, counted, and the number of
 *  the variable; since 3.10 the attribute "name" of `vars` is the layer's own. Older files store `model_weights/LAYER/PATH` or `LAYER/PATH`, where the
 *  path ends with the variable's name. Both become `LAYER/VARIABLE`. What is not known keeps the words of the file. Source: keras 3.15,
 *  saving_lib.py and legacy_h5_format.py. */
import { classOfWord, layerOf, layersByName, layersByWord, variablesOf, type Layer } from "./layers";

/** What names follow from. */
export interface NamedFile {
  /** Where the arrays are. */
  readonly paths: readonly string[];
  /** The attribute "name" of groups, by their paths. */
  readonly names: Readonly<Record<string, string>>;
  /** The model's settings: class_name and config. */
  readonly topology: unknown;
}

/** Names of arrays, and the layers that the paths alone tell of, for a file without settings. */
export interface KerasNames {
  readonly names: readonly string[];
  readonly layers: readonly { readonly class_name: string; readonly config: { readonly name: string } }[];
}

const variable = /^(?:(.*)\/)?vars\/(\d+)$/;
/** Lists of layers, which are no words of a name. */
const isList = (word: string): boolean => word === "layers" || word === "_layer_checkpoint_dependencies";

/** True for an array of Keras 3. */
export function isVariable(path: string): boolean {
  return variable.test(path);
}

/** True for an array of an optimizer. */
export function isOfOptimizer(path: string): boolean {
  return /^(optimizer|_?optimizer_weights)\//.test(path);
}

/** A name for each path, all different. */
export function kerasNames(file: NamedFile): KerasNames {
  const known = layersByName(file.topology);
  const counts = new Map<string, number>();
  for (const path of file.paths) {
    const group = variable.exec(path)?.[1] ?? "";
    counts.set(group, (counts.get(group) ?? 0) + 1);
  }
  const told = new Map<string, string>();
  const named = file.paths.map((path) => {
    const found = variable.exec(path);
    if (!found) return legacyName(path);
    const group = found[1] ?? "";
    const { words, layer, part } = placeOf(group, file, known);
    if (file.topology === undefined && layer && part === undefined && words.length > 0)
      told.set(words[words.length - 1], layer.className);
    if (file.topology === undefined && layer && part !== undefined && words.length > 1)
      told.set(words[words.length - 2], layer.className);
    const variables = layer && variablesOf(layer, part, counts.get(group) ?? 0);
    return [...words, variables?.[Number(found[2])] ?? `vars/${found[2]}`].join("/");
  });
  return {
    names: distinct(named, file.paths),
    layers: [...told].map(([name, className]) => ({ class_name: className, config: { name } })),
  };
}

interface Place {
  readonly words: readonly string[];
  /** The layer that has the variable, or whose part has it. */
  readonly layer: Layer | undefined;
  readonly part: string | undefined;
}

/** The words of a group's name, and its layer. */
function placeOf(group: string, { names, topology }: NamedFile, known: ReadonlyMap<string, Layer>): Place {
  const words: string[] = [];
  let layer: Layer | undefined = layerOf(topology);
  let part: string | undefined;
  let path = "";
  let isListed = false;
  for (const word of group === "" ? [] : group.split("/")) {
    path += path === "" ? word : `/${word}`;
    const own = nameOf(names, path);
    if (own === undefined && isList(word)) {
      isListed = true;
      continue;
    }
    const counted: (Layer & { readonly name: string }) | undefined =
      isListed && own === undefined ? layersByWord(layer).get(word) : undefined;
    const name: string = own ?? counted?.name ?? word;
    const inSettings: Layer | undefined =
      counted ?? known.get(name) ?? known.get(name.replace(/^(forward|backward)_/, ""));
    const byWord = classOfWord(word);
    // A list's words are classes; a part's are its layer's own.
    const next: Layer | undefined =
      inSettings ?? (byWord && (isListed || words.length === 0) ? { className: byWord, config: {} } : undefined);
    part = next ? undefined : word;
    layer = next ?? layer;
    words.push(name);
    isListed = isListed && !next && own === undefined;
  }
  return { words, layer, part };
}

function nameOf(names: NamedFile["names"], path: string): string | undefined {
  const key = `${path}/vars`;
  const name = Object.hasOwn(names, key) ? names[key] : undefined;
  return name !== undefined && name !== "" && name.length <= 255 && !/[\u0000-\u001f]/.test(name) ? name : undefined;
}

/** Of `model_weights/LAYER/MODEL/LAYER/VARIABLE` what begins with the layer. */
function legacyName(path: string): string {
  const words = path.split("/");
  if (words[0] === "model_weights") words.shift();
  const again = words.slice(0, -1).indexOf(words[0], 1);
  if (again > 0) words.splice(0, again);
  else if (words[0] === "top_level_model_weights" && words.length > 2) words.shift();
  return words.join("/").replace(/:0$/, "");
}

/** The names; those that several arrays would have give way to the paths of the file. */
function distinct(named: readonly string[], paths: readonly string[]): string[] {
  const times = new Map<string, number>();
  for (const name of [...named, ...paths]) times.set(name, (times.get(name) ?? 0) + 1);
  return named.map((name, at) => (times.get(name) === (name === paths[at] ? 2 : 1) ? name : paths[at]));
}
