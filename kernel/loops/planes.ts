/** The hot loops of the lossless archive: byte planes, prefix codes, range coding, XXH64. Their interface, `PlanesModule`, is written by the
 *  build from kernel/simd/assembly/planes; the plain ones stand in planes-plain.ts, and both give equal bytes. */
import type { BlockCodec } from "../blocks";
import { packBlockCodes, unpackBlockBytes } from "../simd/blocks";
import type { PlanesModule } from "../simd/generated/planes";
import { instantiateIn, type WasmMemory } from "../simd/module";
import { chosen } from "./chosen";
import { ownLane, planeViewsOf, sharedMemory, type PlaneKernels } from "./plane-memory";
import { packPlainly, plainPlanesIn, unpackPlainly } from "./planes-plain";

export interface PlaneLoops {
  /** Loops over addresses of that memory, in which those of another thread may work before and afterwards. */
  in(memory: WasmMemory): PlaneKernels;
  /** Loops over a memory of this thread's own, made when first used; blocks come and go on `ownLane`. */
  own(): PlaneKernels;
  /** The codes (blocks, weights) u8 of blocks as a GGUF file holds them. */
  unpackCodes(codec: BlockCodec, blocks: Uint8Array, codes: Uint8Array): void;
  /** Blocks as a GGUF file holds them, from their codes and from each of their fields, block after block. */
  packCodes(codec: BlockCodec, codes: Uint8Array, fields: readonly Uint8Array[], blocks: Uint8Array): void;
}

function loopsOver(make: (memory: WasmMemory) => PlaneKernels): Pick<PlaneLoops, "in" | "own"> {
  let own: PlaneKernels | undefined;
  return { in: make, own: () => (own ??= make(sharedMemory(ownLane.end))) };
}

/** The reference. */
export const plainPlanes: PlaneLoops = {
  ...loopsOver((memory) => plainPlanesIn(memory.buffer)),
  unpackCodes: unpackPlainly,
  packCodes: packPlainly,
};

/** By WebAssembly SIMD. */
export const fastPlanes: PlaneLoops = {
  ...loopsOver((memory) => ({
    ...instantiateIn<PlanesModule>("planes", memory),
    ...planeViewsOf(memory.buffer),
  })),
  unpackCodes: unpackBlockBytes,
  packCodes: (codec, codes, fields, blocks) => packBlockCodes(codec, { codes, fields }, blocks),
};

/** What encode/ and archive/ use. */
export const planeLoops: PlaneLoops = chosen(plainPlanes, fastPlanes);
