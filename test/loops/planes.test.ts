import { blockCodecs } from "../../kernel/blocks";
import { places, sharedMemory } from "../../kernel/loops/plane-memory";
import { fastPlanes, planeLoops, plainPlanes } from "../../kernel/loops/planes";

test("the planes of a process are the fast ones unless the environment says otherwise", () => {
  expect(planeLoops).toBe(process.env.CODEBOOK_LOOPS === "plain" ? plainPlanes : fastPlanes);
});

describe.each([
  ["plain", plainPlanes],
  ["fast", fastPlanes],
])("%s", (_, loops) => {
  test("a thread has one memory of its own, and may work in that of others", () => {
    expect(loops.own()).toBe(loops.own());
    const memory = sharedMemory(places.end);
    const [mine, other] = [loops.in(memory), loops.in(memory)];
    mine.memory.set([1, 2, 3, 4, 5, 6, 7, 8], places.elements);
    other.split(places.elements, places.planes, 2, 4, false);
    expect([...mine.memory.subarray(places.planes, places.planes + 8)]).toEqual([1, 5, 2, 6, 3, 7, 4, 8]);
    expect(loops.own().memory[places.planes]).toBe(0);
  });

  test("codes of ggml's blocks are taken out, and put in again with the fields", () => {
    const codec = blockCodecs.get("Q4_0");
    if (!codec) throw new Error("no codec Q4_0");
    // Two bytes of scale, then weights 0 and 16, 1 and 17, … in the halves of a byte.
    const nibbles = Array.from({ length: 16 }, (_value, i) => i | ((15 - i) << 4));
    const blocks = Uint8Array.of(7, 8, ...nibbles, 9, 10, ...nibbles.reverse());
    const codes = new Uint8Array(64);
    loops.unpackCodes(codec, blocks, codes);
    const ascending = Array.from({ length: 16 }, (_value, i) => i);
    const descending = ascending.slice().reverse();
    expect([...codes]).toEqual([...ascending, ...descending, ...descending, ...ascending]);
    const again = new Uint8Array(blocks.length);
    loops.packCodes(codec, codes, [Uint8Array.of(7, 8, 9, 10)], again);
    expect(again).toEqual(blocks);
  });
});
