import { inspect } from "node:util";
import { memorySource } from "../../kernel/bytes/source";
import { UnsupportedError } from "../../kernel/errors";
import { FileTensor } from "../../kernel/formats/file-tensor";

const source = memorySource(Uint8Array.of(9, 9, 0x00, 0x3c, 0x00, 0xc0, 9), "f");

test("a tensor reads its own range, values and bytes", async () => {
  const tensor = new FileTensor(source, "w", [2, 1], "F16", 2, 4);
  expect(tensor.parameters).toBe(2);
  expect(Array.from(await tensor.read())).toEqual([1, -2]);
  expect(Array.from(await tensor.readBytes())).toEqual([0x00, 0x3c, 0x00, 0xc0]);
  expect(inspect(tensor)).toBe("Tensor w: F16 [2, 1], 4 bytes");
});

test("values of a type that is not decoded are refused, its bytes are not", async () => {
  const tensor = new FileTensor(source, "w", [1], "C64", 2, 4);
  await expect(tensor.read()).rejects.toThrow(UnsupportedError);
  await expect(tensor.read()).rejects.toThrow("readBytes() gives the 4 bytes as stored");
  expect((await tensor.readBytes()).length).toBe(4);
});
