import { bytesOfFloats, wholeSource, type FloatSource } from "../../kernel/layer/float-source";

test("the bytes of pieces are those of the whole, wherever a part begins and ends", () => {
  const values = Float32Array.from({ length: 23 }, (_, i) => i / 7);
  const starts = [0, 5, 6, 15, 23];
  let made = 0;
  const inPieces: FloatSource = {
    length: 23,
    pieces: 4,
    startOf: (at) => starts[at],
    piece(at) {
      made++;
      return values.subarray(starts[at], starts[at + 1]);
    },
  };
  const [whole, pieces] = [wholeSource(values), inPieces].map(bytesOfFloats);
  expect(pieces.length).toBe(92);
  for (let from = 0; from < 92; from++)
    for (const to of [from + 1, from + 9, from + 50, 92])
      if (to <= 92) expect([...pieces.part(from, to)]).toEqual([...whole.part(from, to)]);
  made = 0;
  for (let from = 0; from < 20; from += 4) pieces.part(from, from + 4);
  // A piece serves all parts of it.
  expect(made).toBe(1);
});
