import { sharing, transferring, Transferring } from "../../kernel/threads/transferring";

describe("transferring", () => {
  test("moves every buffer at any depth, once", () => {
    const buffer = new ArrayBuffer(8);
    const value = {
      a: new Uint8Array(buffer),
      b: [{ c: new Float32Array(buffer, 4) }, new Uint16Array(2)],
      d: null,
      e: "text",
      f: 5,
    };
    const moved = transferring(value);
    expect(moved).toBeInstanceOf(Transferring);
    expect(moved.value).toBe(value);
    expect(moved.buffers[0]).toBe(buffer);
    expect(moved.buffers.filter((one) => one === buffer).length).toBe(1);
  });

  test("leaves shared memory where it is", () => {
    expect(transferring([new Uint8Array(new SharedArrayBuffer(4))]).buffers).toEqual([]);
    expect(transferring(undefined).buffers).toEqual([]);
  });
});

describe("sharing", () => {
  test("puts large arrays into shared memory, with the same values and types", () => {
    const large = Float32Array.from({ length: (1 << 18) + 3 }, (_, i) => i).subarray(3);
    const { list, text } = sharing({ list: [large], text: "a" });
    expect(list[0].buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(list[0]).toBeInstanceOf(Float32Array);
    expect(Buffer.compare(Buffer.from(list[0]), Buffer.from(large))).toBe(0);
    expect(text).toBe("a");
  });

  test("leaves small arrays as they are, and those that are shared", () => {
    const small = new Uint8Array(100);
    const shared = new Uint8Array(new SharedArrayBuffer(1 << 20));
    expect(sharing([small])[0]).toBe(small);
    expect(sharing([shared])[0]).toBe(shared);
  });
});
