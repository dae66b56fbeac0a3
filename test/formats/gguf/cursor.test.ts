import { memorySource } from "../../../kernel/bytes/source";
import { FormatError } from "../../../kernel/errors";
import { GgufCursor } from "../../../kernel/formats/gguf/cursor";
import { fields } from "../files";

const over = (bytes: Uint8Array) => {
  const source = memorySource(bytes, "m.gguf");
  return { source, cursor: new GgufCursor(source, undefined) };
};
const failure = (call: Promise<unknown>): Promise<FormatError> =>
  call.then(
    () => Promise.reject(new Error("nothing is wrong")),
    (error: unknown) => error as FormatError,
  );

test("numbers and texts, little-endian, one behind the other", async () => {
  const { cursor } = over(fields(["u32", 0x01020304], ["string", "höh"], ["u64", 2 ** 40]));
  expect(await cursor.uint32("a number")).toBe(0x01020304);
  expect(await cursor.string("a name", 10)).toBe("höh");
  expect([cursor.offset, cursor.left]).toEqual([16, 8]);
  await cursor.need(8, "the last");
  expect(cursor.takeUint64()).toBe(2n ** 40n);
  expect([cursor.left, cursor.holds(1)]).toEqual([0, false]);
});

test("bytes past the window are fetched, and those that are there are not fetched again", async () => {
  const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => i % 251);
  const { source, cursor } = over(bytes);
  await cursor.need(10, "ten");
  expect(source.bytesRead).toBe(65_536);
  const first = cursor.take(65_530);
  await cursor.need(100, "more");
  expect([...cursor.take(100)]).toEqual([...bytes.subarray(65_530, 65_630)]);
  expect(source.bytesRead).toBe(70_000);
  expect(first[65_529]).toBe(65_529 % 251);
});

test("a file that ends too early is told by the byte and by what was missing", async () => {
  const { cursor } = over(fields(["u32", 1], ["u8", 2]));
  await cursor.uint32("a number");
  const error = await failure(cursor.uint32("the count"));
  expect(error).toBeInstanceOf(FormatError);
  expect(error).toMatchObject({ file: "m.gguf", offset: 4 });
  expect(error.message).toContain("the file ends within the count: 1 of 4 bytes are there");
});

test("a count is at most its limit, and what the bytes that are left can hold", async () => {
  const bytes = fields(["u64", 3], ["bytes", "123456"]);
  expect(await over(bytes).cursor.count("the tensors", 2, 3)).toBe(3);
  expect((await failure(over(bytes).cursor.count("the tensors", 2, 2))).message).toContain("the tensors is 3");
  const error = await failure(over(bytes).cursor.count("the tensors", 3, 100));
  expect(error.message).toContain("no more than the 6 bytes that are left");
  expect(error.offset).toBe(0);
});

test("text that is no UTF-8 is told by its byte", async () => {
  const { cursor } = over(fields(["u64", 3], ["bytes", Uint8Array.of(0x61, 0xff, 0x62)]));
  const error = await failure(cursor.string("a key", 10));
  expect([error.offset, error.message.includes("a key is not UTF-8")]).toEqual([9, true]);
});
