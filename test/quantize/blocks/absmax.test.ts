import { OptionError } from "../../../kernel/errors";
import { packNibbles } from "../../../kernel/grid/nibbles";
import { blockScales, dynamicMap } from "../../../kernel/quantize/blocks/absmax";
import { fp4 } from "../../../kernel/quantize/fp4";
import { nf4 } from "../../../kernel/quantize/nf4";
import { quantize, quantizerLabel } from "../../../kernel/quantize/quantize";
import { bytesSha, caseWeights, type FloatCase } from "../floats";
import { readFixture } from "../generator";

interface BitsandbytesCase extends FloatCase {
  kind: "nf4" | "fp4";
  block: number;
  double: boolean;
  packedSha: string;
  valuesSha: string;
  absmaxSha?: string;
  absmaxCodesSha?: string;
  nestedAbsmaxSha?: string;
  offset?: number;
  roundedMean?: boolean;
}

const fixture = readFixture<{ dynamicMap: number[]; bitsandbytes: BitsandbytesCase[] }>("quantize", "floats.json");

test("the dynamic map is that of bitsandbytes", () => {
  expect([...dynamicMap]).toEqual(fixture.dynamicMap);
});

test("the fixture has cases of double quantization that are equal to the last bit", () => {
  expect(fixture.bitsandbytes.filter((c) => c.roundedMean).length).toBeGreaterThanOrEqual(4);
});

test.each(fixture.bitsandbytes)("$kind $shape, blocks of $block, double: $double: the bytes of bitsandbytes", (c) => {
  const make = { nf4, fp4 }[c.kind];
  const result = quantize(caseWeights(c), make({ group: c.block, doubleQuant: c.double }), { shape: c.shape });
  expect(bytesSha(packNibbles(result.codes, "high-first", c.kind === "nf4" ? 7 : 0))).toBe(c.packedSha);
  const tables = result.quantized.tables.map((table) => table.data);
  if (c.double) {
    expect(bytesSha(tables[0])).toBe(c.absmaxCodesSha);
    expect(Math.abs(tables[2][0] / (c.offset ?? 0) - 1)).toBeLessThan(2 ** -22);
    if (!c.roundedMean) return; // torch summed the scales with an error; all that depends on it differs in the last bit
    expect([...tables[2]]).toEqual([c.offset]);
    expect(bytesSha(tables[1])).toBe(c.nestedAbsmaxSha);
  } else expect(bytesSha(tables[0])).toBe(c.absmaxSha);
  expect(bytesSha(result.values)).toBe(c.valuesSha);
});

describe("nf4 and fp4, by hand", () => {
  test("a block's largest magnitude is kept, ties take the lower value", () => {
    const { codes, values, scales } = quantize([0, 2, -2, 0.1591606, 0.5], nf4());
    expect([...codes]).toEqual([7, 15, 0, 7 + (Math.fround(0.1591606) / 2 > Math.fround(0.0795803) / 2 ? 1 : 0), 10]);
    expect([...(scales ?? [])]).toEqual([2]);
    expect([...values].slice(0, 3)).toEqual([0, 2, -2]);
    const half = quantize([12, 2.4, 3.4, 5.1, 7.1, 10.1, -2.6, -10.1], fp4());
    expect([...half.codes]).toEqual([3, 6, 7, 5, 2, 3, 15, 11]);
    expect([...half.values].map((value) => Math.round(value))).toEqual([12, 2, 3, 6, 8, 12, -3, -12]);
  });

  test("zeros: the values are zero in a full block and in a short one", () => {
    const { values, scales } = quantize(new Float32Array(70), nf4());
    expect([...values]).toEqual(new Array(70).fill(0));
    expect([...(scales ?? [])]).toEqual([0, Math.fround(1e-38)]);
  });

  test("bits: 4.5 at blocks of 64, 4.127 with double quantization", () => {
    const weights = new Float32Array(64 * 256).fill(1);
    expect(quantize(weights, nf4()).bitsPerWeight).toBe(4.5);
    const double = quantize(weights, nf4({ doubleQuant: true }));
    expect(double.bits).toBe(weights.length * 4 + 256 * 8 + 32 + 32);
    expect(double.bitsPerWeight).toBeCloseTo(4.127, 2);
    expect([...blockScales(double.quantized)]).toEqual(new Array(256).fill(1));
  });

  test("blocks cross rows", () => {
    const { scales } = quantize(new Float32Array(100).fill(1), fp4({ group: 64 }), { shape: [20, 5] });
    expect(scales?.length).toBe(2);
  });

  test("labels and wrong options", () => {
    expect(quantizerLabel(nf4())).toBe("nf4 g64");
    expect(quantizerLabel(fp4({ group: 128, doubleQuant: true }))).toBe("fp4 g128 double");
    expect(() => nf4({ group: 48 })).toThrow("nf4(): group is 48; it takes 32, 64");
    expect(() => nf4({ doublequant: true } as never)).toThrow('did you mean "doubleQuant"?');
    expect(() => nf4({ doubleQuant: 1 } as never)).toThrow(OptionError);
  });
});
