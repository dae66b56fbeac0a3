import { decodeRow } from "../../kernel/stored-codes/decode-row";

test("each column has the scale and the zero point of its group, in whatever order groups stand", () => {
  const values = new Float32Array(7).fill(-1);
  const scales = Float32Array.of(0, 10, 0, 100);
  const zeros = [0, 1, 0, 2];
  decodeRow(Uint8Array.of(5, 6, 7, 8, 9), values, 1, {
    ...{ groupOf: Uint32Array.of(0, 0, 1, 0, 1), base: 1, step: 2, scales, zeros, offset: 3 },
  });
  expect([...values]).toEqual([-1, 10, 20, 200, 40, 400, -1]);
  decodeRow(Uint8Array.of(5), values, 0, {
    groupOf: Uint32Array.of(1),
    base: 1,
    step: 2,
    scales,
    zeros: undefined,
    offset: 0,
  });
  expect(values[0]).toBe(500);
});
