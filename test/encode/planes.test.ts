import { decode, encode } from "../../kernel/encode/encode";
import { layoutOf } from "../../kernel/encode/byte-planes/block-layout";
import { huffman } from "../../kernel/encode/huffman";
import { delta, joinPlanes, planes, splitIntoPlanes } from "../../kernel/encode/planes";

const same = (a: unknown, b: ArrayBufferView) => {
  const view = a as ArrayBufferView;
  expect(a?.constructor).toBe(b.constructor);
  expect(
    Buffer.compare(
      Buffer.from(view.buffer, view.byteOffset, view.byteLength),
      Buffer.from(b.buffer, b.byteOffset, b.byteLength),
    ),
  ).toBe(0);
};

test("bytes are taken apart into planes, the lowest first, and put together again", () => {
  const layout = layoutOf({ width: 4, isFloat: false });
  const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  const all = splitIntoPlanes(bytes, layout);
  expect(all.map((plane) => Array.from(plane))).toEqual([
    [1, 5],
    [2, 6],
    [3, 7],
    [4, 8],
  ]);
  const out = new Uint8Array(8);
  joinPlanes(all, layout, out);
  expect(out).toEqual(bytes);
});

test("floats have their exponent alone in the top plane", () => {
  const bytes = new Uint8Array(Float32Array.of(1, -1, 2).buffer);
  const all = splitIntoPlanes(bytes, layoutOf({ width: 4, isFloat: true }));
  // Rotated left by one: exponents 127, 127, 128; the sign is the lowest bit.
  expect([Array.from(all[3]), Array.from(all[0])]).toEqual([
    [127, 127, 128],
    [0, 1, 0],
  ]);
  const out = new Uint8Array(12);
  joinPlanes(all, layoutOf({ width: 4, isFloat: true }), out);
  expect(out).toEqual(bytes);
});

test.each([planes(), planes({ coder: huffman() }), planes({ type: "F16" })])(
  "%p gives every array back, bit by bit",
  (step) => {
    for (const array of [
      Float32Array.of(NaN, -0, 1e-45, 3),
      Float64Array.of(0.1, -Infinity),
      Uint8Array.of(1, 2, 3, 4),
      Int32Array.of(-1, 2 ** 31 - 1),
    ])
      same(decode(encode(array, step).bytes), array);
  },
);

test("against a base only what differs is stored, and the base is needed again", () => {
  const base = Float32Array.from({ length: 5000 }, (_, i) => Math.sin(i));
  const tuned = base.slice();
  tuned[7] = 3;
  const { bytes } = encode(tuned, delta(), { base });
  expect(bytes.length).toBeLessThan(500);
  same(decode(bytes, { base }), tuned);
  const other = base.slice();
  other[0] = 9;
  expect(() => decode(bytes, { base: other })).toThrow(/base/);
});

test("planes() takes coders of symbols", () => {
  expect(() => planes({ coder: { kind: "other" } as never })).toThrow('its coder is "other"; it takes');
  expect(planes({ type: "BF16" })).toEqual({ kind: "planes", type: "BF16" });
});
