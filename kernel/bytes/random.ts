import { OptionError } from "../errors";

/** Seeded random numbers, the same on every machine: xoshiro128** 1.1 (Blackman and Vigna, 2018; period 2^128 − 1). SplitMix32 (the
 *  finalizer of MurmurHash3 over a Weyl sequence of step 0x9e3779b9) fills the four words of state from the seed. Not for secrets. Floating-point results use +, −, ×, ÷ and √ only, which IEEE 754 rounds alike everywhere; no Math.log. */
export class Random {
  private readonly state = new Uint32Array(4);
  private spare: number | undefined;

  /** `seed`: a whole number in [0, 2^53 − 1]; both halves count. */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed) || seed < 0)
      throw new OptionError(`Random: the seed is ${seed}; it takes a whole number, at least 0`);
    let weyl = seed >>> 0;
    const high = Math.floor(seed / 2 ** 32);
    for (let i = 0; i < 4; i++) {
      weyl = (weyl + 0x9e3779b9) >>> 0;
      this.state[i] = mix((weyl ^ (i % 2 === 1 ? high : 0)) >>> 0);
    }
    if (this.state.every((word) => word === 0)) this.state[0] = 1;
  }

  /** A whole number in [0, 2^32). */
  uint32(): number {
    const s = this.state;
    const result = Math.imul(rotateLeft(Math.imul(s[1], 5), 7), 9) >>> 0;
    const shifted = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotateLeft(s[3], 11);
    return result;
  }

  /** A double in [0, 1), a multiple of 2^-53. */
  uniform(): number {
    const high = this.uint32() >>> 5; // 27 bits
    const low = this.uint32() >>> 6; // 26 bits
    return (high * 2 ** 26 + low) * 2 ** -53;
  }

  /** A whole number in [0, bound), 1 ≤ bound ≤ 2^32, each equally likely: draws that would favour some are thrown away. */
  below(bound: number): number {
    if (!(Number.isInteger(bound) && bound >= 1 && bound <= 2 ** 32)) throw new OptionError(`Random: below(${bound})`);
    const fair = 2 ** 32 - (2 ** 32 % bound);
    for (;;) {
      const draw = this.uint32();
      if (draw < fair) return draw % bound;
    }
  }

  /** A normal deviate, mean 0 and variance 1, by Marsaglia's polar method. */
  normal(): number {
    if (this.spare !== undefined) {
      const kept = this.spare;
      this.spare = undefined;
      return kept;
    }
    for (;;) {
      const x = 2 * this.uniform() - 1;
      const y = 2 * this.uniform() - 1;
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const scale = Math.sqrt((-2 * naturalLog(square)) / square);
      this.spare = y * scale;
      return x * scale;
    }
  }

  /** `count` normal deviates times `deviation`, as float32. */
  normals(count: number, deviation = 1): Float32Array {
    return Float32Array.from({ length: count }, () => this.normal() * deviation);
  }

  /** Puts the elements of `list` into random order, in place (Fisher and Yates), and returns it. */
  shuffle<T extends { length: number; [index: number]: unknown }>(list: T): T {
    for (let i = list.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [list[i], list[j]] = [list[j], list[i]];
    }
    return list;
  }
}

function rotateLeft(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

function mix(word: number): number {
  let z = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return (z ^ (z >>> 16)) >>> 0;
}

const split = new DataView(new ArrayBuffer(8));
const ln2 = 0.6931471805599453;

/** ln x for a normal double x > 0, to within 4 units in the last place: x = m·2^e with m in [√½, √2), ln m = 2·artanh((m − 1)/(m + 1)). */
export function naturalLog(x: number): number {
  split.setFloat64(0, x);
  let exponent = ((split.getUint32(0) >>> 20) & 0x7ff) - 1023;
  let mantissa = x / 2 ** exponent;
  if (mantissa > 1.4142135623730951) {
    mantissa /= 2;
    exponent += 1;
  }
  const s = (mantissa - 1) / (mantissa + 1);
  const square = s * s;
  let sum = 0;
  for (let power = 23; power >= 1; power -= 2) sum = sum * square + 1 / power; // |s| < 0.1716: the rest is below 2^-60
  return exponent * ln2 + 2 * s * sum;
}
