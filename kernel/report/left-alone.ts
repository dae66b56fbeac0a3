/** What a recipe left alone in words, the same in every form of a report. */
import { formatCount, formatShort } from "./numbers";
import type { LeftAlone, LeftAloneGroup } from "./types";

const tensorsOf = (count: number): string => `${formatCount(count)} ${count === 1 ? "tensor" : "tensors"}`;

/** "Left alone: 12 tensors, 3.1 M parameters, because they are no weights of layers." */
export function leftAloneSentence({ tensors, parameters }: LeftAlone): string {
  const because = tensors === 1 ? "it is no weight of a layer" : "they are no weights of layers";
  return `Left alone: ${tensorsOf(tensors)}, ${formatShort(parameters)} parameters, because ${because}.`;
}

/** "buffer: a table of positions: 2 tensors, 1.57 M parameters: pos_embed, decoder_pos_embed; only: "…" takes them"; `label` renders a name and
 *  `plain` other text, both of which are data. */
export function leftAloneLine(
  group: LeftAloneGroup,
  label: (name: string) => string,
  plain: (text: string) => string = label,
): string {
  const { role, reason, tensors, parameters, names, pattern } = group;
  const more = tensors > names.length ? ", …" : "";
  const takes = pattern === undefined ? "" : `; only: ${label(pattern)} takes ${tensors === 1 ? "it" : "them"}`;
  return `${plain(role)} (${plain(reason)}): ${tensorsOf(tensors)}, ${formatShort(parameters)} parameters: ${names.map(label).join(", ")}${more}${takes}`;
}
