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
}
