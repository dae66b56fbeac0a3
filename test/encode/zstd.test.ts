import { decode, encode } from "../../kernel/encode/encode";
import { zstd } from "../../kernel/encode/zstd";

test.each([
  ["bytes", Uint8Array.of(1, 2, 3)],
  ["floats, NaN and −0 among them", Float32Array.of(NaN, -0, 1e-45, Infinity)],
  ["none", new Int32Array(0)],
])("%s come back, bit by bit", (_, values) => {
  const back = decode(encode(values, zstd()).bytes) as Uint8Array;
  expect(back.constructor).toBe(values.constructor);
  expect(Buffer.compare(Buffer.from(back.buffer, back.byteOffset, back.byteLength), Buffer.from(values.buffer))).toBe(
    0,
  );
});

test("more work gives no more bytes", () => {
  const values = Uint8Array.from({ length: 50_000 }, (_, i) => (i * i * 31) >> 8);
  expect(encode(values, zstd({ level: 19 })).bytes.length).toBeLessThanOrEqual(
    encode(values, zstd({ level: 1 })).bytes.length,
  );
});

test("zstd() takes levels 1 to 19", () => {
  expect(zstd()).toEqual({ kind: "zstd" });
  for (const level of [0, 20, 1.5]) expect(() => zstd({ level })).toThrow(`level is ${level}`);
});
