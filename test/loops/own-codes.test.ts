import { runInNewContext } from "node:vm";
import { isBytes, ownCodes } from "../../kernel/loops/own-codes";

test.each([Uint8Array, Int8Array, Uint16Array, Int16Array, Int32Array])(
  "%p of another realm becomes one of this realm, over the same numbers",
  (Class) => {
    const foreign = runInNewContext(`${Class.name}.of(9, 1, 2, 3).subarray(1)`) as Uint8Array;
    expect(foreign).not.toBeInstanceOf(Class);
    const own = ownCodes(foreign);
    expect(own).toBeInstanceOf(Class);
    expect([...(own ?? [])]).toEqual([1, 2, 3]);
    foreign[1] = 100;
    expect(own?.[1]).toBe(100);
  },
);

test("a Buffer is bytes without a sign, from its own beginning on", () => {
  const own = ownCodes(Buffer.from([7, 200, 3]).subarray(1));
  expect(own?.constructor).toBe(Uint8Array);
  expect([...(own ?? [])]).toEqual([200, 3]);
});

test("what is no array of integers has no codes", () => {
  for (const other of [[1, 2], new Float32Array(2), new Uint32Array(2), new Uint8ClampedArray(2), "12"])
    expect(ownCodes(other as ArrayLike<number>)).toBeUndefined();
});

test("codes of one byte are bytes, signed or not", () => {
  expect([new Uint8Array(1), new Int8Array(1)].map(isBytes)).toEqual([true, true]);
  expect([new Uint16Array(1), new Int16Array(1), new Int32Array(1), undefined].map(isBytes)).toEqual([
    false,
    false,
    false,
    false,
  ]);
});
