import { storedBits } from "../../kernel/quantize/quantizer";

test("stored bits are those of codes and tables", () => {
  const table = (length: number, bitsPerEntry: number) => ({
    name: "scale",
    data: new Float32Array(length),
    shape: [length],
    bitsPerEntry,
  });
  const base = { step: { kind: "x" }, shape: [10], codes: new Uint8Array(10), codeBits: 3, tables: [] };
  expect(storedBits(base)).toBe(30);
  expect(storedBits({ ...base, tables: [table(2, 16), table(3, 4)] })).toBe(30 + 32 + 12);
});
