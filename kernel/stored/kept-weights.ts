/** Weights that pruning left, out of all and back among them. `keep` has a byte for each weight: 0 where it is pruned away. */

/** Writes the weights of `kept` to those indices of `into` where `keep` is not 0, in order; the others stay. */
export function spread<Values extends { [index: number]: number }>(
  kept: ArrayLike<number>,
  keep: Uint8Array,
  into: Values,
): Values {
  let next = 0;
  for (let i = 0; i < keep.length; i++) if (keep[i] !== 0) into[i] = kept[next++];
  return into;
}

/** Writes the weights of `all` where `keep` is not 0 to the front of `into`, in order. */
export function gather<Values extends { [index: number]: number }>(
  all: ArrayLike<number>,
  keep: Uint8Array,
  into: Values,
): Values {
  let next = 0;
  for (let i = 0; i < keep.length; i++) if (keep[i] !== 0) into[next++] = all[i];
  return into;
}
