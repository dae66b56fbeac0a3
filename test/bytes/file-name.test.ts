import { join } from "node:path";
import { beside, fileName } from "../../kernel/bytes/file-name";

test("fileName is the last part of a path", () => {
  expect(fileName(join("a", "b.gguf"))).toBe("b.gguf");
  expect(fileName("b.gguf")).toBe("b.gguf");
});

test("a plain name lies in the folder of the path", () => {
  expect(beside(join("a", "index.json"), "model-1.safetensors")).toBe(join("a", "model-1.safetensors"));
  expect(beside(join("a", "index.json"), "..model")).toBe(join("a", "..model"));
});

test.each(["", ".", "..", "../secret", "/etc/passwd", "b/c", "b\\c", "a\0b", "a\nb", "a\x1fb"])(
  "%j is no plain name",
  (name) => {
    expect(beside(join("a", "index.json"), name)).toBeUndefined();
  },
);
