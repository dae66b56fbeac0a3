const partPattern = /^(?<stem>.*)-(?<at>\d{5})-of-(?<count>\d{5})\.gguf$/;

/** The names of all parts of a split GGUF, the first one first; `undefined` for a file that is no part by its name. */
export function partNames(name: string): { readonly at: number; readonly names: readonly string[] } | undefined {
  const groups = partPattern.exec(name)?.groups;
  if (!groups) return undefined;
  const count = Number(groups.count);
  const names = Array.from(
    { length: count },
    (_, i) => `${groups.stem}-${String(i + 1).padStart(5, "0")}-of-${groups.count}.gguf`,
  );
  return { at: Number(groups.at) - 1, names };
}
