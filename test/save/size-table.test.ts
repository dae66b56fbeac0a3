import { displaySymbol } from "../../kernel/static/display";
import type { PlannedLayer, SavePlan } from "../../kernel/save/save-plan";
import { rowOfPlan, sizeTable } from "../../kernel/save/size-table";

const layer = (held: PlannedLayer["held"], bytes: number, more: Partial<PlannedLayer> = {}): PlannedLayer => ({
  ...{ name: "w", shape: [4, 8], held, as: "x", bytes },
  tensors: [{ name: "w", dtype: "x", shape: [4, 8], sizeBytes: bytes }],
  ...more,
});
const plan = (form: string, ...layers: PlannedLayer[]): SavePlan => ({ form, engine: "e", layers, bytes: 100 });
const sized = { tensors: [], parameters: 64, floatBits: 16 };

test("resident bits: as the file, decompressed, codes and scales, none", () => {
  const of = (own: SavePlan) => rowOfPlan("save()", own, sized).residentBitsPerWeight;
  expect(of(plan("GGUF file", layer("packed", 18)))).toBe((8 * 18) / 64);
  expect(of(plan("compressed-tensors folder", layer("packed", 18), layer("as it was", 4)))).toBe((32 * 16 + 32) / 64);
  const state = [
    { name: "w", dtype: "U8", shape: [16, 1], sizeBytes: 16 },
    { name: "w.absmax", dtype: "F32", shape: [1], sizeBytes: 4 },
    { name: "w.quant_state.bitsandbytes__nf4", dtype: "U8", shape: [80], sizeBytes: 80 },
  ];
  expect(of(plan("bitsandbytes folder", layer("packed", 100, { tensors: state })))).toBe((8 * 20) / 64);
  expect(of(plan("codebook file", layer("packed", 18)))).toBeUndefined();
  expect(of(plan("any", layer("packed", 18, { residentBits: 64 })))).toBe(1);
});

test("plain layers are counted, and padding where it is told", () => {
  const row = rowOfPlan("save()", plan("x", layer("plain", 128), layer("packed", 40, { paddedBytes: 8 })), sized);
  expect(row).toMatchObject({ bytes: 100, bitsPerWeight: 12.5, plain: { layers: 1, bytes: 128 }, paddedBytes: 8 });
});

test("a cell shows rows, and refusals with their reasons", () => {
  const row = rowOfPlan('save("<b>")', plan("GGUF file", layer("packed", 18)), sized);
  const table = sizeTable([row, { call: "saveX()", refused: "no <i>head" }], 50, 64);
  expect(Object.isFrozen(table)).toBe(true);
  const shown = table[displaySymbol]();
  expect(shown["text/plain"]).toBe(
    [
      "the report counts 50 bytes, 6.250 bits a weight",
      "",
      "call         form       bytes         bits a weight  resident bits  left plain  padded",
      'save("<b>")  GGUF file    100  100 B         12.500          2.250                    ',
      "",
      "refused:",
      "  saveX(): no <i>head",
    ]
      .map((line) => line.trimEnd())
      .join("\n"),
  );
  expect(shown["text/html"]).toContain("&lt;b&gt;");
  expect(shown["text/html"]).toContain("no &lt;i&gt;head");
  expect(shown["text/html"]).not.toContain("<b>");
});
