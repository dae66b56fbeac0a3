/** Symbols of up to 32 bits as numbers from 0 on: their places in an ascending table. */
import type { IntegerArray } from "./container";

const denseSpan = 2 ** 22;

/** From a symbol to its place in the ascending table: an array over the span, or a map where the span is wide. */
export type SymbolIndex = (values: IntegerArray, from: number, to: number, into: Uint8Array | Uint16Array) => void;

/** Puts the places of `values` from `from` to `to` at the beginning of `into`. Every value stands in the table. */
export function indexOfSymbols(symbols: ArrayLike<number>): SymbolIndex {
  const least = symbols[0];
  const span = symbols[symbols.length - 1] - least + 1;
  if (span > denseSpan) {
    const places = new Map(Array.from(symbols, (symbol, i) => [symbol, i]));
    return (values, from, to, into) => {
      for (let i = from; i < to; i++) into[i - from] = places.get(values[i]) ?? 0;
    };
  }
  const places = new Uint16Array(span);
  for (let i = 0; i < symbols.length; i++) places[symbols[i] - least] = i;
  return (values, from, to, into) => {
    for (let i = from; i < to; i++) into[i - from] = places[values[i] - least];
  };
}
