/** ggml's block types by their numbers: encoding, packing, unpacking, decoding of whole blocks. The bits are those of `kernel/blocks`.
 *  Arguments: x (blocks, n) f32, blocks as stored, codes (blocks, n) u8, n the weights of a block. Packing and unpacking move the codes
 *  between `codes` and the blocks; encoding writes the blocks' fields and `codes`, decoding reads them. */
import * as legacy from "./block-types/legacy-blocks";
import * as weighed from "./block-types/legacy-blocks-weighed";
import * as affine from "./block-types/k-quants-affine";
import * as symmetric from "./block-types/k-quants-symmetric";
import * as iq4 from "./block-types/iq4";
import * as fp4 from "./block-types/fp4";
import * as ternary from "./block-types/ternary";
import { BLOCK_SEARCH, BlockSearch, BlockType, LISTS } from "./_shared";
import {
  packCrumbs,
  packNibbles16,
  packNibbles8,
  unpackCrumbs,
  unpackNibbles16,
  unpackNibbles8,
} from "./block-types/packing";

/** The lists that the searches walk stand at LISTS, f32, of MXFP4 u32; where they begin in a row and what its importance is, BLOCK_SEARCH
 *  tells. `type` is one of BlockType. */
export function encodeBlocks(type: i32, x: usize, blocks: i32, bytes: usize, codes: usize): void {
  const weighs = changetype<BlockSearch>(BLOCK_SEARCH).importance != 0;
  const four = type == BlockType.Q4_0 || type == BlockType.Q4_1;
  if (type == BlockType.Q4_0 || type == BlockType.Q5_0) {
    const half = four ? 8 : 16;
    const size = four ? 18 : 22;
    if (weighs) weighed.encodeCentredWeighed(x, blocks, half, size, bytes, codes);
    else legacy.encodeCentred(x, blocks, half, size, bytes, codes);
  } else if (type == BlockType.Q4_1 || type == BlockType.Q5_1) {
    const qmax = four ? 15 : 31;
    const size = four ? 20 : 24;
    if (weighs) weighed.encodeShiftedWeighed(x, blocks, qmax, size, bytes, codes);
    else legacy.encodeShifted(x, blocks, qmax, size, bytes, codes);
  } else if (type == BlockType.Q8_0) legacy.encodeQ8(x, blocks, bytes, codes);
  else if (type == BlockType.Q2_K) affine.encodeQ2K(x, blocks, bytes, codes);
  else if (type == BlockType.Q4_K) affine.encodeSixBitScales(15, x, blocks, bytes, codes);
  else if (type == BlockType.Q5_K) affine.encodeSixBitScales(31, x, blocks, bytes, codes);
  else if (type == BlockType.Q3_K) symmetric.encodeQ3K(x, blocks, bytes, codes);
  else if (type == BlockType.Q6_K) symmetric.encodeQ6K(x, blocks, bytes, codes);
  else if (type == BlockType.IQ4_NL) iq4.encodeIq4Nl(x, blocks, bytes, codes);
  else if (type == BlockType.IQ4_XS) iq4.encodeIq4Xs(x, blocks, bytes, codes);
  else if (type == BlockType.TQ1_0) ternary.encodeTernary(x, blocks, 52, 54, bytes, codes);
  else if (type == BlockType.TQ2_0) ternary.encodeTernary(x, blocks, 64, 66, bytes, codes);
  else if (type == BlockType.MXFP4) fp4.encodeMxfp4(x, blocks, bytes, codes, LISTS);
  else if (type == BlockType.NVFP4) fp4.encodeNvfp4(x, blocks, bytes, codes);
}

export function packBlocks(type: i32, codes: usize, blocks: i32, bytes: usize): void {
  if (type == BlockType.Q4_0) legacy.packLegacy(codes, blocks, 2, 0, 18, bytes);
  else if (type == BlockType.Q4_1) legacy.packLegacy(codes, blocks, 4, 0, 20, bytes);
  else if (type == BlockType.Q5_0) legacy.packLegacy(codes, blocks, 6, 2, 22, bytes);
  else if (type == BlockType.Q5_1) legacy.packLegacy(codes, blocks, 8, 4, 24, bytes);
  else if (type == BlockType.IQ4_NL) legacy.packLegacy(codes, blocks, 2, 0, 18, bytes);
  else if (type == BlockType.MXFP4) legacy.packLegacy(codes, blocks, 1, 0, 17, bytes);
  else if (type == BlockType.Q4_K) affine.packK(codes, blocks, 16, 0, 144, bytes);
  else if (type == BlockType.Q5_K) affine.packK(codes, blocks, 48, 16, 176, bytes);
  else if (type == BlockType.Q3_K) symmetric.packQ3K(codes, blocks, bytes);
  else if (type == BlockType.Q6_K) symmetric.packQ6K(codes, blocks, bytes);
  else if (type == BlockType.TQ1_0) ternary.packTq1(codes, blocks, bytes);
  else if (type == BlockType.Q8_0)
    for (let block = 0; block < blocks; block++) {
      v128.store(bytes + 2, v128.load(codes));
      v128.store(bytes + 18, v128.load(codes, 16));
      codes += 32;
      bytes += 34;
    }
  else if (type == BlockType.IQ4_XS)
    for (let block = 0; block < blocks; block++) {
      for (let group: usize = 0; group < 8; group++) packNibbles16(codes + 32 * group, bytes + 8 + 16 * group);
      codes += 256;
      bytes += 136;
    }
  else if (type == BlockType.NVFP4)
    for (let block = 0; block < blocks; block++) {
      for (let group: usize = 0; group < 4; group++) packNibbles8(codes + 16 * group, bytes + 4 + 8 * group);
      codes += 64;
      bytes += 36;
    }
  else if (type == BlockType.Q2_K || type == BlockType.TQ2_0)
    for (let block = 0; block < blocks; block++) {
      const at = bytes + (type == BlockType.Q2_K ? 16 : 0);
      packCrumbs(codes, at);
      packCrumbs(codes + 128, at + 32);
      codes += 256;
      bytes += type == BlockType.Q2_K ? 84 : 66;
    }
}

export function unpackBlocks(type: i32, bytes: usize, blocks: i32, codes: usize): void {
  if (type == BlockType.Q4_0) legacy.unpackLegacy(bytes, blocks, 2, 0, 18, codes);
  else if (type == BlockType.Q4_1) legacy.unpackLegacy(bytes, blocks, 4, 0, 20, codes);
  else if (type == BlockType.Q5_0) legacy.unpackLegacy(bytes, blocks, 6, 2, 22, codes);
  else if (type == BlockType.Q5_1) legacy.unpackLegacy(bytes, blocks, 8, 4, 24, codes);
  else if (type == BlockType.IQ4_NL) legacy.unpackLegacy(bytes, blocks, 2, 0, 18, codes);
  else if (type == BlockType.MXFP4) legacy.unpackLegacy(bytes, blocks, 1, 0, 17, codes);
  else if (type == BlockType.Q4_K) affine.unpackK(bytes, blocks, 16, 0, 144, codes);
  else if (type == BlockType.Q5_K) affine.unpackK(bytes, blocks, 48, 16, 176, codes);
  else if (type == BlockType.Q3_K) symmetric.unpackQ3K(bytes, blocks, codes);
  else if (type == BlockType.Q6_K) symmetric.unpackQ6K(bytes, blocks, codes);
  else if (type == BlockType.TQ1_0) ternary.unpackTq1(bytes, blocks, codes);
  else if (type == BlockType.Q8_0)
    for (let block = 0; block < blocks; block++) {
      v128.store(codes, v128.load(bytes, 2));
      v128.store(codes, v128.load(bytes, 18), 16);
      codes += 32;
      bytes += 34;
    }
  else if (type == BlockType.IQ4_XS)
    for (let block = 0; block < blocks; block++) {
      for (let group: usize = 0; group < 8; group++) unpackNibbles16(bytes + 8 + 16 * group, codes + 32 * group);
      codes += 256;
      bytes += 136;
    }
  else if (type == BlockType.NVFP4)
    for (let block = 0; block < blocks; block++) {
      for (let group: usize = 0; group < 4; group++) unpackNibbles8(bytes + 4 + 8 * group, codes + 16 * group);
      codes += 64;
      bytes += 36;
    }
  else if (type == BlockType.Q2_K || type == BlockType.TQ2_0)
    for (let block = 0; block < blocks; block++) {
      const at = bytes + (type == BlockType.Q2_K ? 16 : 0);
      unpackCrumbs(at, codes);
      unpackCrumbs(at + 32, codes + 128);
      codes += 256;
      bytes += type == BlockType.Q2_K ? 84 : 66;
    }
}

export function decodeBlocks(type: i32, bytes: usize, blocks: i32, codes: usize, out: usize): void {
  if (type == BlockType.Q4_0) legacy.decodeCentred(bytes, blocks, 8, 18, codes, out);
  else if (type == BlockType.Q5_0) legacy.decodeCentred(bytes, blocks, 16, 22, codes, out);
  else if (type == BlockType.Q4_1) legacy.decodeShifted(bytes, blocks, 20, codes, out);
  else if (type == BlockType.Q5_1) legacy.decodeShifted(bytes, blocks, 24, codes, out);
  else if (type == BlockType.Q8_0) legacy.decodeQ8(bytes, blocks, codes, out);
  else if (type == BlockType.Q2_K) affine.decodeQ2K(bytes, blocks, codes, out);
  else if (type == BlockType.Q4_K) affine.decodeSixBitScales(bytes, blocks, 144, codes, out);
  else if (type == BlockType.Q5_K) affine.decodeSixBitScales(bytes, blocks, 176, codes, out);
  else if (type == BlockType.Q3_K) symmetric.decodeQ3K(bytes, blocks, codes, out);
  else if (type == BlockType.Q6_K) symmetric.decodeQ6K(bytes, blocks, codes, out);
  else if (type == BlockType.IQ4_NL) iq4.decodeIq4Nl(bytes, blocks, codes, out);
  else if (type == BlockType.IQ4_XS) iq4.decodeIq4Xs(bytes, blocks, codes, out);
  else if (type == BlockType.TQ1_0) ternary.decodeTernary(bytes, blocks, 52, 54, codes, out);
  else if (type == BlockType.TQ2_0) ternary.decodeTernary(bytes, blocks, 64, 66, codes, out);
  else if (type == BlockType.MXFP4) fp4.decodeMxfp4(bytes, blocks, codes, out);
  else if (type == BlockType.NVFP4) fp4.decodeNvfp4(bytes, blocks, codes, out);
}
