/** The inputs of test/fixtures/ggml/make_ggml.py, made again: every number is exact in float32, or one float32 operation from one that is. */

const { abs, fround, imul, sign, trunc } = Math; // reading a global is slow inside jest

export const rowLength = 512;

/** Numbers of a 32-bit LCG. */
function generator(seed: number): () => number {
  let state = seed;
  return () => (state = (imul(1664525, state) + 1013904223) >>> 0);
}

/** Sums of twelve uniform 16-bit numbers: normal deviates but for the far tails, deviation 1/64. */
export function gaussianWeights(count: number, seed: number): Float32Array {
  const next = generator(seed);
  const weights = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    let total = 0;
    for (let k = 0; k < 12; k++) total += next() >>> 16;
    weights[i] = (total - 393210) * 2 ** -22;
  }
  return weights;
}

const bits = new Uint32Array(1);
const float = new Float32Array(bits.buffer);
function truncateToBfloat16(x: number): number {
  float[0] = x;
  bits[0] &= 0xffff0000;
  return float[0];
}

/** Each row of 512 in turn: what row number n makes of the deviate g in column i; `first` is the row's first deviate. */
const kinds: readonly ((g: number, i: number, first: number, n: number) => number)[] = [
  (g) => fround(g * g) * g, // heavy tails
  truncateToBfloat16,
  (g) => abs(g),
  (g) => -abs(g),
  (g, i) => (i % 3 === 0 ? g : 0),
  () => 0,
  (_g, _i, first) => first,
  (g) => g * fround(1e-30),
  (g) => g * fround(1e-39), // subnormal
  (g, i, _first, n) => (i === n % rowLength ? 60 : g),
  (g) => trunc(fround(g * 200)) / 200, // lattice, with ties
  (g) => g * 300,
  (g) => sign(g) / 2,
  () => -0,
  (g) => g * 1e6,
  (g) => g + 1,
  (g, i) => g * 2 ** (((i * 7) % 60) - 40),
  (g) => trunc(fround(g * 100)) * 2 ** -149,
  (g, i) => (i >= 16 && i < 48 ? 0 : i >= 100 && i < 132 ? fround(1e-16) : g),
  (_g, i, _first, n) => (i % 2 === 0 ? -1 : 1) * (1 - 2 ** -24) * 2 ** ((n % 50) - 30),
];

export function adversarialWeights(count: number, seed: number): Float32Array {
  const weights = gaussianWeights(count, seed);
  for (let n = 0; n * rowLength < count; n++) {
    const kind = kinds[n % kinds.length];
    const row = weights.subarray(n * rowLength, (n + 1) * rowLength);
    const first = row[0];
    for (let i = 0; i < row.length; i++) row[i] = kind(row[i], i, first, n);
  }
  return weights;
}

/** One number for each column, some zero. */
export function columnImportance(): Float32Array {
  return Float32Array.from({ length: rowLength }, (_, i) => ((i * 37) % 101) / 64);
}

export function randomBytes(count: number, seed: number): Uint8Array {
  const next = generator(seed);
  return Uint8Array.from({ length: count }, () => next() >>> 24);
}
