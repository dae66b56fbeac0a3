/** ggml's block types by their numbers: encoding, packing, unpacking, decoding of whole blocks. The bits are those of `kernel/blocks`.
 *  Arguments: x (blocks, n) f32, blocks as stored, codes (blocks, n) u8, n the weights of a block. Packing and unpacking move the codes
 *  between `codes` and the blocks; encoding writes the blocks' fields and `codes`, decoding reads them. */
import * as legacy from "./legacy-blocks";
import * as weighed from "./legacy-blocks-weighed";
import * as affine from "./k-quants-affine";
import * as symmetric from "./k-quants-symmetric";
import * as iq4 from "./iq4";
import * as fp4 from "./fp4";
import * as ternary from "./ternary";
import { packCrumbs, packNibbles16, packNibbles8, unpackCrumbs, unpackNibbles16, unpackNibbles8 } from "./packing";

const Q4_0: i32 = 2;
const Q4_1: i32 = 3;
const Q5_0: i32 = 6;
const Q5_1: i32 = 7;
const Q8_0: i32 = 8;
const Q2_K: i32 = 10;
const Q3_K: i32 = 11;
const Q4_K: i32 = 12;
const Q5_K: i32 = 13;
const Q6_K: i32 = 14;
const IQ4_NL: i32 = 20;
const IQ4_XS: i32 = 23;
const TQ1_0: i32 = 34;
const TQ2_0: i32 = 35;
const MXFP4: i32 = 39;
const NVFP4: i32 = 40;

/** `lists`: the lists of f32 that the searches walk, and of MXFP4 u32: the first at lists, the second at lists + 256; `trials` the
 *  length of the first. `importance` (n·blocksInRow) f32, or 0 for none: block b takes part (first + b) mod blocksInRow of it, and
 *  `meanSquares` f32 has the mean w² of each row, from that of block 0 on. */
export function encodeBlocks(
  type: i32,
  x: usize,
  blocks: i32,
  bytes: usize,
  codes: usize,
  lists: usize,
  trials: i32,
  importance: usize,
  blocksInRow: i32,
  first: i32,
  meanSquares: usize,
): void {
  const second = lists + 256;
  const four = type == Q4_0 || type == Q4_1;
  if (type == Q4_0 || type == Q5_0) {
    const half = four ? 8 : 16;
    const size = four ? 18 : 22;
    if (importance == 0) legacy.encodeCentred(x, blocks, half, size, bytes, codes);
    else
      weighed.encodeCentredWeighed(
        x,
        blocks,
        half,
        size,
        bytes,
        codes,
        lists,
        importance,
        blocksInRow,
        first,
        meanSquares,
      );
  } else if (type == Q4_1 || type == Q5_1) {
    const qmax = four ? 15 : 31;
    const size = four ? 20 : 24;
    if (importance == 0) legacy.encodeShifted(x, blocks, qmax, size, bytes, codes);
    else
      weighed.encodeShiftedWeighed(
        x,
        blocks,
        qmax,
        size,
        bytes,
        codes,
        lists,
        trials,
        importance,
        blocksInRow,
        first,
        meanSquares,
      );
  } else if (type == Q8_0) legacy.encodeQ8(x, blocks, bytes, codes);
  else if (type == Q2_K)
    affine.encodeQ2K(x, blocks, bytes, codes, lists, trials, second, importance, blocksInRow, first);
  else if (type == Q4_K || type == Q5_K) {
    const qmax = type == Q4_K ? 15 : 31;
    affine.encodeSixBitScales(qmax, x, blocks, bytes, codes, lists, trials, second, importance, blocksInRow, first);
  } else if (type == Q3_K) symmetric.encodeQ3K(x, blocks, bytes, codes, lists, second, importance, blocksInRow, first);
  else if (type == Q6_K) symmetric.encodeQ6K(x, blocks, bytes, codes, lists, importance, blocksInRow, first);
  else if (type == IQ4_NL) iq4.encodeIq4Nl(x, blocks, bytes, codes, importance, blocksInRow, first);
  else if (type == IQ4_XS) iq4.encodeIq4Xs(x, blocks, bytes, codes, importance, blocksInRow, first);
  else if (type == TQ1_0) ternary.encodeTernary(x, blocks, 52, 54, bytes, codes);
  else if (type == TQ2_0) ternary.encodeTernary(x, blocks, 64, 66, bytes, codes);
  else if (type == MXFP4) fp4.encodeMxfp4(x, blocks, bytes, codes, lists);
  else if (type == NVFP4) fp4.encodeNvfp4(x, blocks, bytes, codes);
}

export function packBlocks(type: i32, codes: usize, blocks: i32, bytes: usize): void {
  if (type == Q4_0) legacy.packLegacy(codes, blocks, 2, 0, 18, bytes);
  else if (type == Q4_1) legacy.packLegacy(codes, blocks, 4, 0, 20, bytes);
  else if (type == Q5_0) legacy.packLegacy(codes, blocks, 6, 2, 22, bytes);
  else if (type == Q5_1) legacy.packLegacy(codes, blocks, 8, 4, 24, bytes);
  else if (type == IQ4_NL) legacy.packLegacy(codes, blocks, 2, 0, 18, bytes);
  else if (type == MXFP4) legacy.packLegacy(codes, blocks, 1, 0, 17, bytes);
  else if (type == Q4_K) affine.packK(codes, blocks, 16, 0, 144, bytes);
  else if (type == Q5_K) affine.packK(codes, blocks, 48, 16, 176, bytes);
  else if (type == Q3_K) symmetric.packQ3K(codes, blocks, bytes);
  else if (type == Q6_K) symmetric.packQ6K(codes, blocks, bytes);
  else if (type == TQ1_0) ternary.packTq1(codes, blocks, bytes);
  else if (type == Q8_0)
    for (let block = 0; block < blocks; block++) {
      v128.store(bytes + 2, v128.load(codes));
      v128.store(bytes + 18, v128.load(codes, 16));
      codes += 32;
      bytes += 34;
    }
  else if (type == IQ4_XS)
    for (let block = 0; block < blocks; block++) {
      for (let group: usize = 0; group < 8; group++) packNibbles16(codes + 32 * group, bytes + 8 + 16 * group);
      codes += 256;
      bytes += 136;
    }
  else if (type == NVFP4)
    for (let block = 0; block < blocks; block++) {
      for (let group: usize = 0; group < 4; group++) packNibbles8(codes + 16 * group, bytes + 4 + 8 * group);
      codes += 64;
      bytes += 36;
    }
  else if (type == Q2_K || type == TQ2_0)
    for (let block = 0; block < blocks; block++) {
      const at = bytes + (type == Q2_K ? 16 : 0);
      packCrumbs(codes, at);
      packCrumbs(codes + 128, at + 32);
      codes += 256;
      bytes += type == Q2_K ? 84 : 66;
    }
}

export function unpackBlocks(type: i32, bytes: usize, blocks: i32, codes: usize): void {
  if (type == Q4_0) legacy.unpackLegacy(bytes, blocks, 2, 0, 18, codes);
  else if (type == Q4_1) legacy.unpackLegacy(bytes, blocks, 4, 0, 20, codes);
  else if (type == Q5_0) legacy.unpackLegacy(bytes, blocks, 6, 2, 22, codes);
  else if (type == Q5_1) legacy.unpackLegacy(bytes, blocks, 8, 4, 24, codes);
  else if (type == IQ4_NL) legacy.unpackLegacy(bytes, blocks, 2, 0, 18, codes);
  else if (type == MXFP4) legacy.unpackLegacy(bytes, blocks, 1, 0, 17, codes);
  else if (type == Q4_K) affine.unpackK(bytes, blocks, 16, 0, 144, codes);
  else if (type == Q5_K) affine.unpackK(bytes, blocks, 48, 16, 176, codes);
  else if (type == Q3_K) symmetric.unpackQ3K(bytes, blocks, codes);
  else if (type == Q6_K) symmetric.unpackQ6K(bytes, blocks, codes);
  else if (type == TQ1_0) ternary.unpackTq1(bytes, blocks, codes);
  else if (type == Q8_0)
    for (let block = 0; block < blocks; block++) {
      v128.store(codes, v128.load(bytes, 2));
      v128.store(codes, v128.load(bytes, 18), 16);
      codes += 32;
      bytes += 34;
    }
  else if (type == IQ4_XS)
    for (let block = 0; block < blocks; block++) {
      for (let group: usize = 0; group < 8; group++) unpackNibbles16(bytes + 8 + 16 * group, codes + 32 * group);
      codes += 256;
      bytes += 136;
    }
  else if (type == NVFP4)
    for (let block = 0; block < blocks; block++) {
      for (let group: usize = 0; group < 4; group++) unpackNibbles8(bytes + 4 + 8 * group, codes + 16 * group);
      codes += 64;
      bytes += 36;
    }
  else if (type == Q2_K || type == TQ2_0)
    for (let block = 0; block < blocks; block++) {
      const at = bytes + (type == Q2_K ? 16 : 0);
      unpackCrumbs(at, codes);
      unpackCrumbs(at + 32, codes + 128);
      codes += 256;
      bytes += type == Q2_K ? 84 : 66;
    }
}

export function decodeBlocks(type: i32, bytes: usize, blocks: i32, codes: usize, out: usize): void {
  if (type == Q4_0) legacy.decodeCentred(bytes, blocks, 8, 18, codes, out);
  else if (type == Q5_0) legacy.decodeCentred(bytes, blocks, 16, 22, codes, out);
  else if (type == Q4_1) legacy.decodeShifted(bytes, blocks, 20, codes, out);
  else if (type == Q5_1) legacy.decodeShifted(bytes, blocks, 24, codes, out);
  else if (type == Q8_0) legacy.decodeQ8(bytes, blocks, codes, out);
  else if (type == Q2_K) affine.decodeQ2K(bytes, blocks, codes, out);
  else if (type == Q4_K) affine.decodeSixBitScales(bytes, blocks, 144, codes, out);
  else if (type == Q5_K) affine.decodeSixBitScales(bytes, blocks, 176, codes, out);
  else if (type == Q3_K) symmetric.decodeQ3K(bytes, blocks, codes, out);
  else if (type == Q6_K) symmetric.decodeQ6K(bytes, blocks, codes, out);
  else if (type == IQ4_NL) iq4.decodeIq4Nl(bytes, blocks, codes, out);
  else if (type == IQ4_XS) iq4.decodeIq4Xs(bytes, blocks, codes, out);
  else if (type == TQ1_0) ternary.decodeTernary(bytes, blocks, 52, 54, codes, out);
  else if (type == TQ2_0) ternary.decodeTernary(bytes, blocks, 64, 66, codes, out);
  else if (type == MXFP4) fp4.decodeMxfp4(bytes, blocks, codes, out);
  else if (type == NVFP4) fp4.decodeNvfp4(bytes, blocks, codes, out);
}
