/** What a report says of weights that their source had quantized already. */
import { formatCount } from "./numbers";
import type { Report } from "./types";

/** Schemes that are named before the rest is left out. */
const named = 3;

/** "Quantized before: 14 of 16 layers (GPTQ 4-bit g32); errors are against the values of those codes."; nothing where none was. `label` renders
 *  a scheme, which is data. */
export function requantizedNote({ layers }: Report, label: (text: string) => string): string[] {
  const before = layers.flatMap(({ requantized }) => (requantized === undefined ? [] : [requantized]));
  if (before.length === 0) return [];
  const schemes = [...new Set(before)];
  const list = [...schemes.slice(0, named).map(label), ...(schemes.length > named ? ["…"] : [])].join(", ");
  const of = `${formatCount(layers.length)} ${layers.length === 1 ? "layer" : "layers"}`;
  const what = `Quantized before: ${formatCount(before.length)} of ${of} (${list})`;
  return [`${what}; errors are against the values of those codes.`];
}
