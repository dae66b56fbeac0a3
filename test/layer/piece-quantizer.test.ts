import { hqq, linear, type Step } from "../../kernel";
import { pieceQuantizer } from "../../kernel/layer/piece-quantizer";
import { loops } from "../../kernel/loops/loops";
import { quantizerOf } from "../../kernel/quantize";

const shape = [6, 40];

it.each<[string, Step, number]>([
  ["a method of rows", linear({ bits: 4, group: 16 }), 1],
  ["a method that reads all pieces before", hqq({ bits: 3, group: 20 }), 1],
  [
    "the same with tiny weights, which are brought near 1 together",
    hqq({ bits: 4, group: 20, scaleDtype: "F32" }),
    1e-7,
  ],
])("pieces of %s are those of the whole", (_, step, size) => {
  const weights = Float32Array.from({ length: 240 }, (_, i) => size * (Math.sin(7 * i) + Math.cos(1.7 * i * i)));
  const read: [number, number][] = [];
  const reader = {
    again: (start: number, end: number) => {
      read.push([start, end]);
      return weights.subarray(start, end);
    },
  };
  loops.memory.during(1 << 16, () => {
    const quantizePiece = pieceQuantizer(reader, { shape, name: "a" }, { step, rows: 4 });
    const parts = [quantizePiece(weights.subarray(0, 160), 4, 0), quantizePiece(weights.subarray(160), 2, 4)];
    const whole = quantizerOf(step).quantize(weights, shape, step, "a");
    expect(parts.flatMap(({ codes }) => [...codes])).toEqual([...whole.codes]);
    for (const [at, { data }] of whole.tables.entries())
      expect(parts.flatMap(({ tables }) => [...tables[at].data])).toEqual([...data]);
  });
  // Passes come in order, from the first piece to the last.
  read.forEach((piece, at) => expect(piece).toEqual(at % 2 === 0 ? [0, 160] : [160, 240]));
});
