import fc from "fast-check";
import { codePointPosition, utf16Offset } from "../../kernel/protocol/cursor";

test("code points and UTF-16 units, by hand", () => {
  const text = "a𝒳b"; // UTF-16: a D835 DCB3 b
  expect([0, 1, 2, 3, 4, 99].map((position) => utf16Offset(text, position))).toEqual([0, 1, 3, 4, 4, 4]);
  expect([0, 1, 2, 3, 4, 99].map((offset) => codePointPosition(text, offset))).toEqual([0, 1, 2, 2, 3, 3]);
  expect(utf16Offset("", 3)).toBe(0);
  expect(utf16Offset(text, -1)).toBe(0);
});

test("agrees with the language's own iteration over code points", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const points = [...text];
      let offset = 0;
      points.forEach((point, position) => {
        expect(utf16Offset(text, position)).toBe(offset);
        expect(codePointPosition(text, offset)).toBe(position);
        offset += point.length;
      });
      expect(utf16Offset(text, points.length)).toBe(text.length);
    }),
    { seed: 9 },
  );
});
