/** Where the scale and the zero point of a column stand: at `base + step·groupOf[column]`. */
export interface RowScales {
  /** The group of each column. */
  readonly groupOf: Uint32Array;
  /** The place of group 0. */
  readonly base: number;
  /** From a group's place to the next one's. */
  readonly step: number;
  readonly scales: Float32Array;
  /** Zero points; undefined where all are 0. */
  readonly zeros: ArrayLike<number> | undefined;
  /** What is taken off every code besides. */
  readonly offset: number;
}

/** Fills `values` from `at` on with (code − offset − zero)·scale, one for each code of a row. */
export function decodeRow(
  codes: Uint8Array,
  values: Float32Array,
  at: number,
  { groupOf, base, step, scales, zeros, offset }: RowScales,
): void {
  for (let column = 0; column < codes.length;) {
    const group = groupOf[column];
    const place = base + step * group;
    const scale = scales[place];
    const zero = offset + (zeros ? zeros[place] : 0);
    do {
      values[at + column] = (codes[column] - zero) * scale;
      column++;
    } while (column < codes.length && groupOf[column] === group);
  }
}
