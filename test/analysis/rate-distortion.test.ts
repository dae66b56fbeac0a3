import { Random } from "../../kernel/bytes/random";
import { rans } from "../../kernel/encode/rans";
import { linear } from "../../kernel/quantize/linear";
import { nf4 } from "../../kernel/quantize/nf4";
import { rateDistortion, rateDistortionToText } from "../../kernel/analysis/rate-distortion";
import { fromArrays } from "../../kernel/tensor/memory";

const random = new Random(9);
const at = (curve: readonly { bits: number; sqnrDb: number | null }[], bits: number) =>
  curve.find((point) => point.bits === bits)?.sqnrDb ?? NaN;

test("a normal source: both bounds are 6.02 dB a bit; entropy-coded linear stays 1.53 dB below", async () => {
  const schemes = { coded: (bits: number) => [linear({ targetBits: bits }), rans()], nf4: nf4() };
  const curve = await rateDistortion(random.normals(300_000, 0.02), { schemes, bits: [3, 5] });
  for (const bits of [0, 1, 3, 6]) {
    expect(at(curve.gaussian, bits)).toBeCloseTo(20 * Math.log10(2) * bits, 1);
    expect(at(curve.shannon, bits)).toBeCloseTo(20 * Math.log10(2) * bits, 0);
  }
  expect(curve.points.map((point) => point.scheme)).toEqual(["coded", "coded", "nf4"]);
  expect(curve.points[1].belowGaussianDb ?? NaN).toBeCloseTo(1.53, 1);
  for (const point of curve.points) expect(point.belowGaussianDb ?? NaN).toBeGreaterThan(1.4);
  expect(rateDistortionToText(curve).split("\n")).toHaveLength(4);
  expect(JSON.parse(JSON.stringify(curve))).toEqual(curve);
});

test("two layers: water-filling by hand; a uniform source lies below the normal of its variance", async () => {
  const model = fromArrays({
    "a.weight": { shape: [100, 500], values: random.normals(50_000, 1) },
    "b.weight": { shape: [100, 500], values: random.normals(50_000, 0.25) },
  });
  const curve = await rateDistortion(model, { schemes: { nf4: nf4() } });
  // R = 1: D solves (log2(1/√D) + log2(0.25/√D))/2 = 1: √D = 1/4·1/2 = 0.25; SQNR = (1 + 1/16)/2 / D
  const D = 2 ** -4;
  expect(at(curve.gaussian, 1)).toBeCloseTo(10 * Math.log10((1 + 1 / 16) / 2 / D), 0);
  const flat = await rateDistortion(
    Float32Array.from({ length: 200_000 }, () => random.uniform() - 0.5),
    {
      schemes: { nf4: nf4() },
    },
  );
  // h = 0 bits: D = 2^(−2R)/(2πe), σ² = 1/12
  expect(at(flat.shannon, 4)).toBeCloseTo(10 * Math.log10((2 * Math.PI * Math.E) / 12) + at(flat.gaussian, 4), 1);
});

test("no schemes, an unknown option", async () => {
  await expect(rateDistortion([1, 2], { schemes: {} })).rejects.toThrow("there are no schemes");
  await expect(rateDistortion([1, 2], { scheme: {} } as never)).rejects.toThrow('did you mean "schemes"?');
});
