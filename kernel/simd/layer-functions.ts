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
  largestBits(x: number, count: number): number;
  countBins(x: number, count: number, range: number, tables: number): void;
  errorSums(before: number, after: number, count: number, out: number): number;
  collectTails(
    x: number,
    count: number,
    low: number,
    high: number,
    below: number,
    above: number,
    most: number,
    counts: number,
  ): void;
  countBytes(x: number, count: number, tables: number): void;
  rangeOfIntegers(x: number, count: number, out: number): void;
  countIntegers(x: number, count: number, first: number, table: number): void;
  distinctValues(x: number, count: number, slots: number, list: number, found: number, most: number): number;
  packBits(codes: number, count: number, width: number, first: number, to: number): void;
  unpackBits(from: number, count: number, width: number, first: number, codes: number): void;
  decodeUniform(
    codes: number,
    signed: number,
    rows: number,
    columns: number,
    group: number,
    scales: number,
    zeros: number,
    out: number,
  ): void;
  decodeSixteen(
    codes: number,
    rows: number,
    columns: number,
    group: number,
    table: number,
    scales: number,
    out: number,
  ): void;
  decodeTable(
    codes: number,
    rows: number,
    columns: number,
    group: number,
    table: number,
    scales: number,
    out: number,
  ): void;
  decodeIntegers(codes: number, count: number, scale: number, out: number): void;
  encodeFloats(format: number, weights: number, columns: number, group: number, scales: number, codes: number): void;
  encodeIntegers(
    weights: number,
    columns: number,
    group: number,
    scales: number,
    zeros: number,
    low: number,
    high: number,
    codes: number,
  ): void;
  encodeSixteen(
    weights: number,
    blocks: number,
    group: number,
    midpoints: number,
    codeOfRank: number,
    largest: number,
    codes: number,
  ): void;
  hqqRound(
    weights: number,
    columns: number,
    group: number,
    inverses: number,
    zeros: number,
    highest: number,
    limit: number,
    total: number,
    next: number,
  ): number;
  encodeSteps(weights: number, count: number, step: number, codes: number): number;
  largestOfTiles(
    weights: number,
    rows: number,
    columns: number,
    width: number,
    height: number,
    firstRow: number,
    largest: number,
  ): void;
  percentileRanges(
    weights: number,
    columns: number,
    group: number,
    symmetric: number,
    lowRank: number,
    highRank: number,
    lowRest: number,
    highRest: number,
    scratch: number,
    bounds: number,
  ): void;
  leastErrorGrids(
    weights: number,
    columns: number,
    group: number,
    bits: number,
    symmetric: number,
    half: number,
    bounds: number,
    coarse: number,
    coarseCount: number,
    fine: number,
    scales: number,
    zeros: number,
  ): number;
}
