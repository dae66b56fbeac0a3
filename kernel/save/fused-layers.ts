/** Layers that vLLM joins to one as it loads: they must be quantized alike, or not at all. Source: `packed_modules_mapping` of vLLM's models. */

/** The words of modules of one parent that become one layer. */
const joined: readonly (readonly string[])[] = [
  ["q_proj", "k_proj", "v_proj"],
  ["query", "key", "value"],
  ["gate_proj", "up_proj"],
  ["w1", "w3"],
];

const groupOf = new Map(joined.flatMap((words, at) => words.map((word) => [word, at] as const)));

/** Modules that are packed and may not be, each with the reason. `formOf`: how a module is packed, as text; `undefined`: it is not. */
export function unevenModules(
  modules: readonly string[],
  formOf: (module: string) => string | undefined,
): Map<string, string> {
  const layers = new Map<string, string[]>();
  for (const module of modules) {
    const [parent, word] = [module.slice(0, module.lastIndexOf(".") + 1), module.slice(module.lastIndexOf(".") + 1)];
    const group = groupOf.get(word);
    if (group === undefined) continue;
    const key = `${group} ${parent}`;
    layers.set(key, [...(layers.get(key) ?? []), module]);
  }
  const uneven = new Map<string, string>();
  for (const [key, members] of layers) {
    if (new Set(members.map(formOf)).size < 2) continue;
    const words = joined[Number(key.slice(0, key.indexOf(" ")))];
    const names = words.length === 2 ? words.join(" and ") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
    for (const module of members)
      if (formOf(module) !== undefined)
        uneven.set(module, `vLLM holds ${names} as one layer, and they are not quantized alike`);
  }
  return uneven;
}
