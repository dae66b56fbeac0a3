import { bytesOf, joinBuffers, partBuffers } from "../../kernel/widgets/wire";

test("bytes leave a state and come back to their places", () => {
  const state = {
    a: 1,
    image: new Uint8Array([1, 2]),
    list: ["x", new Float32Array([1]).buffer, { deep: new DataView(new ArrayBuffer(2)) }],
  };
  const { data, paths, buffers } = partBuffers(state);
  expect(data).toEqual({ a: 1, list: ["x", null, {}] });
  expect(paths).toEqual([["image"], ["list", 1], ["list", 2, "deep"]]);
  expect(buffers.map(({ byteLength }) => byteLength)).toEqual([2, 4, 2]);
  const whole = joinBuffers(data as Record<string, unknown>, paths, buffers);
  expect(whole).toEqual({ a: 1, image: buffers[0], list: ["x", buffers[1], { deep: buffers[2] }] });
});

test("a view is the part of its buffer that it shows, and other values are no bytes", () => {
  expect(bytesOf(new Uint16Array([1, 2, 3]).subarray(1, 2))).toEqual(new Uint8Array([2, 0]));
  for (const value of [null, "text", [1], {}, 5]) expect(bytesOf(value)).toBeUndefined();
});

test("paths that lead nowhere, or to a prototype, change nothing", () => {
  const bytes = new Uint8Array([1]);
  for (const paths of [undefined, 5, [5], [[]], [["no", "such"]], [["__proto__", "polluted"]], [["constructor", "x"]]])
    expect(joinBuffers({ a: 1 }, paths, [bytes])).toEqual({ a: 1 });
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  const own = joinBuffers({ a: 1 }, [["__proto__"]], [bytes]);
  expect(Object.getPrototypeOf(own)).not.toBe(bytes);
});
