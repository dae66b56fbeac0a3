import { packNibbles, unpackNibbles } from "../../kernel/grid/nibbles";

test("the even code goes into the low half, or the high one", () => {
  expect(Array.from(packNibbles([1, 2, 15, 0], "low-first"))).toEqual([0x21, 0x0f]);
  expect(Array.from(packNibbles([1, 2, 15, 0], "high-first"))).toEqual([0x12, 0xf0]);
});

test("an odd last code is paired with the filler", () => {
  expect(Array.from(packNibbles([5], "low-first", 9))).toEqual([0x95]);
  expect(Array.from(packNibbles([5], "high-first"))).toEqual([0x50]);
  expect(packNibbles([], "low-first").length).toBe(0);
});

test.each(["low-first", "high-first"] as const)("%s unpacks to what was packed", (order) => {
  const codes = Uint8Array.from({ length: 17 }, (_, i) => (i * 11) % 16);
  expect(unpackNibbles(packNibbles(codes, order), order, 17)).toEqual(codes);
});

test("codes beyond four bits, and more codes than there are, are refused", () => {
  for (const codes of [[16, 0], [0, 16], [-1]])
    expect(() => packNibbles(codes, "low-first")).toThrow("does not fit 4 bits");
  for (const count of [3, -1, 1.5])
    expect(() => unpackNibbles(Uint8Array.of(0), "low-first", count)).toThrow(`1 bytes hold 2 codes, not ${count}`);
});
