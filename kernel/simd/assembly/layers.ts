/** The loops over the weights of a layer, a family of methods a file. They make one module, so that they work on one memory. */
export { decodeBlocks, encodeBlocks, packBlocks, unpackBlocks } from "./layers/blocks";
export { linearEncode, linearRanges } from "./layers/linear";
export { linearFit } from "./layers/linear-fit";
export { linearFixed } from "./layers/linear-fixed";
export { leastErrorGrids, percentileRanges } from "./layers/linear-range";
export {
  collectTails,
  countBins,
  countBytes,
  countIntegers,
  distinctValues,
  errorSums,
  largestBits,
  rangeOfIntegers,
} from "./layers/measures";
export { packBits, unpackBits } from "./layers/bits";
export { decodeIntegers, decodeSixteen, decodeTable, decodeUniform } from "./layers/decode";
export { hqqRound } from "./layers/hqq";
export { encodeFloats, encodeIntegers, encodeSixteen, encodeSteps } from "./layers/encode";
export { largestOfTiles } from "./layers/largest";
