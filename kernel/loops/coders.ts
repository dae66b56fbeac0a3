/** The hot loops of the coders of integers. Their interface, `CodersModule`, is written by the build from kernel/simd/assembly/coders; the
 *  plain ones stand in coders-plain.ts, and both give equal bytes. */
import type { CodersModule } from "../simd/generated/coders";
import { instantiate, pageBytes } from "../simd/module";
import { chosen } from "./chosen";
import { coderPlaces, coderViewsOf, type CoderKernels } from "./coder-memory";
import { plainCoderKernels } from "./coders-plain";

export interface CoderLoops {
  /** Loops over a memory of this thread's own, made when first used. */
  own(): CoderKernels;
}

function madeOnce(make: () => CoderKernels): CoderLoops {
  let own: CoderKernels | undefined;
  return { own: () => (own ??= make()) };
}

/** The reference. */
export const plainCoders: CoderLoops = madeOnce(plainCoderKernels);

/** By WebAssembly. */
export const fastCoders: CoderLoops = madeOnce(() => {
  const { functions, buffer } = instantiate<CodersModule>("coders", coderPlaces.end - pageBytes);
  return { ...functions, ...coderViewsOf(buffer) };
});

/** What encode/ uses. */
export const coderLoops: CoderLoops = chosen(plainCoders, fastCoders);
