/** Generated inputs are the same in every run, so that a failure repeats; CODEBOOK_FUZZ_SEED gives others. */
import fc from "fast-check";

fc.configureGlobal({ seed: Number(process.env.CODEBOOK_FUZZ_SEED ?? 20261123) });
