import { inspect } from "node:util";
import { OptionError } from "../../kernel/errors";
import type { Tensor } from "../../kernel/tensor/tensor";
import { TensorSet } from "../../kernel/tensor/tensor-set";

const tensor = (name: string, parameters: number): Tensor => ({
  name,
  shape: [parameters],
  dtype: "F16",
  parameters,
  sizeBytes: 2 * parameters,
  read: async () => new Float32Array(parameters),
  readBytes: async () => new Uint8Array(2 * parameters),
});
const set = (names: string[], more = {}) =>
  new TensorSet({
    name: "m",
    format: "test",
    tensors: names.map((name, i) => tensor(name, i + 1)),
    sha256: async () => "hash",
    ...more,
  });

describe("a model of tensors", () => {
  test("counts over them, and keeps their order", () => {
    const model = set(["b", "a", "c"]);
    expect([model.parameters, model.sizeBytes, model.tensors.map(({ name }) => name)]).toEqual([
      6,
      12,
      ["b", "a", "c"],
    ]);
    expect(inspect(model)).toBe("Model m (test): 3 tensors, 6 parameters, 12 bytes");
    expect(inspect(set(["a"]))).toContain("1 tensor,");
  });

  test("has what it was given of config, metadata and folder, and its hash", async () => {
    const model = set(["a"], { config: { b: 1 }, metadata: { c: 2 }, folder: "/d" });
    expect(model).toMatchObject({ config: { b: 1 }, metadata: { c: 2 }, folder: "/d" });
    expect(set(["a"]).config).toBeUndefined();
    expect(await model.sha256()).toBe("hash");
  });

  test("finds tensors by name, also one called as a property of every object", () => {
    const model = set(["constructor", "a"]);
    expect(model.tensor("constructor").parameters).toBe(1);
    expect(() => model.tensor("toString")).toThrow(OptionError);
  });

  test("says which name was meant", () => {
    const model = set(["encoder.layer.0.query.weight", "head.weight"]);
    expect(() => model.tensor("query.weight")).toThrow(
      'm has no tensor "query.weight"; did you mean "encoder.layer.0.query.weight"?',
    );
    expect(() => model.tensor("head.wieght")).toThrow('did you mean "head.weight"?');
    expect(() => model.tensor("head.wei")).toThrow('did you mean "head.weight"?');
    expect(() => model.tensor("head.weightxyz")).toThrow('did you mean "head.weight"?');
    expect(() => model.tensor("nothing alike")).toThrow("it has 2 tensors");
    expect(() => model.tensor("")).toThrow("it has 2 tensors");
    expect(() => model.tensor("x".repeat(300))).toThrow("it has 2 tensors");
  });

  test("refuses two tensors of one name", () => {
    expect(() => set(["a", "b", "b"])).toThrow(new OptionError('m: two tensors have the name "b"'));
  });
});

test("a model as it was opened says what saves", async () => {
  const model = new TensorSet({ name: "toy", format: "memory", tensors: [], sha256: () => Promise.resolve("") });
  await expect(model.save("small/")).rejects.toThrow(OptionError);
  await expect(model.save("small/")).rejects.toThrow(
    'toy is a model as it was opened; compress(model, …) gives one that saves, and saveSafetensors(model, "small/")',
  );
});
