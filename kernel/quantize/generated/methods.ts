// Written by scripts/methods.mjs from the methods in kernel/quantize: npm run build -- kernel writes it again.

import { fp4Quantizer } from "../fp4";
import { fp8Quantizer } from "../fp8";
import { ggmlQuantizer } from "../ggml";
import { hqqQuantizer } from "../hqq";
import { intQuantizer } from "../int";
import { kMeansQuantizer } from "../k-means";
import { linearQuantizer } from "../linear";
import { meanConstrainedQuantizer } from "../mean-constrained";
import { mxfp4Quantizer } from "../mxfp4";
import { mxfp8Quantizer } from "../mxfp8";
import { nf4Quantizer } from "../nf4";
import { nvfp4Quantizer } from "../nvfp4";
import { sortedQuantizer } from "../sorted";
import { ternaryQuantizer } from "../ternary";
import { trellisQuantizer } from "../trellis";

export * from "../fp4";
export * from "../fp8";
export * from "../ggml";
export * from "../hqq";
export * from "../int";
export * from "../k-means";
export * from "../linear";
export * from "../mean-constrained";
export * from "../mxfp4";
export * from "../mxfp8";
export * from "../nf4";
export * from "../nvfp4";
export * from "../sorted";
export * from "../ternary";
export * from "../trellis";

/** Each Quantizer of the room. */
export const quantizerRows = [
  fp4Quantizer,
  fp8Quantizer,
  ggmlQuantizer,
  hqqQuantizer,
  intQuantizer,
  kMeansQuantizer,
  linearQuantizer,
  meanConstrainedQuantizer,
  mxfp4Quantizer,
  mxfp8Quantizer,
  nf4Quantizer,
  nvfp4Quantizer,
  sortedQuantizer,
  ternaryQuantizer,
  trellisQuantizer,
] as const;
