import { laneOf, maxBlockBytes, ownLane, places, planeViewsOf, sharedMemory } from "../../kernel/loops/plane-memory";

test("the parts of a block follow one another, each with place for a block", () => {
  const { elements, base, fields, planes, scratch, end } = places;
  for (const [one, next] of [
    [elements, base],
    [base, fields],
    [fields, planes],
    [planes, scratch],
  ])
    expect(next - one).toBeGreaterThanOrEqual(maxBlockBytes);
  expect(end - scratch).toBeGreaterThanOrEqual(2 * maxBlockBytes);
});

test("a lane lies behind them: what comes in, what goes out in a longer form, the base, and what is read past the end", () => {
  const lane = laneOf(1000, 100);
  expect(lane.input).toBe(places.end);
  expect(lane.output - lane.input).toBeGreaterThanOrEqual(1000);
  expect(lane.base - lane.output).toBeGreaterThanOrEqual(1000 + maxBlockBytes);
  expect(lane.end - lane.base).toBeGreaterThanOrEqual(100 + 2 * maxBlockBytes);
  for (const at of [lane.input, lane.output, lane.base]) expect(at % 64).toBe(0);
  expect(ownLane).toEqual(laneOf(maxBlockBytes + 64, 0));
});

test("a memory is shared among threads, and its views lie below the parts of a block, none over another", () => {
  const memory = sharedMemory(places.end);
  expect(memory.buffer).toBeInstanceOf(SharedArrayBuffer);
  const { counts, codes, lengths, results, surveyed, frequencies, owners, pointers } = planeViewsOf(memory.buffer);
  const tables = [counts, codes, lengths, results, surveyed, frequencies, owners, pointers];
  expect(tables.map(({ length }) => length)).toEqual([256, 256, 256, 8, 129, 512, 16_384, 8]);
  const inOrder = tables.sort((a, b) => a.byteOffset - b.byteOffset);
  inOrder.forEach(({ byteOffset, byteLength }, k) =>
    expect(byteOffset + byteLength).toBeLessThanOrEqual(inOrder[k + 1]?.byteOffset ?? places.elements),
  );
});
