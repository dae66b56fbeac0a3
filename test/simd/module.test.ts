import { instantiate, instantiateIn, newMemory, pageBytes } from "../../kernel/simd/module";
import { UnsupportedError } from "../../kernel/errors";
import type { PlanesModule } from "../../kernel/simd/generated/planes";
import type { LayersModule } from "../../kernel/simd/generated/layers";

test("a memory has whole pages, all zero; a shared one can be posted to threads", () => {
  const own = newMemory(pageBytes + 1, false);
  expect([own.buffer.byteLength, own.buffer instanceof SharedArrayBuffer]).toEqual([2 * pageBytes, false]);
  expect(new Uint8Array(own.buffer).some((byte) => byte !== 0)).toBe(false);
  expect(newMemory(1, true).buffer).toBeInstanceOf(SharedArrayBuffer);
});

test("a process that may not have so much address space is told what raises it; other failures stay what they are", () => {
  const { WebAssembly } = globalThis as unknown as { WebAssembly: { Memory: new () => object } };
  const { Memory } = WebAssembly;
  const failing = (error: Error) =>
    class {
      constructor() {
        throw error;
      }
    };
  try {
    WebAssembly.Memory = failing(new RangeError("WebAssembly.Memory(): could not allocate memory"));
    expect(() => newMemory(pageBytes, false)).toThrow(UnsupportedError);
    expect(() => newMemory(pageBytes, false)).toThrow(/no address space for 65536 bytes.*ulimit -v unlimited/);
    WebAssembly.Memory = failing(new TypeError("something else"));
    expect(() => newMemory(pageBytes, false)).toThrow(TypeError);
  } finally {
    WebAssembly.Memory = Memory;
  }
});

test("a memory grows up to its most pages, and its old buffer is empty afterwards", () => {
  expect(() => newMemory(pageBytes, false).grow(1)).toThrow(RangeError);
  const memory = newMemory(pageBytes, false, 3);
  const before = memory.buffer;
  memory.grow(2);
  expect([before.byteLength, memory.buffer.byteLength]).toEqual([0, 3 * pageBytes]);
  expect(() => memory.grow(1)).toThrow(RangeError);
});

test("two instances over one memory see each other's bytes", () => {
  const memory = newMemory(2 ** 24, true);
  const [one, other] = [instantiateIn<PlanesModule>("planes", memory), instantiateIn<PlanesModule>("planes", memory)];
  const at = 2 ** 23;
  one.fill(at, 7, 3);
  other.copy(at, at + 100, 3);
  expect([...new Uint8Array(memory.buffer, at + 100, 4)]).toEqual([7, 7, 7, 0]);
});

test("an instance of its own has the bytes asked for beyond the first page", () => {
  const { buffer, memory, functions } = instantiate<LayersModule>("layers", 2 ** 21 + 1);
  expect(buffer).toBe(memory.buffer);
  expect(buffer.byteLength).toBe(pageBytes + 2 ** 21 + pageBytes);
  expect(typeof functions.raiseLargest).toBe("function");
});

test("a module that is not there is an error that names its file", () => {
  expect(() => instantiateIn("none", newMemory(pageBytes, false))).toThrow(/none\.wasm/);
});
