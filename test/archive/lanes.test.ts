import { basePart, batchesOf, castOf, Lane, Lanes, type Batch } from "../../kernel/archive/lanes";
import type { SegmentInfo } from "../../kernel/archive/contents";
import { plainBytes } from "../../kernel/encode/byte-planes/block-layout";
import * as threads from "../../kernel/threads/pool";

const plain = (start: number, length: number): SegmentInfo => ({ start, length, layout: plainBytes });
const block = 524_288;

describe("batches", () => {
  test("hold every block once, in order, over the ends of small segments", () => {
    const segments = [plain(0, 10), plain(10, 3 * block + 5), plain(10 + 3 * block + 5, 7)];
    const batches = [...batchesOf(segments, 2)];
    const seen = batches.flatMap(({ pieces }) =>
      pieces.flatMap(({ segment, first, last }) =>
        Array.from({ length: last - first }, (_, i) => `${segment}:${first + i}`),
      ),
    );
    expect(seen).toEqual(["0:0", "1:0", "1:1", "1:2", "1:3", "2:0"]);
    expect(batches.reduce((sum, { length }) => sum + length, 0)).toBe(10 + 3 * block + 5 + 7);
    let at = 0;
    for (const { start, length, pieces } of batches) {
      expect(start).toBe(at);
      expect(pieces.reduce((sum, piece) => sum + piece.length, 0)).toBe(length);
      at += length;
    }
  });

  test("are of 4 MiB at most, and of one block at least", () => {
    const batches = [...batchesOf([plain(0, 20 * block)], 2)];
    expect(batches.map(({ length }) => length / block)).toEqual([8, 8, 4]);
  });

  test("have no more than 4,096 pieces", () => {
    const batches = [
      ...batchesOf(
        Array.from({ length: 5000 }, (_, i) => plain(i, 1)),
        2,
      ),
    ];
    expect(batches.map(({ pieces }) => pieces.length)).toEqual([4096, 904]);
  });

  test("leave out segments without bytes", () => {
    expect([...batchesOf([plain(0, 0), plain(0, 0)], 2)]).toEqual([]);
  });

  test("need nothing of a base where there is none", () => {
    const [batch] = batchesOf([plain(0, 10)], 2);
    expect([batch.bases, batch.baseLength, Object.keys(batch.pieces[0])]).toEqual([
      [],
      0,
      ["segment", "first", "last", "length", "layout"],
    ]);
  });

  test("name the part of the base that each piece needs", () => {
    const tensor = { name: "w", dtype: "F16", shape: [block] };
    const segment: SegmentInfo = {
      tensor,
      base: { dtype: "F32", start: 100, length: 4 * block },
      start: 0,
      length: 2 * block,
      layout: { width: 2, isFloat: true },
    };
    const [batch] = batchesOf([segment], 2);
    expect(batch.bases).toEqual([{ start: 100, length: 4 * block }]);
    expect(batch.baseLength).toBe(4 * block);
    expect(batch.pieces[0].base).toEqual({ length: 4 * block, cast: { from: "F32", to: "F16" } });
  });
});

describe("the base of a part", () => {
  const tensor = { name: "w", dtype: "Q4_0", shape: [64] };
  const layout = { block: "Q4_0" } as const;

  test("lies at the same bytes in the same type", () => {
    const segment: SegmentInfo = {
      tensor,
      layout,
      start: 7,
      length: 36,
      base: { dtype: "Q4_0", start: 1000, length: 36 },
    };
    expect(basePart(segment, 18, 36)).toEqual({ start: 1018, length: 18 });
    expect(castOf(segment)).toEqual({});
  });

  test("lies at the same elements in another type", () => {
    const segment: SegmentInfo = {
      tensor,
      layout,
      start: 7,
      length: 36,
      base: { dtype: "F32", start: 1000, length: 256 },
    };
    expect(basePart(segment, 18, 36)).toEqual({ start: 1000 + 128, length: 128 });
    expect(castOf(segment)).toEqual({ cast: { from: "F32", to: "Q4_0" } });
  });

  test("is none where there is no base", () => {
    expect(basePart(plain(0, 10), 0, 10)).toEqual({ start: 0, length: 0 });
    expect(castOf(plain(0, 10))).toEqual({});
  });
});

test("the pieces of a lane's memory do not overlap", () => {
  const lane = new Lane(1000, 500);
  lane.input(1000).fill(1);
  lane.base(500).fill(2);
  lane.output(1000).fill(3);
  expect([...new Set(lane.input(1000))]).toEqual([1]);
  expect([...new Set(lane.base(500))]).toEqual([2]);
});

describe("the coding of batches", () => {
  const work = { signal: new AbortController().signal, workers: 3, onProgress: () => undefined };
  const task = { pieces: [], version: 2, file: "a", at: 0, sizes: new Float64Array(0), hashes: new BigUint64Array(0) };
  /** What the threads are asked for by a decoding and an encoding of a file of that size. */
  async function askedOf(batches: Batch[]): Promise<unknown[]> {
    const asked: unknown[] = [];
    const pool = {
      run: (_: object, name: string, __: object, options: object) => Promise.resolve(asked.push([name, options])),
    };
    const spy = jest.spyOn(threads, "sharedPool").mockImplementation((workers) => (asked.push(workers), pool as never));
    const lanes = new Lanes(batches, work);
    const { memory, places } = new Lane(100, 0);
    await lanes.decode({ ...task, version: 2, memory, lane: places }, "w");
    await lanes.encode({ pieces: [], memory, lane: places }, "v");
    spy.mockRestore();
    return asked;
  }

  test("is done by threads, under the name of a tensor and with the signal", async () => {
    const { signal } = work;
    const asked = await askedOf([...batchesOf([plain(0, 40 * block)], 2)]);
    expect(asked).toEqual([3, ["decode", { label: "w", signal }], 3, ["encode", { label: "v", signal }]]);
    const tensor = { name: "w", dtype: "F32", shape: [2] };
    const base = { dtype: "F32", start: 0, length: 8 };
    const against = { ...plain(0, 8), tensor, base };
    expect(await askedOf([...batchesOf([against], 2)])).toHaveLength(4);
  });

  test("of a small file without a base is done here", async () => {
    expect(await askedOf([...batchesOf([plain(0, 1000)], 2)])).toEqual([]);
  });
});

describe("batches over lanes", () => {
  const work = { signal: undefined, workers: 2, onProgress: () => undefined };
  const batches = [...batchesOf([plain(0, 40 * block)], 2)];

  test("come back in order, whichever is ready first", async () => {
    const lanes = new Lanes(batches, work);
    let running = 0;
    let most = 0;
    const seen: number[] = [];
    const run = async ({ start }: { start: number }) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, start === 0 ? 20 : 1));
      running--;
      return start / block;
    };
    for await (const { result } of lanes.inOrder("testing", async () => undefined, run)) seen.push(result);
    expect(seen).toEqual([0, 8, 16, 24, 32]);
    expect(most).toBeLessThanOrEqual(4);
  });

  test("tell the first failure when its turn comes", async () => {
    const failing = async () => {
      for await (const turn of new Lanes(batches, work).inOrder(
        "testing",
        async () => undefined,
        async ({ start }) => {
          if (start > 0) throw new Error(`batch at ${start / block}`);
        },
      ))
        void turn;
    };
    await expect(failing()).rejects.toThrow("batch at 8");
  });

  test("stop by the signal", async () => {
    const stopped = { ...work, signal: AbortSignal.abort() };
    await expect(
      new Lanes(batches, stopped)
        .inOrder(
          "testing",
          async () => undefined,
          async () => 1,
        )
        .next(),
    ).rejects.toMatchObject({ code: "CANCELLED", message: "testing was interrupted" });
  });
});
