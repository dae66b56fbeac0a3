/** How a `quantization_config` names modules: as they are called in the file where nothing is known of the network, else by patterns that hold
 *  whichever class opens the folder. A class with a head calls a layer "model.layers.0.mlp.up_proj", the bare network "layers.0.mlp.up_proj";
 *  compressed-tensors and vLLM match a target that begins with "re:" as a Python pattern from the beginning of a name. */
import { nameInMemory } from "./renamed-modules";

/** Numbers of blocks in one pattern; longer patterns are slow to read for everyone. */
const numbersAtOnce = 80;

/** Names by which the class with a head calls the bare network. */
const bareNetwork = /^(model|transformer|backbone|base_model)$/;

/** Targets that fit the modules and no other of `all`, the modules of the network that have weights. `type`: the network's `model_type`. */
export function targetsOf(modules: readonly string[], all: readonly string[], type: string | undefined): string[] {
  if (type === undefined) return [...modules];
  const kinds = byKind(all);
  return [...byKind(modules)].flatMap(([kind, members]) => {
    const others = kinds.get(kind)?.length ?? 0;
    const bodies = others === members.length ? [kind] : numbered(kind, members);
    return bodies.map((body) => patternOf(body, all, new Set(members), type));
  });
}

/** The name of a module without that of the bare network in front. */
export function bareName(module: string, type: string | undefined): string {
  const [first, ...rest] = module.split(".");
  if (rest.length === 0 || /^\d+$/.test(rest[0])) return module;
  const plain = (text: string) => text.replace(/[-_]/g, "");
  const isOwn = type !== undefined && first.length > 2 && plain(type).includes(plain(first));
  return isOwn || bareNetwork.test(first) ? rest.join(".") : module;
}

/** Modules by their names with "#" for each number. */
function byKind(modules: readonly string[]): Map<string, string[]> {
  const kinds = new Map<string, string[]>();
  for (const module of modules) {
    const kind = module.replace(/(?<=^|\.)\d+(?=\.|$)/g, "#");
    const same = kinds.get(kind);
    if (same) same.push(module);
    else kinds.set(kind, [module]);
  }
  return kinds;
}

/** Names of one kind with their numbers told: "layers.{0|3}.mlp.up_proj"; one by one where there are several numbers in a name. */
function numbered(kind: string, members: readonly string[]): string[] {
  const [front, back, ...more] = kind.split("#");
  if (back === undefined || more.length > 0) return [...members];
  const numbers = members.map((name) => name.slice(front.length, name.length - back.length));
  const bodies: string[] = [];
  for (let at = 0; at < numbers.length; at += numbersAtOnce)
    bodies.push(`${front}{${numbers.slice(at, at + numbersAtOnce).join("|")}}${back}`);
  return bodies;
}

function patternOf(body: string, all: readonly string[], members: ReadonlySet<string>, type: string): string {
  const stored = textOf(body);
  for (const name of [bareName(body, type), body]) {
    const inMemory = textOf(nameInMemory(type, name));
    const own = textOf(name);
    const pattern = `(?:.*\\.)?${own === inMemory ? own : `(?:${own}|${inMemory})`}$`;
    const fits = new RegExp(`^${pattern}`);
    if (all.every((module) => members.has(module) || !fits.test(module))) return `re:${pattern}`;
  }
  return `re:${stored}$`;
}

/** The pattern of a name with "#" for any number and "{0|3}" for some. */
function textOf(body: string): string {
  return body
    .replace(/[.*+?^$()[\]\\]/g, "\\$&")
    .replaceAll("#", "\\d+")
    .replace(/\{([\d|]+)\}/g, "(?:$1)");
}
