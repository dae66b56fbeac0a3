import { chunkSymbols, coderPlaces, coderViewsOf } from "../../kernel/loops/coder-memory";

const buffer = new ArrayBuffer(coderPlaces.end);
const views = coderViewsOf(buffer);

test("the parts have the sizes that their tables need", () => {
  const { memory, lengths, results, states, places, owners, bytes, halves } = views;
  expect(memory.length).toBe(coderPlaces.end);
  expect([lengths, results, states, owners].map(({ length }) => length)).toEqual([256, 4, 8, 65_536]);
  expect([places, bytes, halves].map(({ length }) => length)).toEqual([131_072, chunkSymbols, chunkSymbols]);
  expect([bytes.byteOffset, halves.byteOffset]).toEqual([coderPlaces.symbols, coderPlaces.symbols]);
});

test("no part lies over another, and all lie below the symbols", () => {
  const parts = [views.lengths, views.results, views.states, views.places, views.owners, views.halves];
  const inOrder = parts.sort((a, b) => a.byteOffset - b.byteOffset);
  inOrder.forEach(({ byteOffset, byteLength }, k) =>
    expect(byteOffset + byteLength).toBeLessThanOrEqual(inOrder[k + 1]?.byteOffset ?? coderPlaces.coded),
  );
});

test("a chunk of halves takes two bytes a symbol and 1 KiB at most, and streams may be read as far again", () => {
  expect(coderPlaces.end - coderPlaces.coded).toBeGreaterThanOrEqual(2 * (2 * chunkSymbols + 1024));
});
