import { chooseModelFile, isUsualName, partNames, severalFiles } from "../../kernel/formats/choose";

describe("the model among a folder's files", () => {
  test("has a usual name, the first of them", () => {
    expect(chooseModelFile(["pytorch_model.bin", "model.safetensors", "a.gguf"], "f")).toBe("model.safetensors");
    expect(chooseModelFile(["model.json", "pytorch_model.bin"], "f")).toBe("pytorch_model.bin");
  });

  test("is the one of a known format", () => {
    expect(chooseModelFile(["README.md", "tiny.gguf"], "f")).toBe("tiny.gguf");
    expect(chooseModelFile(["x.safetensors", "y.gguf", "z.gguf"], "f")).toBe("x.safetensors");
  });

  test("is the first part of a split GGUF", () => {
    expect(chooseModelFile(["m-00002-of-00002.gguf", "m-00001-of-00002.gguf"], "f")).toBe("m-00001-of-00002.gguf");
  });

  test("is none where there is none, and a question where there are several", () => {
    expect(chooseModelFile(["README.md"], "f")).toBeUndefined();
    expect(() => chooseModelFile(["b.gguf", "a.gguf"], "f")).toThrow(
      "open(): f holds 2 .gguf files; name one of a.gguf, b.gguf",
    );
  });
});

test("long lists are cut", () => {
  const names = Array.from({ length: 45 }, (_, i) => `n${i}`);
  expect(severalFiles("f", names).message).toMatch(/n39 and 5 more$/);
  expect(severalFiles("f", names).message).toContain("45 model files");
});

test("two names are taken whatever else there is", () => {
  expect(["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin"].map(isUsualName)).toEqual([
    true,
    true,
    false,
  ]);
});

test("the parts of a split file are named from any one of them", () => {
  expect(partNames("a-00002-of-00003.gguf")).toEqual({
    at: 1,
    names: ["a-00001-of-00003.gguf", "a-00002-of-00003.gguf", "a-00003-of-00003.gguf"],
  });
  for (const name of ["a.gguf", "a-2-of-3.gguf", "a-00001-of-00002.safetensors"])
    expect(partNames(name)).toBeUndefined();
});
