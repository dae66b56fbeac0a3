/** Whether scores, by which llama.cpp merges, give the order of the ranks, by which tokenizers merges (see sentencepiece.ts). */
import type { Merge, Vocabulary } from "./vocabulary";

/** Why llama.cpp would merge in another order by these scores than tokenizers does by the ranks of the merges; `undefined` where it would not.
 *
 *  The scores of the merges' tokens must fall from each rank to the next. Two ranks may share a score where their merges make the same
 *  token, or where both make runs of one character and either order joins every row of that character alike.
 *  `scores`: one for each token, by its number. */
export function disorder(
  vocabulary: Vocabulary,
  merges: readonly Merge[],
  scores: readonly number[],
): string | undefined {
  const groups = new Map<number, Merge[]>();
  let last = { text: "", score: Infinity };
  for (const merge of merges) {
    const { text } = merge;
    const score = Math.fround(scores[vocabulary.ids.get(text) ?? 0]);
    if (score > last.score)
      return `whose merge to ${JSON.stringify(text)} comes behind that to ${JSON.stringify(last.text)} and has a higher score`;
    const group = groups.get(score);
    if (group) group.push(merge);
    else groups.set(score, [merge]);
    last = { text, score };
  }
  for (const group of groups.values()) {
    const [{ text }] = group;
    const other = group.find((merge) => merge.text !== text);
    if (other && !areAlikeRuns(group, merges, (merge) => -scores[vocabulary.ids.get(merge.text) ?? 0]))
      return `whose merges to ${JSON.stringify(text)} and ${JSON.stringify(other.text)} have no order`;
  }
  return undefined;
}

/** True where all tokens of a group are runs of one character, such as Mistral 7B's runs of spaces, which share a score, and where every row
 *  of that character is joined alike by the merges' ranks and by `order`. Rows of up to three times the longest run are tried. */
function areAlikeRuns(
  group: readonly Merge[],
  merges: readonly Merge[],
  order: (merge: Merge, rank: number) => number,
): boolean {
  const character = String.fromCodePoint(group[0].text.codePointAt(0) ?? 0);
  const isRun = ({ text }: Merge): boolean => text === character.repeat(text.length / character.length);
  if (!group.every(isRun)) return false;
  const runs = merges.filter(isRun);
  const longest = runs.reduce((most, { text }) => Math.max(most, text.length / character.length), 0);
  if (longest > 64) return false;
  const ordersOf = (by: (merge: Merge, rank: number) => number) =>
    new Map(runs.map((merge, rank) => [`${merge.left} ${merge.right}`, by(merge, rank)]));
  const [ranks, orders] = [ordersOf((_, rank) => rank), ordersOf(order)];
  return Array.from({ length: 3 * longest }, (_, n) => new Array<string>(n).fill(character)).every(
    (row) => joined(row, ranks) === joined(row, orders),
  );
}

/** How a row of characters is joined: again and again the pair of the lowest order, and of equal ones the leftmost. Gives the index of each
 *  pair in the row of that moment, with commas between. */
function joined(characters: readonly string[], orders: ReadonlyMap<string, number>): string {
  const row = [...characters];
  const joints: number[] = [];
  for (;;) {
    const inRow = row.slice(1).map((right, i) => orders.get(`${row[i]} ${right}`) ?? Infinity);
    const lowest = inRow.reduce((least, one) => Math.min(least, one), Infinity);
    if (lowest === Infinity) return joints.join();
    const joint = inRow.indexOf(lowest);
    row.splice(joint, 2, row[joint] + row[joint + 1]);
    joints.push(joint);
  }
}
