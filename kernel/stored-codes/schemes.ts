import { awq } from "./awq";
import { bitsandbytes4 } from "./bitsandbytes";
import { bitsandbytes8 } from "./bitsandbytes-int8";
import { compressedTensors } from "./compressed-tensors";
import { fp4 } from "./fp4";
import { fp8 } from "./fp8";
import { gptOss } from "./gpt-oss";
import { gptq } from "./gptq";
import { hqq } from "./hqq";
import { mlx } from "./mlx";
import { modelOptIntegers } from "./modelopt-integers";
import type { Scheme } from "./scheme";
import { spectralNorm } from "./spectral-norm";
import { weightNorm } from "./weight-norm";

/** Every scheme that is decoded, a row each. The first that finds a weight has it: schemes that look closer stand above those that take what
 *  looks alike. */
export const schemes: readonly Scheme[] = [
  awq,
  gptq,
  bitsandbytes4,
  bitsandbytes8,
  compressedTensors,
  hqq,
  gptOss,
  mlx,
  fp4,
  fp8,
  modelOptIntegers,
  weightNorm,
  spectralNorm,
];
