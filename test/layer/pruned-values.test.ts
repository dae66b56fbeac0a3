import { KeptBits } from "../../kernel/layer/kept-bits";
import { prunedValues, readAnew } from "../../kernel/layer/pruned-values";

test("w′ of all weights, and of those that stay, in pieces", () => {
  const values = Float32Array.from({ length: 300 }, (_, i) => i + 1);
  const mask = Uint8Array.from({ length: 300 }, (_, i) => Number(i % 3 === 0));
  const kept = new KeptBits(300);
  kept.set(0, mask);
  const read = readAnew({ input: { values }, dtype: "F32", shape: [20, 15] });
  const all = prunedValues(read, kept, false, 128);
  const left = prunedValues(read, kept, true, 128);
  const join = ({ pieces, piece }: typeof all) => Array.from({ length: pieces }, (_, at) => [...piece(at)]).flat();
  expect(join(all)).toEqual([...values].map((value, i) => (mask[i] ? value : 0)));
  expect(join(left)).toEqual([...values].filter((_, i) => mask[i] === 1));
  expect([all.length, left.length, all.pieces]).toEqual([300, 100, 3]);
  expect([0, 1, 2, 3].map((at) => left.startOf(at))).toEqual([0, 43, 86, 100]);
});
