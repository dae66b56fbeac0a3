import * as quantize from "../../kernel/quantize";
import { quantizers } from "../../kernel/quantize/quantizers";

test("each method stands under its own kind, and quantizerOf() finds it", () => {
  for (const [kind, quantizer] of quantizers) {
    expect(quantizer.kind).toBe(kind);
    expect(quantize.quantizerOf({ kind })).toBe(quantizer);
    expect(quantize.isQuantizeStep({ kind })).toBe(true);
  }
});

test("what the room exports of a method is its row, and its factory is named like its kind", () => {
  const exported = new Map<string, unknown>(Object.entries(quantize));
  for (const [kind, quantizer] of quantizers) {
    expect(exported.get(`${kind}Quantizer`)).toBe(quantizer);
    expect(exported.get(kind)).toBeInstanceOf(Function);
  }
  const rows = [...exported.keys()].filter((name) => name.endsWith("Quantizer"));
  expect(rows).toHaveLength(quantizers.size);
});
