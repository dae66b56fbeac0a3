import { memorySource } from "../../../kernel/bytes/source";
import { WireReader } from "../../../kernel/formats/onnx/wire";
import type { Field } from "../../../kernel/formats/onnx/wire";

const readerOf = (bytes: readonly number[]): WireReader =>
  new WireReader(memorySource(Uint8Array.from(bytes), "m"), undefined);
const fieldsOf = async (bytes: readonly number[]): Promise<Field[]> => {
  const reader = readerOf(bytes);
  const fields: Field[] = [];
  for await (const field of reader.fields(reader.whole)) fields.push(field);
  return fields;
};

it("tells fields by number, type and place, worked by hand", async () => {
  // 1: 300; 2: "ab"; 3: four bytes; 4: eight bytes; 16: 2^64 − 1.
  const bytes = [0x08, 0xac, 0x02, 0x12, 2, 0x61, 0x62, 0x1d, 1, 2, 3, 4, 0x21, 0, 0, 0, 0, 0, 0, 0, 0];
  const last = [0x80, 0x01, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1];
  expect(
    (await fieldsOf([...bytes, ...last])).map(({ number, type, start, end, value }) => [
      number,
      type,
      start,
      end,
      value,
    ]),
  ).toEqual([
    [1, 0, 1, 3, 300n],
    [2, 2, 5, 7, 0n],
    [3, 5, 8, 12, 0n],
    [4, 1, 13, 21, 0n],
    [16, 0, 23, 33, 2n ** 64n - 1n],
  ]);
  const reader = readerOf(bytes);
  expect(await reader.text({ start: 5, end: 7 }, "a name", 2)).toBe("ab");
  await expect(reader.text({ start: 5, end: 7 }, "a name", 1)).rejects.toThrow(
    "m, byte 5: a name has 2 bytes; expected at most 1",
  );
  expect(await reader.varints({ start: 1, end: 3 }, "numbers", 1)).toEqual([300n]);
});

it.each([
  ["a length past the end", [0x12, 3, 1], 0, "a field has 3 bytes"],
  ["a number without an end", [0x08, 0x80], 1, "a number has no end"],
  ["a number of eleven bytes", [0x08, ...new Array<number>(11).fill(0x80)], 1, "more than 10 bytes"],
  ["a group, which nobody writes", [0x0b], 0, "the type 3"],
  ["the number 0", [0x00, 1], 0, "the number 0"],
  ["eight bytes that are four", [0x09, 1, 2, 3, 4], 0, "a field has 8 bytes"],
])("refuses %s", async (_, bytes, offset, says) => {
  await expect(fieldsOf(bytes)).rejects.toMatchObject({
    code: "FORMAT",
    offset,
    message: expect.stringContaining(says),
  });
});

it("passes over what a field holds without reading it", async () => {
  const size = 1 << 20;
  const bytes = Uint8Array.from([0x12, 0x80, 0x80, 0x40, ...new Uint8Array(size), 0x08, 7]);
  const source = memorySource(bytes, "m");
  const reader = new WireReader(source, undefined);
  const values: bigint[] = [];
  for await (const field of reader.fields(reader.whole)) values.push(field.value);
  expect(values).toEqual([0n, 7n]);
  expect(source.bytesRead).toBeLessThan(2048);
});
