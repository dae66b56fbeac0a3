/** Measures: numbers in, numbers out. */
export { checkFinite } from "./finite";
export {
  errorMeasures,
  measureError,
  mergeErrorSums,
  noErrorSums,
  relativeErrorOf,
  sumBlock,
  sumErrorBlock,
  sumErrors,
  type ErrorSums,
} from "./error";
export { countSymbols, entropyOfCodes, entropyOfCounts, entropyOfValues } from "./entropy";
export { countHistogram, histogram, histogramBins, histogramTail, robustRange } from "./histogram";
export { weightsOf, type TensorInput } from "./input";
export { sortValues, valueOfRank } from "../grid/order";
export { bitsFor, bitsPerWeight, bytesOfBits } from "./bit-arithmetic";
export { countZeros, sparsity } from "./sparsity";
