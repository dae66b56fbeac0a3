/** The merges of a BPE model: as tokenizer.json lists them, and which tokens they make. */
import { FormatError } from "../errors";

/** The two neighbours of each merge, by rank, written as "left right" or as [left, right] in the file. */
export function mergesOf(path: string, merges: unknown): (readonly [left: string, right: string])[] {
  if (!Array.isArray(merges)) throw new FormatError(path, 0, "the model has no merges", "a list of pairs");
  return merges.map((merge: unknown) => {
    const parts: unknown[] = typeof merge === "string" ? merge.split(" ") : Array.isArray(merge) ? merge : [];
    const [left, right] = parts;
    if (parts.length === 2 && typeof left === "string" && typeof right === "string" && left !== "" && right !== "")
      return [left, right];
    throw new FormatError(path, 0, `a merge is ${JSON.stringify(merge).slice(0, 80)}`, "a pair");
  });
}

/** The first of `texts` that merging its characters does not give back as one token; `undefined` where all come out. */
export function unmerged(
  texts: readonly string[],
  merges: readonly (readonly [left: string, right: string])[],
): string | undefined {
  const ranks = new Map<string, number>();
  merges.forEach(([left, right], rank) => {
    const pair = `${left} ${right}`;
    if (!ranks.has(pair)) ranks.set(pair, rank);
  });
  return texts.find((text) => {
    const row = [...text];
    while (row.length > 1) {
      let [at, lowest] = [-1, Infinity];
      for (let i = 1; i < row.length; i++) {
        const rank = ranks.get(`${row[i - 1]} ${row[i]}`) ?? Infinity;
        if (rank < lowest) [at, lowest] = [i - 1, rank];
      }
      if (at < 0) return true;
      row.splice(at, 2, row[at] + row[at + 1]);
    }
    return false;
  });
}
