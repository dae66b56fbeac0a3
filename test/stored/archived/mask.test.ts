/** Masks in the fewest bits: every form comes back, and takes no more than the report counts for it. */
import { Random } from "../../../kernel/bytes/random";
import { packMask } from "../../../kernel/stored/packed-codes";
import { readMask, writeMask } from "../../../kernel/stored/archived/mask";
import { PartReader, PartWriter } from "../../../kernel/stored/archived/parts";

const random = new Random(11);
const shape = [40, 41];
const keepOf = (kept: (row: number, column: number) => boolean | number): Uint8Array =>
  Uint8Array.from({ length: 40 * 41 }, (_, i) => Number(kept(Math.floor(i / 41), i % 41)));

const cases: [name: string, keep: Uint8Array, form: string, mostBytes: number][] = [
  ["noise", keepOf(() => random.below(2)), "bits", 205],
  ["a few", keepOf((row, column) => row === column && row < 9), "columns", 64],
  ["rows", keepOf((row) => row % 3 === 0), "cells", 5],
  ["blocks", keepOf((row, column) => ((row >> 3) + (column >> 2)) % 2), "cells", 8],
  ["1 of 8", keepOf((row, column) => column % 8 === (column < 40 ? (row * 5 + (column >> 3)) % 8 : 0)), "places", 90],
  ["all", keepOf(() => true), "cells", 1],
  ["none", keepOf(() => false), "cells", 1],
];

test.each(cases)("%s", (_, keep, form, mostBytes) => {
  const bits = packMask(keep);
  const writer = new PartWriter();
  const entry = writeMask(writer, bits, shape);
  expect(entry.form).toBe(form);
  expect(entry.part.bytes).toBeLessThanOrEqual(mostBytes);
  const reader = new PartReader(writer.finish(), "m: w");
  expect(readMask(reader, entry, shape)).toEqual(bits);
  reader.end();
});

test.each([
  [{ form: "places", n: 9, m: 8, part: { bytes: 0 } }, /the n of a mask is 9/],
  [{ form: "places", n: 1, m: 0, part: { bytes: 0 } }, /the m of a mask is 0/],
  [{ form: "cells", height: 1e9, width: 1, part: { bytes: 0 } }, /the height of a mask/],
  [{ form: "columns", kept: 2 ** 40, part: { bytes: 0 } }, /the kept of a mask/],
  [{ form: "else", part: { bytes: 0 } }, /a mask has the form "else"/],
  [undefined, /a mask has the form none/],
])("refused: %j", (entry, says) => {
  expect(() => readMask(new PartReader(new Uint8Array(0), "m: w"), entry, shape)).toThrow(says);
});
