import { memorySource } from "../../kernel/bytes/source";
import { formats } from "../../kernel/catalog/formats";
import { claimsOf, openRecognized } from "../../kernel/catalog/recognize";

const openBytes = (text: string, name: string) =>
  openRecognized(memorySource(new Uint8Array(Buffer.from(text, "latin1")), name), name, {
    signal: undefined,
    siblings: () => Promise.reject(new Error("there are no other files")),
  });

it.each([
  ["\x80\x04}q.", "a Python pickle"],
  ["version https://git-lfs.github.com/spec/v1", "a Git LFS pointer, not the model"],
  ["  <!DOCTYPE html>", "a web page or XML"],
  ["lmgg\x03\0\0\0", "a file of an ancestor of GGUF"],
])("%j is %s, whatever it is called", async (text, what) => {
  expect(claimsOf(Buffer.from(text, "latin1"))).toEqual([]);
  for (const name of ["m.gguf", "m.safetensors", "m.json", "m"])
    await expect(openBytes(text, name)).rejects.toThrow(`${name}, byte 0: this is ${what}`);
});

it("bytes of no format are read by the ending, so that the reader says what is wrong", async () => {
  await expect(openBytes("hello, world", "m.gguf")).rejects.toThrow(/m\.gguf, byte 0: .*GGUF/);
  await expect(openBytes("hello, world", "m.safetensors")).rejects.toThrow(/m\.safetensors, byte/);
  await expect(openBytes("hello, world", "m.json")).rejects.toThrow(
    'm.json, byte 0: the index begins with "hello,"; expected an object, {',
  );
});

it("bytes and endings of no format are named, with what is read", async () => {
  const error = await openBytes("hello, world", "m.npz").catch((reason: Error) => reason);
  expect(error).toMatchObject({ code: "FORMAT" });
  const message = (error as Error).message;
  expect(message).toContain(
    "m.npz, byte 0: the format of this file is not known (it begins with 68 65 6c 6c 6f 2c 20 77)",
  );
  for (const { title = "" } of formats) expect(message).toContain(title);
  expect(message).toMatch(/expected safetensors, its index\.json, GGUF, .* or HDF5 file$/);
  await expect(openBytes("", "m")).rejects.toThrow("(it is empty)");
});

it("a zip archive of something else is none of the formats in zip archives", async () => {
  const empty = `PK\x05\x06${"\0".repeat(18)}`;
  await expect(openBytes(empty, "m.npz")).rejects.toThrow(
    "this is a zip archive of something else; expected a model of PyTorch, or NumPy arrays",
  );
});
