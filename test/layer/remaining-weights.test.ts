import { remainingWeights } from "../../kernel/layer/remaining-weights";
import { keepMap, type AxisMap } from "../../kernel/prune/channels/axis-map";

const job = (more: object) => ({
  name: "fc",
  savedName: "fc",
  shape: [2, 2],
  dtype: "F32",
  steps: [],
  input: { values: Float32Array.of(1, 2, 3, 4) },
  threshold: undefined,
  ...more,
});
const surgery = (maps: AxisMap[], isDropped = false) => ({ maps, steps: [], isDropped });
const merged: AxisMap = {
  kind: "average",
  axis: 0,
  size: 2,
  members: Int32Array.of(0, 1),
  clusters: { starts: Int32Array.of(0, 2), members: Int32Array.of(0, 1), scale: Float64Array.of(1, 1) },
};

describe("where the steps of a layer begin", () => {
  test("is the layer itself where nothing was taken out", () => {
    const start = remainingWeights(job({}));
    expect(start.values).toBe(start.original);
    expect([start.cutShare, start.shape]).toEqual([0, [2, 2]]);
    expect(start.expand(start.values)).toBe(start.values);
  });

  test("is what is left of a cut, and goes back to the old shape with zeros", () => {
    const start = remainingWeights(job({ surgery: surgery([keepMap(1, 2, Int32Array.of(1))]) }));
    expect([Array.from(start.values), start.shape, start.cutShare]).toEqual([[2, 4], [2, 1], 0.5]);
    expect(Array.from(start.expand(Float32Array.of(7, 8)))).toEqual([0, 7, 0, 8]);
  });

  test("is nothing of a tensor that is gone", () => {
    const start = remainingWeights(job({ surgery: surgery([], true) }));
    expect([start.values.length, start.shape, start.cutShare]).toEqual([0, [0, 2], 1]);
    expect(Array.from(start.expand(start.values))).toEqual([0, 0, 0, 0]);
  });

  test("counts no share cut where neurons were merged", () => {
    const start = remainingWeights(job({ surgery: surgery([merged]) }));
    expect([Array.from(start.values), start.shape, start.cutShare]).toEqual([[2, 3], [1, 2], 0]);
    expect(Array.from(start.expand(Float32Array.of(2, 3)))).toEqual([2, 3, 2, 3]);
  });

  test("rounds merged weights to the tensor's own 16-bit type, and cuts nothing", () => {
    const values = Float32Array.of(1, 1, 1 + 2 ** -10, 1 + 2 ** -7);
    const half = remainingWeights(job({ dtype: "F16", input: { values }, surgery: surgery([merged]) }));
    expect(Array.from(half.values)).toEqual([1, 1 + 2 ** -8]);
    const brain = remainingWeights(
      job({ dtype: "BF16", input: { values: values.slice() }, surgery: surgery([merged]) }),
    );
    expect(Array.from(brain.values)).toEqual([1, 1]);
    const cut = remainingWeights(
      job({
        dtype: "F16",
        input: { values: Float32Array.of(0.1, 0.2, 0.3, 0.4) },
        surgery: surgery([keepMap(0, 2, Int32Array.of(0))]),
      }),
    );
    expect(Array.from(cut.values)).toEqual([Math.fround(0.1), Math.fround(0.2)]);
  });

  test("cuts bytes as bytes", () => {
    const bytes = Uint8Array.from({ length: 8 }, (_, i) => i);
    const start = remainingWeights(
      job({ dtype: "F16", input: { bytes }, surgery: surgery([keepMap(0, 2, Int32Array.of(1))]) }),
    );
    expect(start.input).toEqual({ bytes: Uint8Array.of(4, 5, 6, 7) });
  });
});
