import { coderPlaces, LOWEST_STATE, setInterleaving } from "../../kernel/loops/coder-memory";
import { plainCoderKernels } from "../../kernel/loops/coders-plain";

const { symbols: from, coded: to } = coderPlaces;

/** Codes of a, b and c: 0, 10, 11. */
function prefixKernels() {
  const kernels = plainCoderKernels();
  kernels.lengths.set([1, 2, 2]);
  kernels.buildCodes();
  return kernels;
}

test("by hand: nine symbols in streams of three, the first bit lowest", () => {
  const kernels = prefixKernels();
  // abc: 0 10 11; cab: 11 0 10; bbb: 10 10 10; the fourth stream has none.
  kernels.memory.set([0, 1, 2, 2, 0, 1, 1, 1, 1], from);
  expect(kernels.encodeStreams(from, 9, to)).toBe(3);
  expect([...kernels.memory.subarray(to, to + 3)]).toEqual([0b11010, 0b01011, 0b010101]);
  expect([...kernels.results]).toEqual([1, 1, 1, 0]);
});

test("streams decode to the symbols, and say the bits that each took", () => {
  const kernels = prefixKernels();
  kernels.buildTables();
  kernels.memory.set([0b11010, 0b01011, 0b010101], to);
  kernels.results.set([to, to + 1, to + 2, to + 3]);
  kernels.decodeStreams(from, 9);
  expect([...kernels.memory.subarray(from, from + 9)]).toEqual([0, 1, 2, 2, 0, 1, 1, 1, 1]);
  expect([...kernels.results]).toEqual([5, 5, 6, 0]);
});

test("a stream of more than a byte goes on in the next, over what lay there", () => {
  const kernels = prefixKernels();
  kernels.memory.fill(2, from, from + 20);
  kernels.memory.fill(255, to, to + 8);
  kernels.memory[from] = 0;
  expect(kernels.encodeStreams(from, 20, to)).toBe(8);
  // 0 and four times 11 is 9 bits; five times 11 is ten.
  expect([...kernels.memory.subarray(to, to + 8)]).toEqual([0xfe, 1, 0xff, 3, 0xff, 3, 0xff, 3]);
});

test("by hand: symbols of half the places each on one state, and back", () => {
  const kernels = plainCoderKernels();
  setInterleaving(kernels.view, { streams: 1, bits: 8 });
  kernels.places.set([128, 0, 128, 128]);
  kernels.owners.fill(0, 0, 128).fill(1, 128, 256);
  kernels.states[0] = LOWEST_STATE;
  kernels.halves.set([0, 1]);
  const begin = kernels.encodeSymbols(from, 2, 0, to + 100);
  // b: ⌊2^23/128⌋·256 + 128; a: that over 128, times 256. No byte is put out.
  expect(begin).toBe(to + 100);
  const first = (LOWEST_STATE / 128) * 256 + 128;
  expect(kernels.states[0]).toBe(Math.floor(first / 128) * 256 + (first % 128));
  expect(kernels.decodeSymbols(begin, to + 100, from + 64, 2, 0)).toBe(to + 100);
  expect([kernels.view.getUint16(from + 64, true), kernels.view.getUint16(from + 66, true)]).toEqual([0, 1]);
  expect(kernels.states[0]).toBe(LOWEST_STATE);
});

test("symbols take turns among the states, from the lane on; bytes that end too early give 0", () => {
  const kernels = plainCoderKernels();
  setInterleaving(kernels.view, { streams: 3, bits: 8 });
  kernels.places.set([1, 0, 255, 1]);
  kernels.owners.fill(0, 0, 1).fill(1, 1, 256);
  kernels.states.fill(LOWEST_STATE);
  // The last of four symbols stands on state `lane`, 2 here; the one before it on 1, then 0, then 2.
  kernels.halves.set([1, 1, 0, 1]);
  const begin = kernels.encodeSymbols(from, 4, 2, to + 100);
  // One of 256 places shifts 8 bits: 2^23 is not below 2^23, so that a byte goes out first.
  expect(begin).toBe(to + 99);
  expect([...kernels.states.subarray(0, 3)].map((state) => state > LOWEST_STATE + 40_000)).toEqual([
    false,
    false,
    true,
  ]);
  const states = kernels.states.slice();
  expect(kernels.decodeSymbols(begin, to + 100, from + 64, 4, 2)).toBe(to + 100);
  expect([0, 2, 4, 6].map((at) => kernels.view.getUint16(from + 64 + at, true))).toEqual([1, 1, 0, 1]);
  kernels.states.set(states);
  expect(kernels.decodeSymbols(begin, begin, from + 64, 4, 2)).toBe(0);
});
