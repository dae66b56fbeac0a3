import {
  addressOf,
  arenaBytes,
  arenaFloats,
  inPieces,
  memoryBytes,
  memoryViews,
  placeLists,
  release,
  reserve,
  stageBytes,
} from "../../kernel/simd/layer-memory";
import { LIST_BYTES, LIST_STRIDE, LISTS, STAGE } from "../../kernel/simd/generated/layers";

afterEach(release);

describe("the arena", () => {
  test("outside a job arrays come from the heap, and hold zeros", () => {
    const [floats, bytes] = [arenaFloats(3), arenaBytes(2)];
    expect([addressOf(floats), addressOf(bytes)]).toEqual([undefined, undefined]);
    expect([[...floats], [...bytes]]).toEqual([
      [0, 0, 0],
      [0, 0],
    ]);
  });

  test("in a job they lie behind the stage, 64 bytes apart or more, until it is full", () => {
    reserve(200);
    const [one, two, three] = [arenaBytes(1), arenaFloats(17), arenaFloats(3)];
    const first = STAGE + stageBytes;
    expect([addressOf(one), addressOf(two), addressOf(three)]).toEqual([first, first + 64, undefined]);
    expect([one.length, two.length, three.length]).toEqual([1, 17, 3]);
    // 192 bytes are taken: 8 are left.
    expect(addressOf(arenaFloats(2))).toBe(first + 192);
    expect(addressOf(arenaBytes(1))).toBeUndefined();
  });

  test("the next job begins anew, and a job of more than there ever is has none", () => {
    reserve(64);
    expect(addressOf(arenaBytes(64))).toBe(STAGE + stageBytes);
    reserve(64);
    expect(addressOf(arenaBytes(64))).toBe(STAGE + stageBytes);
    reserve(2 ** 28 + 1);
    expect(addressOf(arenaBytes(1))).toBeUndefined();
  });

  test("a memory that has grown large is given back", () => {
    reserve(2 ** 27);
    const large = arenaFloats(2);
    expect(addressOf(large)).toBeDefined();
    release();
    expect(addressOf(large)).toBeUndefined();
    expect(memoryViews().buffer.byteLength).toBeLessThan(2 ** 26);
  });
});

describe("pieces", () => {
  /** Adds 1 to bytes, in pieces; what each piece was. */
  function addOne(array: Uint8Array, out: Uint8Array, most: number, stopAt = Infinity): number[][] {
    const pieces: number[][] = [];
    inPieces(
      array.length,
      most,
      [
        { array, each: 1, use: "in" },
        { array: out, each: 1, use: "out" },
      ],
      ([from, to], first, count) => {
        pieces.push([first, count]);
        const source = memoryBytes(from, count);
        memoryBytes(to, count).set(source.map((byte) => byte + 1));
        return first < stopAt ? undefined : false;
      },
    );
    return pieces;
  }

  test("are as large as asked for, the last smaller, and their results come back", () => {
    const out = new Uint8Array(7);
    expect(addOne(Uint8Array.of(1, 2, 3, 4, 5, 6, 7), out, 3)).toEqual([
      [0, 3],
      [3, 3],
      [6, 1],
    ]);
    expect([...out]).toEqual([2, 3, 4, 5, 6, 7, 8]);
  });

  test("end where the work says so, and what that one wrote is not taken", () => {
    const out = new Uint8Array(7);
    expect(addOne(Uint8Array.of(1, 2, 3, 4, 5, 6, 7), out, 3, 3)).toHaveLength(2);
    expect([...out]).toEqual([2, 3, 4, 0, 0, 0, 0]);
  });

  test("arrays of the arena are worked on where they lie", () => {
    reserve(1024);
    const array = arenaBytes(5);
    array.set([1, 2, 3, 4, 5]);
    expect(addOne(array, array, 2.5)).toEqual([
      [0, 2],
      [2, 2],
      [4, 1],
    ]);
    expect([...array]).toEqual([2, 3, 4, 5, 6]);
    expect(addOne(array, array, 2, 2)).toHaveLength(2);
    expect([...array]).toEqual([3, 4, 5, 6, 6]);
    expect(addOne(array, array, 0.5)).toHaveLength(5);
  });

  test("of the arena are as large as asked for, whatever the stage holds, and find all of an array of use whole", () => {
    const length = 2 * stageBytes;
    reserve(2 * length + 64);
    const [array, table] = [arenaBytes(length), arenaFloats(2)];
    table.set([5, 6]);
    const seen: number[][] = [];
    inPieces(
      length,
      length - 1,
      [
        { array, each: 1, use: "in" },
        { array: table, each: 2, use: "whole" },
      ],
      ([from, at], first, count) => {
        expect(from).toBe((addressOf(array) ?? 0) + first);
        seen.push([count, ...memoryViews().floats.subarray(at / 4, at / 4 + 2)]);
      },
    );
    expect(seen).toEqual([
      [length - 1, 5, 6],
      [1, 5, 6],
    ]);
  });

  test("are no larger than the stage holds, scratch counted", () => {
    const array = new Float64Array(100_000);
    let largest = 0;
    inPieces(
      array.length,
      1e6,
      [
        { array, each: 1, use: "in" },
        { each: 12, use: "scratch" },
      ],
      ([from, scratch], _first, count) => {
        largest = Math.max(largest, count);
        expect(scratch).toBeGreaterThanOrEqual(from + 8 * count);
        expect(scratch + 12 * count).toBeLessThanOrEqual(STAGE + stageBytes);
      },
    );
    expect(largest).toBe(Math.floor((stageBytes - LIST_BYTES - 256) / 20));
  });

  test("an array of use whole is there for every piece", () => {
    const table = Float32Array.of(5, 6);
    const seen: number[][] = [];
    inPieces(
      2,
      1,
      [
        { array: new Uint8Array(2), each: 1, use: "in" },
        { array: table, each: 2, use: "whole" },
      ],
      ([, at]) => {
        seen.push([...memoryViews().floats.subarray(at / 4, at / 4 + 2)]);
      },
    );
    expect(seen).toEqual([
      [5, 6],
      [5, 6],
    ]);
  });
});

test("lists stand one stride apart", () => {
  placeLists([Float32Array.of(1, 2), Uint8Array.of(3, 4)]);
  expect([...memoryViews().floats.subarray(LISTS / 4, LISTS / 4 + 2)]).toEqual([1, 2]);
  expect([...memoryBytes(LISTS + LIST_STRIDE, 2)]).toEqual([3, 4]);
});

test("views are of the memory of now", () => {
  const before = memoryViews();
  expect(memoryViews()).toBe(before);
  reserve(2 ** 23);
  const { buffer, bytes, floats, doubles } = memoryViews();
  expect(buffer.byteLength).toBeGreaterThanOrEqual(2 ** 23);
  expect([bytes.length, floats.length * 4, doubles.length * 8]).toEqual(Array(3).fill(buffer.byteLength));
});
