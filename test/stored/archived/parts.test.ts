import { encode, rans } from "../../../kernel";
import { PartReader, PartWriter } from "../../../kernel/stored/archived/parts";

const constant = new Uint8Array(500).fill(7);
const short = Uint8Array.of(1, 2, 3);

test("a part is coded where that is less, and comes back", () => {
  const writer = new PartWriter();
  const entries = [
    writer.add(constant, [rans()]),
    writer.add(short, [rans()]),
    writer.add(new Uint8Array(0), [rans()]),
  ];
  expect(entries[0].coded).toBe(true);
  expect(entries.slice(1)).toEqual([{ bytes: 3 }, { bytes: 0 }]);
  const bytes = writer.finish();
  expect(bytes.length).toBe(entries[0].bytes + 3);
  const reader = new PartReader(bytes, "m: w");
  expect(reader.take(entries[0], 500)).toEqual(constant);
  expect(reader.take(entries[1], 3)).toEqual(short);
  expect(reader.take(entries[2], 0)).toEqual(new Uint8Array(0));
  reader.end();
});

test("entries that lie are refused before anything is made", () => {
  const coded = encode(constant, rans()).bytes;
  const reader = () => new PartReader(coded, "m: w");
  const entry = { bytes: coded.length, coded: true };
  expect(() => reader().take(entry, 499)).toThrow(/m: w, byte/);
  expect(() => reader().take(entry, 501)).toThrow(/decodes to 500 entries; expected 501 bytes/);
  expect(() => reader().take({ bytes: coded.length + 1 }, 1)).toThrow(/at most the \d+ that are left/);
  expect(() => reader().take({ bytes: -1 }, 1)).toThrow(/takes -1 bytes/);
  expect(() => reader().take(undefined, 1)).toThrow(/takes undefined bytes/);
  expect(() => reader().take({ bytes: 2 }, 3)).toThrow(/a part has 2 bytes; expected 3/);
  expect(() => reader().end()).toThrow(/bytes are left over/);
});
