/** What assembly/layers.ts exports. All arguments are addresses, counts and flags; what they point to is said there. */
export interface LayerFunctions {
  encodeBlocks(
    type: number,
    x: number,
    blocks: number,
    bytes: number,
    codes: number,
    lists: number,
    trials: number,
    importance: number,
    blocksInRow: number,
    first: number,
    meanSquares: number,
  ): void;
  packBlocks(type: number, codes: number, blocks: number, bytes: number): void;
  unpackBlocks(type: number, bytes: number, blocks: number, codes: number): void;
  decodeBlocks(type: number, bytes: number, blocks: number, codes: number, out: number): void;
  linearRanges(weights: number, rows: number, columns: number, group: number, bounds: number): void;
  linearFit(
    bounds: number,
    groups: number,
    bits: number,
    symmetric: number,
    half: number,
    scales: number,
    zeros: number,
    flags: number,
  ): number;
  linearEncode(
    weights: number,
    rows: number,
    columns: number,
    group: number,
    bits: number,
    symmetric: number,
    scales: number,
    zeros: number,
    flags: number,
    codes: number,
    errors: number,
  ): void;
  linearFixed(
    weights: number,
    groups: number,
    group: number,
    bits: number,
    symmetric: number,
    half: number,
    scales: number,
    zeros: number,
    codes: number,
    errors: number,
  ): number;
}
