import { partNames } from "../../../kernel/formats/gguf/parts";

test("a part tells all names, and which of them it is", () => {
  expect(partNames("m-00002-of-00003.gguf")).toEqual({
    at: 1,
    names: ["m-00001-of-00003.gguf", "m-00002-of-00003.gguf", "m-00003-of-00003.gguf"],
  });
  expect(partNames("a-00001-of-00002-00001-of-00001.gguf")?.names).toEqual(["a-00001-of-00002-00001-of-00001.gguf"]);
  expect(partNames("m-00012-of-00012.gguf")?.names[9]).toBe("m-00010-of-00012.gguf");
});

test("other names are no parts", () => {
  for (const name of ["m.gguf", "m-1-of-2.gguf", "m-00001-of-00002.safetensors", "m-00001-of-00002.gguf.gz"])
    expect(partNames(name)).toBeUndefined();
});
