import { OptionError } from "../errors";

/** The names under which models are saved, in the order in which they are taken where a folder holds several. */
const usualNames = [
  "model.safetensors",
  "model.safetensors.index.json",
  "pytorch_model.bin",
  "pytorch_model.bin.index.json",
  "model.json",
];
const suffixes = [".safetensors.index.json", ".safetensors", ".gguf", ".codebook", ".pt", ".pth", ".npz"];
const mostListed = 40;

/** True for a name that is taken whatever else the folder holds. */
export function isUsualName(name: string): boolean {
  return name === usualNames[0] || name === usualNames[1];
}

/** The one model among the files of a folder: one of the usual names, or the one file of a known format; parts of a split GGUF count as
 *  one. `undefined` when there is none; `OptionError` that lists them when there are several. */
export function chooseModelFile(names: readonly string[], where: string): string | undefined {
  const usual = usualNames.find((name) => names.includes(name));
  if (usual !== undefined) return usual;
  for (const suffix of suffixes) {
    const matching = names.filter((name) => name.endsWith(suffix) && !isLaterPart(name)).sort();
    if (matching.length === 1) return matching[0];
    if (matching.length > 1) throw severalFiles(where, matching, suffix);
  }
  return undefined;
}

export function severalFiles(where: string, names: readonly string[], suffix = "model"): OptionError {
  const more = names.length > mostListed ? ` and ${names.length - mostListed} more` : "";
  return new OptionError(
    `open(): ${where} holds ${names.length} ${suffix} files; name one of ${names.slice(0, mostListed).join(", ")}${more}`,
  );
}

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

function isLaterPart(name: string): boolean {
  return (partNames(name)?.at ?? 0) > 0;
}
