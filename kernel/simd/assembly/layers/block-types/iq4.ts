/** IQ4_NL and IQ4_XS: layouts and formulas in `kernel/blocks/iq4.ts`. Arguments as in k-quants-affine.ts.
 *
 *  The sixteen values lie at least 11 apart, so a cell of width 8 holds at most one of the midpoints m between neighbours. x is cut to
 *  k = ⌊2x⌋; its cell ⌊(k + 272)/16⌋, 0 … 33, gives the code at the cell's beginning, and whether k mod 16 has passed the cell's midpoint
 *  adds one. All midpoints are multiples of ½, so ⌊2x⌋ decides as x does. */
import { loadHalf, magic, nearestInteger, peakOf, storeHalf, sumOfSquares } from "../_floats";
import { BLOCK_SEARCH, BlockSearch } from "../_shared";
import { errorLanes, interleave, peaksOf, weightLanes } from "./lanes";

/** −127, −104, −83, −65, −49, −35, −22, −10, 1, 13, 25, 38, 53, 69, 89, 113. */
const values = i8x16(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);

/** Twice the midpoints. */
const doubledMidpoints = memory.data<i16>([-231, -187, -148, -114, -84, -57, -32, -9, 14, 38, 63, 91, 122, 158, 202]);

/** By cell: the code at its beginning, and the place of its midpoint less one, 16 where it has none. */
// prettier-ignore
const baseOfCell = memory.data<u8>([0, 0, 0, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 7, 7, 8, 9, 9, 10, 11, 11, 12, 12, 13, 13, 14, 14, 14, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15]);
// prettier-ignore
const passOfCell = memory.data<u8>([16, 16, 8, 16, 16, 4, 16, 11, 16, 13, 16, 11, 16, 6, 16, 16, 6, 13, 16, 5, 14, 16, 10, 16, 9, 16, 13, 16, 16, 9, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16]);

/** k + 272 for four x that lie within ±135. */
function cellBits(x: v128): v128 {
  const doubled = f32x4.floor(f32x4.add(x, x));
  return i32x4.sub(f32x4.add(doubled, f32x4.splat(magic)), i32x4.splat(reinterpret<i32>(magic) - 272));
}

/** Codes of sixteen x within ±135. */
function nearbyCodes(a: v128, b: v128, c: v128, d: v128): v128 {
  const first = i16x8.narrow_i32x4_s(cellBits(a), cellBits(b));
  const second = i16x8.narrow_i32x4_s(cellBits(c), cellBits(d));
  const cells = i8x16.narrow_i16x8_u(i16x8.shr_u(first, 4), i16x8.shr_u(second, 4));
  const low = i16x8.splat(15);
  const places = i8x16.narrow_i16x8_u(v128.and(first, low), v128.and(second, low));
  return i8x16.sub(lookUp(baseOfCell, cells), i8x16.gt_s(places, lookUp(passOfCell, cells)));
}

function lookUp(table: usize, cells: v128): v128 {
  const sixteen = i8x16.splat(16);
  const second = i8x16.sub(cells, sixteen);
  const third = i8x16.sub(second, sixteen);
  const a = i8x16.swizzle(v128.load(table), cells);
  const b = i8x16.swizzle(v128.load(table, 16), second);
  return v128.or(v128.or(a, b), i8x16.swizzle(v128.load(table, 32), third));
}

/** The code of the value nearest to x, whatever x is: the count of the midpoints that it is not below. NaN gives 15. */
function codeOf(x: v128): v128 {
  let code = i32x4.splat(15);
  for (let m: usize = 0; m < 30; m += 2) {
    const midpoint: f32 = <f32>load<i16>(doubledMidpoints + m) * <f32>0.5;
    code = i32x4.add(code, f32x4.lt(x, f32x4.splat(midpoint)));
  }
  return code;
}

let sumsP = i32x4.splat(0);
let sumsS = i32x4.splat(0);

/** Σ u·q·w and Σ u·q² of the four groups, q the values of the codes at an inverse scale. */
function productsOf(inverse: v128): void {
  let products = f32x4.splat(0);
  let squares = products;
  for (let i: usize = 0; i < 512; i += 64) {
    const x0 = v128.load(weightLanes + i);
    const x1 = v128.load(weightLanes + i, 16);
    const x2 = v128.load(weightLanes + i, 32);
    const x3 = v128.load(weightLanes + i, 48);
    // prettier-ignore
    const codes = nearbyCodes(f32x4.mul(inverse, x0), f32x4.mul(inverse, x1), f32x4.mul(inverse, x2), f32x4.mul(inverse, x3));
    const q = i8x16.swizzle(values, codes);
    const low = i16x8.extend_low_i8x16_s(q);
    const high = i16x8.extend_high_i8x16_s(q);
    const q0 = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(low));
    const q1 = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(low));
    const q2 = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(high));
    const q3 = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(high));
    const w0 = f32x4.mul(v128.load(errorLanes + i), q0);
    const w1 = f32x4.mul(v128.load(errorLanes + i, 16), q1);
    const w2 = f32x4.mul(v128.load(errorLanes + i, 32), q2);
    const w3 = f32x4.mul(v128.load(errorLanes + i, 48), q3);
    products = f32x4.add(products, f32x4.mul(w0, x0));
    products = f32x4.add(products, f32x4.mul(w1, x1));
    products = f32x4.add(products, f32x4.mul(w2, x2));
    products = f32x4.add(products, f32x4.mul(w3, x3));
    squares = f32x4.add(squares, f32x4.mul(w0, q0));
    squares = f32x4.add(squares, f32x4.mul(w1, q1));
    squares = f32x4.add(squares, f32x4.mul(w2, q2));
    squares = f32x4.add(squares, f32x4.mul(w3, q3));
  }
  sumsP = products;
  sumsS = squares;
}

/** Scales of the four groups in the lanes. */
function searchScales(): v128 {
  const zeros = f32x4.splat(0);
  const peaks = peaksOf(weightLanes, 32);
  const zero = f32x4.lt(f32x4.abs(peaks), f32x4.splat(1e-15));
  // Lanes that are taken for zero stay within range with an inverse of 0.
  let scale = zeros;
  let best = zeros;
  for (let trial = -8; trial <= 7; trial++) {
    const inverse =
      trial < -7
        ? f32x4.div(f32x4.splat(1), f32x4.div(f32x4.neg(peaks), f32x4.splat(-127)))
        : f32x4.div(f32x4.splat(<f32>(trial - 127)), peaks);
    productsOf(v128.andnot(inverse, zero));
    const quotient = f32x4.div(sumsP, sumsS);
    if (trial < -7) {
      scale = v128.and(quotient, f32x4.gt(sumsS, zeros));
      best = f32x4.mul(scale, sumsP);
      continue;
    }
    const more = f32x4.gt(f32x4.mul(sumsP, sumsP), f32x4.mul(best, sumsS));
    const better = v128.and(f32x4.gt(sumsS, zeros), more);
    scale = v128.bitselect(quotient, scale, better);
    best = v128.bitselect(f32x4.mul(scale, sumsP), best, better);
  }
  return v128.andnot(scale, zero);
}

/** Error weights w² of the groups in `weightLanes`, or a·√(spread + w²), a being in `errorLanes`. */
function weigh(weighed: bool, spreads: v128): void {
  for (let i: usize = 0; i < 512; i += 16) {
    const value = v128.load(weightLanes + i);
    const square = f32x4.mul(value, value);
    const weights = weighed ? f32x4.mul(v128.load(errorLanes + i), f32x4.sqrt(f32x4.add(spreads, square))) : square;
    v128.store(errorLanes + i, weights);
  }
}

/** Codes of 32 weights at an inverse scale. */
function roundGroup(x: usize, inverse: f32, codes: usize): void {
  const inverses = f32x4.splat(inverse);
  for (let i: usize = 0; i < 32; i += 16) {
    const a = codeOf(f32x4.mul(inverses, v128.load(x + 4 * i)));
    const b = codeOf(f32x4.mul(inverses, v128.load(x + 4 * i, 16)));
    const c = codeOf(f32x4.mul(inverses, v128.load(x + 4 * i, 32)));
    const d = codeOf(f32x4.mul(inverses, v128.load(x + 4 * i, 48)));
    v128.store(codes + i, i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d)));
  }
}

const scales = memory.data(8 * 4, 16);

/** Four blocks at a time; the lanes past the last block repeat it. */
export function encodeIq4Nl(x: usize, blocks: i32, bytes: usize, codes: usize): void {
  const search = changetype<BlockSearch>(BLOCK_SEARCH);
  const importance = search.importance;
  const blocksInRow = search.blocksInRow;
  const first = search.first;
  for (let block = 0; block < blocks; block += 4) {
    const last = blocks - 1;
    const x0 = x + ((<usize>block) << 7);
    const x1 = x + ((<usize>min(last, block + 1)) << 7);
    const x2 = x + ((<usize>min(last, block + 2)) << 7);
    const x3 = x + ((<usize>min(last, block + 3)) << 7);
    interleave(x0, x1, x2, x3, 32, weightLanes);
    let spreads = f32x4.splat(0);
    if (importance != 0) {
      const a0 = importance + ((<usize>((first + block) % blocksInRow)) << 7);
      const a1 = importance + ((<usize>((first + min(last, block + 1)) % blocksInRow)) << 7);
      const a2 = importance + ((<usize>((first + min(last, block + 2)) % blocksInRow)) << 7);
      const a3 = importance + ((<usize>((first + min(last, block + 3)) % blocksInRow)) << 7);
      interleave(a0, a1, a2, a3, 32, errorLanes);
      const factor: f32 = 0.0625;
      spreads = f32x4.replace_lane(spreads, 0, sumOfSquares(x0, 32) * factor);
      spreads = f32x4.replace_lane(spreads, 1, sumOfSquares(x1, 32) * factor);
      spreads = f32x4.replace_lane(spreads, 2, sumOfSquares(x2, 32) * factor);
      spreads = f32x4.replace_lane(spreads, 3, sumOfSquares(x3, 32) * factor);
    }
    weigh(importance != 0, spreads);
    v128.store(scales, searchScales());
    const some = min(4, blocks - block);
    for (let k = 0; k < some; k++) {
      const d = load<f32>(scales + ((<usize>k) << 2));
      const at = <usize>(block + k);
      storeHalf(bytes + 18 * at, d);
      roundGroup(x + (at << 7), d != 0 ? 1 / d : 0, codes + (at << 5));
    }
  }
}

export function encodeIq4Xs(x: usize, blocks: i32, bytes: usize, codes: usize): void {
  const search = changetype<BlockSearch>(BLOCK_SEARCH);
  const importance = search.importance;
  const blocksInRow = search.blocksInRow;
  const first = search.first;
  for (let block = 0; block < blocks; block++) {
    const spread: f32 = importance != 0 ? sumOfSquares(x, 256) * <f32>0.0078125 : 0;
    for (let group: usize = 0; group < 8; group += 4) {
      const at = x + (group << 7);
      interleave(at, at + 128, at + 256, at + 384, 32, weightLanes);
      if (importance != 0) {
        const own = importance + ((<usize>((first + block) % blocksInRow)) << 10) + (group << 7);
        interleave(own, own + 128, own + 256, own + 384, 32, errorLanes);
      }
      weigh(importance != 0, f32x4.splat(spread));
      v128.store(scales + (group << 2), searchScales());
    }
    const d: f32 = -peakOf(scales, 8) / 32;
    storeHalf(bytes, d);
    const inverse: f32 = d != 0 ? 1 / d : 0;
    store<u16>(bytes + 2, 0);
    store<u32>(bytes + 4, 0);
    for (let group = 0; group < 8; group++) {
      const nearest = nearestInteger(inverse * load<f32>(scales + ((<usize>group) << 2)));
      const s = max(-32, min(31, nearest));
      const scale: f32 = d * <f32>s;
      roundGroup(x + ((<usize>group) << 7), scale != 0 ? 1 / scale : 0, codes + 32 * group);
      const code = s + 32;
      const low = bytes + 4 + (group >> 1);
      store<u8>(low, load<u8>(low) | ((code & 15) << (4 * (group & 1))));
      const high = bytes + 2 + (group >> 2);
      store<u8>(high, load<u8>(high) | ((code >> 4) << (2 * (group & 3))));
    }
    x += 1024;
    bytes += 136;
    codes += 256;
  }
}

/** values = scale·value[q] for 32 codes. */
export function decodeValues(codes: usize, count: i32, list: v128, scale: f32, out: usize): void {
  const scales = f32x4.splat(scale);
  for (let i: usize = 0; i < <usize>count; i += 16) {
    const q = i8x16.swizzle(list, v128.load(codes + i));
    const low = i16x8.extend_low_i8x16_s(q);
    const high = i16x8.extend_high_i8x16_s(q);
    const at = out + 4 * i;
    v128.store(at, f32x4.mul(scales, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(low))));
    v128.store(at, f32x4.mul(scales, f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(low))), 16);
    v128.store(at, f32x4.mul(scales, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(high))), 32);
    v128.store(at, f32x4.mul(scales, f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(high))), 48);
  }
}

export function decodeIq4Nl(bytes: usize, blocks: i32, codes: usize, out: usize): void {
  for (let block = 0; block < blocks; block++) {
    decodeValues(codes, 32, values, loadHalf(bytes), out);
    bytes += 18;
    codes += 32;
    out += 128;
  }
}

export function decodeIq4Xs(bytes: usize, blocks: i32, codes: usize, out: usize): void {
  for (let block = 0; block < blocks; block++) {
    const d = loadHalf(bytes);
    for (let group = 0; group < 8; group++) {
      const low = ((<i32>load<u8>(bytes + 4 + (group >> 1))) >> (4 * (group & 1))) & 15;
      const high = ((<i32>load<u8>(bytes + 2 + (group >> 2))) >> (2 * (group & 3))) & 3;
      decodeValues(codes, 32, values, d * <f32>((low | (high << 4)) - 32), out);
      codes += 32;
      out += 128;
    }
    bytes += 136;
  }
}
