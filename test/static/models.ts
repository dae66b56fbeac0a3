import { fromArrays } from "../../kernel/tensor/memory";
import { hostileNames } from "../fixtures/report/reports";

/** An array of this shape whose i-th value is `value(i)`. */
export const array = (shape: number[], value: (i: number) => number) => ({
  shape,
  values: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => value(i)),
});

/** Four tensors in two blocks, one of them with a name that is markup and with values that are no numbers. */
export const toy = () =>
  fromArrays(
    {
      "h.0.attn.c_attn.weight": array([4, 12], (i) => i - 24),
      "h.0.attn.c_attn.bias": array([12], () => 0),
      "wte.weight": array([5, 4], () => 1),
      [hostileNames[0]]: array([3, 7], (i) => [NaN, Infinity, 1][i % 3]),
    },
    { name: "toy" },
  );
