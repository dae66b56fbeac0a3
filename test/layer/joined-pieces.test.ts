import { JoinedPieces } from "../../kernel/layer/joined-pieces";
import { linear } from "../../kernel";

const step = linear({ bits: 4 });
const piece = (codes: number[], scales: number[], codeBits = 4) => ({
  step,
  shape: [scales.length, codes.length / scales.length],
  codes: Int8Array.from(codes),
  codeBits,
  tables: [{ name: "scale", data: Float32Array.from(scales), shape: [scales.length, 1], bitsPerEntry: 16 }],
});

test("codes and tables stand one piece after the other; a piece may be lost once it is added", () => {
  const joined = new JoinedPieces([3, 2], { isShared: false }, new Uint8Array(24));
  const first = piece([1, -2, 3, 4], [0.5, 2]);
  joined.add(first);
  first.codes.fill(9);
  first.tables[0].data.fill(9);
  joined.add(piece([-5, 6], [8], 5));
  expect(joined.all()).toEqual({
    step,
    shape: [3, 2],
    codes: Int8Array.of(1, -2, 3, 4, -5, 6),
    codeBits: 5,
    tables: [{ name: "scale", data: Float32Array.of(0.5, 2, 8), shape: [3, 1], bitsPerEntry: 16 }],
  });
});

test("tables that are the tensor's are kept once", () => {
  const joined = new JoinedPieces([2, 2], { isShared: true }, new Uint8Array(16));
  for (const codes of [
    [1, 2],
    [3, 4],
  ])
    joined.add({ ...piece(codes, [0.25]), tables: [{ ...piece(codes, [0.25]).tables[0], shape: [1] }] });
  expect(joined.all().tables).toEqual([{ name: "scale", data: Float32Array.of(0.25), shape: [1], bitsPerEntry: 16 }]);
});

test("a table may be the tensor's while another is the pieces', and codebooks of fewer values repeat their last one", () => {
  const joined = new JoinedPieces([3, 2], { isShared: false, sharedTables: ["scale"] }, new Uint8Array(24));
  const book = (values: number[], shape: number[]) => ({
    ...{ name: "codebook", data: Float32Array.from(values), shape, bitsPerEntry: 32 },
  });
  joined.add({ ...piece([0, 1], [7]), tables: [piece([0, 1], [7]).tables[0], book([1, 2, 3], [1, 3])] });
  joined.add({ ...piece([0, 0, 0, 0], [7, 7]), tables: [piece([0], [7]).tables[0], book([4, 5], [2, 1])] });
  expect(joined.all().tables.map(({ data, shape }) => [[...data], shape])).toEqual([
    [[7], [1, 1]],
    [
      [1, 2, 3, 4, 4, 4, 5, 5, 5],
      [3, 3],
    ],
  ]);
});

test("a tensor without rows has no pieces", () => {
  expect(() => new JoinedPieces([0, 2], { isShared: false }, new Uint8Array(0)).all()).toThrow("no pieces");
});

test("codes of four bytes are held in as few as all of them need, and say what they are stored as", () => {
  const wide = (codes: number[]) => ({ ...piece(codes, [1]), codes: Int32Array.from(codes) });
  const heldAs = (...rows: [number, number][]) => {
    const joined = new JoinedPieces([rows.length, 2], { isShared: true }, undefined, true);
    for (const row of rows) joined.add(wide(row));
    return joined.all();
  };
  expect(heldAs([1, -128], [127, 0])).toMatchObject({
    ...{ codes: Int8Array.of(1, -128, 127, 0), storedType: "Int32Array" },
  });
  expect(heldAs([1, 2], [128, 0], [3, 4]).codes).toEqual(Int16Array.of(1, 2, 128, 0, 3, 4));
  const large = heldAs([1, 2], [-32_769, 0]);
  expect(large.codes).toEqual(Int32Array.of(1, 2, -32_769, 0));
  expect(large.storedType).toBeUndefined();
});
