/** A glob that spells out names, one by one, as short as braces make it. */

/** Braces stand for at most so many names, and a pattern that is to be read has at most so many letters. */
const longest = { names: 1024, letters: 2000 };

const escaped = (name: string): string => name.replace(/[\\*?{},]/g, "\\$&");

/** The pattern that matches exactly these names: "model.layers.{0,1,2}.mlp.gate.weight"; `undefined` where it would be too long to use. */
export function spelledPattern(names: readonly string[]): string | undefined {
  if (names.length === 0 || names.length > longest.names) return undefined;
  const templates = new Map<string, string[]>();
  for (const name of names) {
    // The first number of a name is the place in which names of blocks differ.
    const [, before, index, after] = /^(.*?[./_])?(\d+)([./_].*)?$/s.exec(name) ?? [];
    const key = index === undefined ? escaped(name) : `${escaped(before ?? "")}\0${escaped(after ?? "")}`;
    templates.set(key, [...(templates.get(key) ?? []), index ?? ""]);
  }
  const parts = [...templates].map(([key, indices]) =>
    key.replace("\0", indices.length === 1 ? indices[0] : `{${indices.join(",")}}`),
  );
  const pattern = parts.length === 1 ? parts[0] : `{${parts.join(",")}}`;
  return pattern.length > longest.letters ? undefined : pattern;
}
