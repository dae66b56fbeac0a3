import { coderPlaces } from "../../kernel/loops/coder-memory";
import { coderLoops, fastCoders, plainCoders } from "../../kernel/loops/coders";

test("the coders of a process are the fast ones unless the environment says otherwise", () => {
  expect(coderLoops).toBe(process.env.CODEBOOK_LOOPS === "plain" ? plainCoders : fastCoders);
});

describe.each([
  ["plain", plainCoders],
  ["fast", fastCoders],
])("%s", (_, loops) => {
  test("a thread has one memory for them", () => {
    expect(loops.own()).toBe(loops.own());
    expect(loops.own().memory.length).toBeGreaterThanOrEqual(coderPlaces.end);
  });

  test("by hand: a, b, c, a by the codes 0, 10, 11 in four streams, and back", () => {
    const kernels = loops.own();
    const { symbols: from, coded: to } = coderPlaces;
    kernels.lengths.fill(0);
    kernels.lengths.set([1, 2, 2]);
    kernels.buildCodes();
    kernels.memory.set([0, 1, 2, 0], from);
    expect(kernels.encodeStreams(from, 4, to)).toBe(4);
    expect([...kernels.memory.subarray(to, to + 4)]).toEqual([0, 0b01, 0b11, 0]);
    kernels.buildTables();
    kernels.memory.fill(9, from, from + 4);
    kernels.results.set([to, to + 1, to + 2, to + 3]);
    kernels.decodeStreams(from, 4);
    expect([...kernels.memory.subarray(from, from + 4)]).toEqual([0, 1, 2, 0]);
    expect([...kernels.results]).toEqual([1, 2, 2, 1]);
  });
});
