/** The loops over the weights of a layer, a family of methods a file. They make one module, so that they work on one memory. */
export { decodeBlocks, encodeBlocks, packBlocks, unpackBlocks } from "./layers/blocks";
export { linearEncode, linearRanges } from "./layers/linear";
export { linearFit } from "./layers/linear-fit";
export { linearFixed } from "./layers/linear-fixed";
