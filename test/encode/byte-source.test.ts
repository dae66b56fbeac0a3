import { sourceOfBytes } from "../../kernel/encode/byte-source";

test("the parts of an array's source are its bytes", () => {
  const source = sourceOfBytes(Uint8Array.of(4, 5, 6, 7, 8));
  expect(source.length).toBe(5);
  expect([...source.part(1, 4)]).toEqual([5, 6, 7]);
  expect([...source.part(0, 5)]).toEqual([4, 5, 6, 7, 8]);
});
