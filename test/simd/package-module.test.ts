import { compileFromPackage, newInstance } from "../../kernel/simd/package-module";

test("the binary beside a package's main module, told by what it exports", () => {
  const compiled = compileFromPackage("@bokuweb/zstd-wasm", "zstd.wasm");
  const { WebAssembly } = globalThis as unknown as {
    WebAssembly: { Module: { exports(module: object): { name: string; kind: string }[] } };
  };
  expect(WebAssembly.Module.exports(compiled).filter(({ kind }) => kind === "memory")).toHaveLength(1);
});

test("a package or a file that is not there", () => {
  expect(() => compileFromPackage("no-such-package-at-all", "zstd.wasm")).toThrow(/no-such-package-at-all/);
  expect(() => compileFromPackage("@bokuweb/zstd-wasm", "none.wasm")).toThrow(/none\.wasm/);
});

test("instances of one module have memories of their own", () => {
  // (module (memory (export "m") 1))
  const bytes = [0, 97, 115, 109, 1, 0, 0, 0, 5, 3, 1, 0, 1, 7, 5, 1, 1, 109, 2, 0];
  const { WebAssembly } = globalThis as unknown as { WebAssembly: { Module: new (bytes: Uint8Array) => object } };
  const compiled = new WebAssembly.Module(Uint8Array.from(bytes));
  const [one, other] = [0, 1].map(() => newInstance<{ m: { buffer: ArrayBuffer } }>(compiled, {}).m.buffer);
  new Uint8Array(one)[5] = 1;
  expect([one.byteLength, new Uint8Array(other)[5]]).toEqual([65_536, 0]);
});
