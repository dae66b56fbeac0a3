import {
  chooseModelFile,
  impliedEndings,
  isCalledAfterRepository,
  isFirstChoice,
  isModelPath,
  nameAtAddress,
  nameInFolder,
  partsByName,
  partsInJson,
} from "../../kernel/catalog/names";

it("endings that may be left out", () => {
  expect(impliedEndings).toEqual([".safetensors", ".gguf", ".codebook", ".keras", ".h5"]);
});

it.each([
  [["model.safetensors", "a.gguf", "b.gguf"], "model.safetensors"],
  [["pytorch_model.bin", "model.safetensors.index.json"], "model.safetensors.index.json"],
  [["pytorch_model.bin.index.json", "pytorch_model.bin"], "pytorch_model.bin"],
  [["pytorch_model.bin.index.json", "model.json", "a.gguf"], "pytorch_model.bin.index.json"],
  [["model.json", "config.json", "a.npz"], "model.json"],
  [["x.safetensors", "x.safetensors.index.json", "a.gguf"], "x.safetensors.index.json"],
  [["x.safetensors", "a.gguf"], "x.safetensors"],
  [["a.pt", "a.codebook", "a.npz"], "a.codebook"],
  [["a.npz", "a.pth"], "a.pth"],
  [["m-00002-of-00002.gguf", "m-00001-of-00002.gguf"], "m-00001-of-00002.gguf"],
  [["config.json", "tokenizer.json", "weights.bin", "a.npy"], undefined],
])("of %j a folder's model is %s", (names, chosen) => {
  expect(chooseModelFile(names, "folder")).toBe(chosen);
});

it("several of one kind are listed, forty at most", () => {
  expect(() => chooseModelFile(["b.gguf", "a.gguf"], "folder")).toThrow(
    "open(): folder holds 2 .gguf files; name one of a.gguf, b.gguf",
  );
  const many = Array.from({ length: 42 }, (_, i) => `${i}.npz`);
  expect(() => chooseModelFile(many, "folder")).toThrow(/holds 42 \.npz files; .* and 2 more$/);
});

it.each([
  ["a.safetensors", "a", "a"],
  ["a.safetensors.index.json", "a", "a"],
  ["a.gguf", "a", "a"],
  ["a.codebook", "a.codebook", "a"],
  ["a.npz", "a.npz", "a"],
  ["a.pth", "a.pth", "a"],
  ["a.bin", "a.bin", "a"],
  ["a.npy", "a.npy", "a.npy"],
  ["a.json", "a.json", "a.json"],
])("a model in %s is called %s in a folder and %s at an address", (file, inFolder, atAddress) => {
  expect([nameInFolder(file), nameAtAddress(file)]).toEqual([inFolder, atAddress]);
});

it("the Hub's models are called after their repository where the file does not tell", () => {
  for (const file of ["model.safetensors", "model-00001-of-00002.safetensors", "pytorch_model.bin", "model.json"])
    expect([file, isCalledAfterRepository(file)]).toEqual([file, true]);
  for (const file of ["model-Q4_K_M.gguf", "models.safetensors", "a.npz"])
    expect([file, isCalledAfterRepository(file)]).toEqual([file, false]);
  expect(["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin"].map(isFirstChoice)).toEqual([
    true,
    true,
    false,
  ]);
  expect(nameAtAddress("a.json", [".json"])).toBe("a");
});

it.each([
  ["a/b.safetensors", true],
  ["a/pytorch_model.bin", true],
  ["a/model.json", true],
  ["a/b.pt", true],
  ["a/model.safetensors.index.json", false],
  ["a/weights.bin", false],
  ["a/config.json", false],
  ["a/b.npy", false],
])("%s can be opened: %s", (path, isModel) => {
  expect(isModelPath(path)).toBe(isModel);
});

it("parts by name, and parts that JSON names, whatever it holds", () => {
  expect(partsByName("m-00002-of-00003.gguf")).toEqual([1, 2, 3].map((at) => `m-0000${at}-of-00003.gguf`));
  expect(partsByName("m.gguf")).toBeUndefined();
  expect(partsInJson({ weight_map: { w: "a", b: 7, c: "a" } })).toEqual(["a", "a"]);
  expect(partsInJson({ weightsManifest: [{ paths: ["x", "y"] }, null, { paths: "z" }] })).toEqual(["x", "y", "z"]);
  for (const odd of [null, 7, "text", [], { weight_map: null, weightsManifest: {} }])
    expect(partsInJson(odd)).toEqual([]);
});
