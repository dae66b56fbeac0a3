import * as fc from "fast-check";
import { NonFiniteError } from "../../kernel/errors";
import { packNibbles, unpackNibbles } from "../../kernel/grid/nibbles";
import { fp4 } from "../../kernel/quantize/fp4";
import { fp8, type Fp8Granularity } from "../../kernel/quantize/fp8";
import { int } from "../../kernel/quantize/int";
import { mxfp4 } from "../../kernel/quantize/mxfp4";
import { mxfp8 } from "../../kernel/quantize/mxfp8";
import { nf4 } from "../../kernel/quantize/nf4";
import { nvfp4 } from "../../kernel/quantize/nvfp4";
import { dequantize, quantize, quantizerLabel } from "../../kernel/quantize/quantize";
import { storedBits } from "../../kernel/quantize/quantizer";
import type { Step } from "../../kernel/tensor/step";
import { awkward, bytesSha, caseWeights, type FloatCase } from "./floats";
import { readFixture } from "./generator";

interface ScaleCase extends FloatCase {
  scaleSha: string;
  valuesSha: string;
}

interface Fixture {
  fp8: (ScaleCase & {
    strategy: Fp8Granularity;
    codesSha: string;
    group_size?: number;
    block_structure?: [number, number];
  })[];
  e5m2: (ScaleCase & { codesSha: string })[];
  micro: (ScaleCase & {
    kind: "mxfp4" | "mxfp8" | "nvfp4";
    packedSha?: string;
    codesSha?: string;
    globalScale?: number;
  })[];
  int: (ScaleCase & {
    bits: number;
    symmetric: boolean;
    strategy: "tensor" | "channel" | "group";
    group_size?: number;
    scaleDtype: "F32" | "F16" | "BF16";
    codesSha: string;
    zeroSha: string | null;
  })[];
}

const groupOf = ({ group_size: group }: { group_size?: number }): { group?: number } =>
  group === undefined ? {} : { group };

const fixture = readFixture<Fixture>("quantize", "floats.json");

describe("equal to compressed-tensors: codes, scales, values", () => {
  test.each(fixture.fp8)("fp8 E4M3 per $strategy, $shape", (c) => {
    const options = c.block_structure ? { block: c.block_structure } : groupOf(c);
    const step = fp8({ per: c.strategy, ...options });
    const result = quantize(caseWeights(c), step, { shape: c.shape });
    expect(bytesSha(result.scales as Float32Array)).toBe(c.scaleSha);
    expect(bytesSha(result.codes)).toBe(c.codesSha);
    expect(bytesSha(result.values)).toBe(c.valuesSha);
  });

  test.each(fixture.e5m2)("fp8 E5M2 per channel, $shape (torch's cast)", (c) => {
    const result = quantize(caseWeights(c), fp8({ format: "E5M2", per: "channel" }), { shape: c.shape });
    expect(bytesSha(result.scales as Float32Array)).toBe(c.scaleSha);
    expect(bytesSha(result.codes)).toBe(c.codesSha);
    expect(bytesSha(result.values)).toBe(c.valuesSha);
  });

  test.each(fixture.micro)("$kind $shape", (c) => {
    const step = { mxfp4, mxfp8, nvfp4 }[c.kind]();
    const result = quantize(caseWeights(c), step, { shape: c.shape });
    expect(bytesSha(result.scales as Float32Array)).toBe(c.scaleSha);
    if (c.packedSha) expect(bytesSha(packNibbles(result.codes, "low-first"))).toBe(c.packedSha);
    else expect(bytesSha(result.codes)).toBe(c.codesSha);
    if (c.globalScale !== undefined) expect([...result.quantized.tables[1].data]).toEqual([c.globalScale]);
    expect(bytesSha(result.values)).toBe(c.valuesSha);
  });

  test.each(fixture.int)("int $bits-bit, symmetric: $symmetric, per $strategy, scales $scaleDtype, $shape", (c) => {
    const { bits, symmetric, strategy, scaleDtype } = c;
    const step = int({ bits, symmetric, per: strategy, ...groupOf(c), scaleDtype });
    const result = quantize(caseWeights(c), step, { shape: c.shape });
    if (result.step !== step) {
      // Rows of 2^-30 and of 2^32 side by side: the library clamps their float16 scales, ours are float32.
      const wide = quantize(caseWeights(c), int({ bits, symmetric, per: strategy, ...groupOf(c), scaleDtype: "F32" }), {
        shape: c.shape,
      });
      expect([scaleDtype, result.quantized]).toEqual(["F16", wide.quantized]);
      return;
    }
    expect(bytesSha(result.scales as Float32Array)).toBe(c.scaleSha);
    expect(bytesSha(result.codes)).toBe(c.codesSha);
    if (c.zeroSha !== null) expect(bytesSha(result.zeroPoints as Int8Array)).toBe(c.zeroSha);
    expect(bytesSha(result.values)).toBe(c.valuesSha);
  });
});

const everyStep: Step[] = [
  nf4(),
  nf4({ group: 32, doubleQuant: true }),
  fp4(),
  fp8({ per: "tensor" }),
  fp8({ per: "channel" }),
  fp8({ block: [2, 3] }),
  fp8({ format: "E5M2", group: 5 }),
  mxfp4(),
  mxfp8(),
  nvfp4(),
  int({ bits: 4 }),
  int({ bits: 3, symmetric: false, group: 4 }),
  int({ bits: 8, per: "tensor", symmetric: false }),
];

describe.each(everyStep)("$kind %#", (step) => {
  test("awkward shapes round trip, zeros stay zero, stored bits are counted", () => {
    for (const [shape, weights] of awkward) {
      const before = weights.slice();
      const result = quantize(weights, step, { shape });
      expect(weights).toEqual(before);
      expect(result.values.length).toBe(weights.length);
      expect(dequantize(result.quantized)).toEqual(result.values);
      expect(dequantize(structuredClone(result.quantized))).toEqual(result.values);
      expect(result.bits).toBe(storedBits(result.quantized));
      if (!("doubleQuant" in step && step.doubleQuant))
        weights.forEach((weight, i) => {
          if (weight === 0) expect(result.values[i] + 0).toBe(0);
        });
      if (weights.every((weight) => weight === 0)) expect(result.values.every((value) => value + 0 === 0)).toBe(true);
    }
  });

  test("NaN and infinity are refused, by layer and index", () => {
    for (const bad of [NaN, Infinity, -Infinity]) {
      const weights = Float32Array.of(1, 2, bad, 3);
      expect(() => quantize(weights, step, { name: "layer.7" })).toThrow(NonFiniteError);
      expect(() => quantize(weights, step, { name: "layer.7" })).toThrow("layer.7: weight 2");
    }
  });

  test("a shape that does not fit is refused", () => {
    expect(() => quantize(new Float32Array(6), step, { shape: [4, 2] })).toThrow("(4, 2)");
  });
});

const ofMagnitude = fc.tuple(
  fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 70 }),
  fc.integer({ min: -60, max: 60 }),
);

describe("error bounds", () => {
  const largest = (values: Float32Array) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const slack = 1 + 2 ** -18;

  test("nf4 0.152·a, fp4 a/6", () => {
    fc.assert(
      fc.property(ofMagnitude, ([list, exponent]) => {
        const weights = Float32Array.from(list, (w) => w * 2 ** exponent);
        const limit = Math.max(largest(weights), 1e-38) * slack;
        expect(quantize(weights, nf4({ group: 128 })).error.maxAbsError).toBeLessThanOrEqual(limit * 0.152);
        expect(quantize(weights, fp4({ group: 128 })).error.maxAbsError).toBeLessThanOrEqual(limit / 6);
      }),
    );
  });

  test("fp8, mxfp8: relative, down to the spacing at 0; mxfp4, nvfp4: the scale; int: half or one step", () => {
    const check = (weights: Float32Array, step: Step, bound: (w: number, scale: number) => number) => {
      const { values, scales, quantized } = quantize(weights, step, { shape: [1, weights.length] });
      const length = Math.ceil(weights.length / (scales?.length ?? 1));
      const unit = step.kind === "nvfp4" ? 1 / quantized.tables[1].data[0] : 1;
      const group = step.kind === "nvfp4" ? 16 : step.kind.startsWith("mx") ? 32 : length;
      weights.forEach((w, i) => {
        const scale = (scales?.[Math.floor(i / group)] ?? 0) * unit;
        expect(Math.abs(values[i] - w)).toBeLessThanOrEqual(bound(Math.abs(w), scale) * slack);
      });
    };
    fc.assert(
      fc.property(ofMagnitude, ([list, exponent]) => {
        const weights = Float32Array.from(list, (w) => w * 2 ** exponent);
        // Below, scales are subnormal and their own rounding is as large as the bound.
        fc.pre(largest(weights) === 0 || largest(weights) >= 2 ** -100);
        check(weights, fp8({ per: "tensor" }), (w, s) => Math.max(w * 2 ** -4, s * 2 ** -10));
        check(weights, fp8({ per: "tensor", format: "E5M2" }), (w, s) => Math.max(w * 2 ** -3, s * 2 ** -17));
        check(weights, mxfp8(), (w, s) => Math.max(w * 2 ** -4, s * 2 ** -10));
        check(weights, mxfp4(), (_, s) => s);
        check(weights, int({ bits: 4, per: "tensor" }), (_, s) => s / 2);
        check(weights, int({ bits: 4, per: "tensor", symmetric: false }), (_, s) => s);
      }),
    );
  });
});

test("by hand: int4 symmetric uses -8 and 7 and the scale max/7.5", () => {
  const { codes, values, scales } = quantize([-7.5, 7.5, 0.5, 1.5, -1], int({ bits: 4 }));
  expect([...(scales ?? [])]).toEqual([1]);
  expect([...codes]).toEqual([-8, 7, 0, 2, -1]); // clamp(7.5) = 7; ±.5 go to the even code
  expect([...values]).toEqual([-8, 7, 0, 2, -1]);
});

test("by hand: mxfp4 rounds the scale up from 1.75 times a power of two", () => {
  expect([...(quantize([6.9, 1], mxfp4()).scales ?? [])]).toEqual([1]);
  expect([...quantize([6.9, 1, -0.25, 0.25, 0.26, 5, 2.5], mxfp4()).values]).toEqual([6, 1, -0, 0, 0.5, 4, 2]);
  expect([...(quantize([7, 1], mxfp4()).scales ?? [])]).toEqual([2]);
  expect([...(quantize([0, 0], mxfp4()).scales ?? [])]).toEqual([2 ** -127]);
  expect(quantize(new Float32Array(64), mxfp4()).bitsPerWeight).toBe(4.25);
  expect(() => quantize([2 ** 127], mxfp4())).toThrow("beyond 2^126");
});

test("by hand: nvfp4 has one scale for the tensor and one per 16 weights", () => {
  const { quantized, bits } = quantize(new Float32Array(64).fill(6), nvfp4());
  expect([...quantized.tables[0].data]).toEqual([448, 448, 448, 448]);
  expect([...quantized.tables[1].data]).toEqual([448]);
  expect(bits).toBe(64 * 4 + 4 * 8 + 32);
});

test("by hand: fp8 E4M3 reaches 448, keeps -0, and has eps for the scale of zeros", () => {
  const { values, codes, scales } = quantize([448, -17, 0.001, -0], fp8({ per: "tensor" }));
  expect([...values]).toEqual([448, -16, 2 ** -9, -0]);
  expect(codes[3]).toBe(0x80);
  expect([...(scales ?? [])]).toEqual([1]);
  expect([...(quantize([0, 0], fp8()).scales ?? [])]).toEqual([2 ** -23]);
});

test("nibbles pack in both orders and come back", () => {
  expect([...packNibbles([1, 2, 3], "low-first")]).toEqual([0x21, 0x03]);
  expect([...packNibbles([1, 2, 3], "high-first", 7)]).toEqual([0x12, 0x37]);
  for (const order of ["low-first", "high-first"] as const)
    expect([...unpackNibbles(packNibbles([5, 15, 0, 8, 9], order), order, 5)]).toEqual([5, 15, 0, 8, 9]);
  expect(() => packNibbles([16], "low-first")).toThrow("does not fit 4 bits");
  expect(() => unpackNibbles(Uint8Array.of(1), "low-first", 3)).toThrow("not 3");
});

test("labels and wrong options", () => {
  expect(everyStep.map((step) => quantizerLabel(step))).toEqual([
    "nf4 g64",
    "nf4 g32 double",
    "fp4 g64",
    "fp8 E4M3 per tensor",
    "fp8 E4M3 per channel",
    "fp8 E4M3 2×3",
    "fp8 E5M2 g5",
    "mxfp4",
    "mxfp8",
    "nvfp4",
    "int 4-bit g128",
    "int 3-bit asymmetric g4",
    "int 8-bit asymmetric per tensor",
  ]);
  expect(() => fp8({ format: "E4M4" as never })).toThrow('did you mean "E4M3"?');
  expect(() => fp8({ per: "tensor", block: [2, 2] })).toThrow('block goes with per: "block"');
  expect(() => fp8({ block: [0, 2] })).toThrow("block[0] is 0");
  expect(() => int({ bits: 1 })).toThrow("bits is 1");
  expect(() => int({ bits: 4, per: "channel", group: 8 })).toThrow("needs per");
  expect(() => mxfp4({ group: 32 } as never)).toThrow('unknown option "group"');
});
