import { awq } from "./awq";
import { bitsandbytes4 } from "./bitsandbytes";
import { bitsandbytes8 } from "./bitsandbytes-int8";
import { compressedTensors } from "./compressed-tensors";
import { gptq } from "./gptq";
import { hqq } from "./hqq";
import type { Scheme } from "./scheme";

/** Every scheme that is decoded, a row each. The first that finds a weight has it: schemes that look closer stand above those that take what
 *  looks alike. */
export const schemes: readonly Scheme[] = [awq, gptq, bitsandbytes4, bitsandbytes8, compressedTensors, hqq];
