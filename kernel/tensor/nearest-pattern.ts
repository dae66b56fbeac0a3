/** The pattern that was probably meant, for one that fits no tensor. */
import { nearestWord } from "../options";
import { layerMatcher, type LayerInfo, type LayerPattern } from "./match";

/** Names that are looked at; a model of more has no other words in the rest. */
const mostNames = 4096;

/** A pattern near `pattern` that fits some of `tensors`, or undefined. Tried are, in this order: words between dots that are misspelt; `**` where
 *  `*` stands; the pattern behind any words ("layers.0.**" of "model.layers.0.**"); before any words ("lm_head" of "lm_head.weight"); and as a
 *  part of names ("query"). Only globs have a near one. */
export function nearestPattern(pattern: LayerPattern, tensors: readonly LayerInfo[]): string | undefined {
  if (typeof pattern !== "string" || pattern === "") return undefined;
  const fits = (candidate: string): boolean => {
    try {
      return tensors.some(layerMatcher(candidate));
    } catch {
      // A pattern that a change made senseless is none.
      return false;
    }
  };
  const spelled = respelled(pattern, tensors);
  const forms = [...new Set([pattern, spelled])].flatMap((text) => {
    const wide = text.replace(/\*+/g, "**");
    const inner = text.replace(/^[*.]+|[*.]+$/g, "");
    return [
      text,
      wide,
      `**.${text}`,
      `**.${wide}`,
      `${text}.**`,
      `**.${text}.**`,
      inner === "" ? text : `**${inner}**`,
    ];
  });
  return forms.find((form) => form !== pattern && fits(form));
}

/** The pattern with each plain word that no name has replaced by the nearest word that one has. */
function respelled(pattern: string, tensors: readonly LayerInfo[]): string {
  const words = new Set(tensors.slice(0, mostNames).flatMap(({ name }) => name.split(/[./]/)));
  return pattern.replace(/[^./*?{},\\]+/g, (word) =>
    words.has(word) ? word : (nearestWord(word, [...words]) ?? word),
  );
}

/** The tensors with the names that have most pairs of letters in common with `text`, best first, of equal ones the earlier: at most `count`. */
export function nearestNames(text: string, tensors: readonly LayerInfo[], count = 3): string[] {
  const wanted = pairsOf(text);
  const scored = tensors.slice(0, mostNames).map(({ name }) => {
    const own = pairsOf(name);
    const common = [...own].filter((pair) => wanted.has(pair)).length;
    return { name, score: (2 * common) / Math.max(1, own.size + wanted.size) };
  });
  return scored
    .sort((a, b) => b.score - a.score)
    .slice(0, count)
    .map(({ name }) => name);
}

function pairsOf(text: string): Set<string> {
  const letters = text.slice(0, 500);
  return new Set(Array.from({ length: Math.max(0, letters.length - 1) }, (_, at) => letters.slice(at, at + 2)));
}
