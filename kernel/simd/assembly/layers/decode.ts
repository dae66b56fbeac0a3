/** Values from codes, one in a byte, and their scales. Rows of `columns` weights are cut into groups of `group`, the last one shorter. */

function fourFloats(codes: usize): v128 {
  return f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(codes))));
}
function fourSignedFloats(codes: usize): v128 {
  return f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(v128.load32_zero(codes))));
}

/** w′ = scale·(q − z): scales (groups) f32; codes and zeros (groups) u8, or 0 for no zeros. One row of groups. */
export function decodeUnsigned(codes: usize, columns: i32, group: i32, scales: usize, zeros: usize, out: usize): void {
  decodeUniform<u8>(codes, columns, group, scales, zeros, out);
}

/** The same for codes and zeros i8. */
export function decodeSigned(codes: usize, columns: i32, group: i32, scales: usize, zeros: usize, out: usize): void {
  decodeUniform<i8>(codes, columns, group, scales, zeros, out);
}

function decodeUniform<Code>(codes: usize, columns: i32, group: i32, scales: usize, zeros: usize, out: usize): void {
  const signed = isSigned<Code>();
  for (let start = 0; start < columns; start += group) {
    const end = codes + <usize>min(group, columns - start);
    const scale = load<f32>(scales);
    let zero: f32 = 0;
    if (zeros != 0) {
      zero = <f32>load<Code>(zeros);
      zeros += 1;
    }
    const scale4 = f32x4.splat(scale);
    const zero4 = f32x4.splat(zero);
    for (; codes + 8 <= end; codes += 8) {
      const a = signed ? fourSignedFloats(codes) : fourFloats(codes);
      const b = signed ? fourSignedFloats(codes + 4) : fourFloats(codes + 4);
      v128.store(out, f32x4.mul(scale4, f32x4.sub(a, zero4)));
      v128.store(out, f32x4.mul(scale4, f32x4.sub(b, zero4)), 16);
      out += 32;
    }
    for (; codes < end; codes++) {
      store<f32>(out, scale * (<f32>load<Code>(codes) - zero));
      out += 4;
    }
    scales += 4;
  }
}

/** Where the four bytes of each of sixteen float32 values lie after `loadTable`: bytes 0 of all, bytes 1, … */
let table0 = i8x16.splat(0);
let table1 = i8x16.splat(0);
let table2 = i8x16.splat(0);
let table3 = i8x16.splat(0);
const planes = memory.data(64, 16);

function loadTable(table: usize): void {
  for (let i: usize = 0; i < 16; i++)
    for (let k: usize = 0; k < 4; k++) store<u8>(planes + 16 * k + i, load<u8>(table + 4 * i + k));
  table0 = v128.load(planes);
  table1 = v128.load(planes, 16);
  table2 = v128.load(planes, 32);
  table3 = v128.load(planes, 48);
}

/** w′ = value[q]·scale, q < 16: table (16) f32. One row of groups. */
export function decodeSixteen(codes: usize, columns: i32, group: i32, table: usize, scales: usize, out: usize): void {
  loadTable(table);
  const t0 = table0;
  const t1 = table1;
  const t2 = table2;
  const t3 = table3;
  for (let start = 0; start < columns; start += group) {
    const end = codes + <usize>min(group, columns - start);
    const scale = load<f32>(scales);
    const scale4 = f32x4.splat(scale);
    for (; codes + 16 <= end; codes += 16) {
      const q = v128.load(codes);
      const b0 = i8x16.swizzle(t0, q);
      const b1 = i8x16.swizzle(t1, q);
      const b2 = i8x16.swizzle(t2, q);
      const b3 = i8x16.swizzle(t3, q);
      const low01 = v128.shuffle<u8>(b0, b1, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      const high01 = v128.shuffle<u8>(b0, b1, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
      const low23 = v128.shuffle<u8>(b2, b3, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      const high23 = v128.shuffle<u8>(b2, b3, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
      v128.store(out, f32x4.mul(v128.shuffle<u16>(low01, low23, 0, 8, 1, 9, 2, 10, 3, 11), scale4));
      v128.store(out, f32x4.mul(v128.shuffle<u16>(low01, low23, 4, 12, 5, 13, 6, 14, 7, 15), scale4), 16);
      v128.store(out, f32x4.mul(v128.shuffle<u16>(high01, high23, 0, 8, 1, 9, 2, 10, 3, 11), scale4), 32);
      v128.store(out, f32x4.mul(v128.shuffle<u16>(high01, high23, 4, 12, 5, 13, 6, 14, 7, 15), scale4), 48);
      out += 64;
    }
    for (; codes < end; codes++) {
      store<f32>(out, load<f32>(table + ((<usize>load<u8>(codes)) << 2)) * scale);
      out += 4;
    }
    scales += 4;
  }
}

/** w′ = value[q]·scale, q < 256: table (256) f32. One row of groups. */
export function decodeTable(codes: usize, columns: i32, group: i32, table: usize, scales: usize, out: usize): void {
  for (let start = 0; start < columns; start += group) {
    const end = codes + <usize>min(group, columns - start);
    const scale = load<f32>(scales);
    for (; codes + 4 <= end; codes += 4) {
      const q = load<u32>(codes);
      store<f32>(out, load<f32>(table + ((q & 255) << 2)) * scale);
      store<f32>(out, load<f32>(table + (((q >> 8) & 255) << 2)) * scale, 4);
      store<f32>(out, load<f32>(table + (((q >> 16) & 255) << 2)) * scale, 8);
      store<f32>(out, load<f32>(table + ((q >> 24) << 2)) * scale, 12);
      out += 16;
    }
    for (; codes < end; codes++) {
      store<f32>(out, load<f32>(table + ((<usize>load<u8>(codes)) << 2)) * scale);
      out += 4;
    }
    scales += 4;
  }
}

/** w′ = scale·q for int32 codes. */
export function decodeIntegers(codes: usize, count: i32, scale: f32, out: usize): void {
  const scale4 = f32x4.splat(scale);
  const end = codes + ((<usize>count) << 2);
  for (; codes + 16 <= end; codes += 16) {
    v128.store(out, f32x4.mul(scale4, f32x4.convert_i32x4_s(v128.load(codes))));
    out += 16;
  }
  for (; codes < end; codes += 4) {
    store<f32>(out, scale * <f32>load<i32>(codes));
    out += 4;
  }
}
