import { hqq } from "../../kernel/quantize/hqq";
import { linear } from "../../kernel/quantize/linear";
import { quantize } from "../../kernel/quantize/quantize";
import { generateWeights } from "./generator";

test("codes lie on the grid of their bits, and constant groups come back", () => {
  const { codes } = quantize(generateWeights(256, 3), hqq({ bits: 2, group: 64 }), { shape: [2, 128] });
  expect([Math.min(...codes), Math.max(...codes)]).toEqual([0, 3]);
  const zeros = quantize(new Float32Array(64), hqq({ bits: 4, group: 64 }), { shape: [1, 64] });
  expect(zeros.values.every((value) => value === 0)).toBe(true);
});

test("an outlier disturbs the others less than min–max does", () => {
  const weights = generateWeights(256, 5);
  weights[9] = 20 * Math.max(...weights);
  const errorOf = (step: ReturnType<typeof hqq> | ReturnType<typeof linear>) => {
    const { values } = quantize(weights, step, { shape: [1, 256] });
    return weights.reduce((sum, w, i) => sum + Math.abs(w - values[i]) ** 0.7, 0);
  };
  expect(errorOf(hqq({ bits: 3, group: 64 }))).toBeLessThanOrEqual(
    errorOf(linear({ bits: 3, group: 64, symmetric: false })),
  );
});
