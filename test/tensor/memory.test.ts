import { createHash } from "node:crypto";
import { fromArrays } from "../../kernel/tensor/memory";

describe("a model in memory", () => {
  const values = Float32Array.of(1, -0, NaN, 4, 5, 6);
  const model = fromArrays(
    {
      "fc.weight": { shape: [2, 3], values },
      scale: { shape: [], values: Float32Array.of(2) },
      none: { shape: [0, 4], values: new Float32Array(0) },
    },
    { name: "toy" },
  );

  it("has counts, names and tensors", async () => {
    expect([model.name, model.format, model.parameters, model.sizeBytes]).toEqual(["toy", "memory", 7, 28]);
    expect(model.tensors.map((t) => t.name)).toEqual(["fc.weight", "scale", "none"]);
    expect(model.tensor("scale")).toMatchObject({ shape: [], parameters: 1, dtype: "F32", sizeBytes: 4 });
    expect(await model.tensor("fc.weight").read()).toEqual(values);
    expect([...(await model.tensor("fc.weight").readBytes())]).toEqual([...new Uint8Array(values.buffer)]);
  });

  it("does not change when an array that was given or read changes", async () => {
    const given = Float32Array.of(1, 2);
    const copy = fromArrays({ w: { shape: [2], values: given } });
    given[0] = 9;
    (await copy.tensor("w").read())[1] = 9;
    expect([...(await copy.tensor("w").read())]).toEqual([1, 2]);
  });

  it("is hashed over names, shapes and values", async () => {
    const hash = createHash("sha256")
      .update('["w",[2]]\n')
      .update(Buffer.from([0, 0, 128, 63, 0, 0, 0, 64]))
      .digest("hex");
    expect(await fromArrays({ w: { shape: [2], values: Float32Array.of(1, 2) } }).sha256()).toBe(hash);
    expect(await fromArrays({ w: { shape: [1, 2], values: Float32Array.of(1, 2) } }).sha256()).not.toBe(hash);
  });

  it("keeps the role and the axes that it was given, and is another model with them", async () => {
    const array = { shape: [2, 1], values: Float32Array.of(1, 2) };
    const axes = { output: [1], input: [0], stacked: [] };
    const plain = fromArrays({ w: array });
    const given = fromArrays({ w: { ...array, role: "expert", axes } });
    expect(given.tensor("w")).toMatchObject({ role: "expert", roleReason: "as it was given", axes });
    expect([plain.tensor("w").role, plain.tensor("w").axes]).toEqual([undefined, undefined]);
    const hashes = [plain, given, fromArrays({ w: { ...array, axes } })].map((model) => model.sha256());
    expect(new Set(await Promise.all(hashes)).size).toBe(3);
    const wrong = { ...axes, output: [2] };
    expect(() => fromArrays({ w: { ...array, axes: wrong } })).toThrow(
      /the axes of "w": there is no axis 2 in shape \(2, 1\)/,
    );
  });

  it("names the nearest tensor when there is none of that name", () => {
    expect(() => model.tensor("fc.wieght")).toThrow('toy has no tensor "fc.wieght"; did you mean "fc.weight"?');
    expect(() => model.tensor("weight")).toThrow('did you mean "fc.weight"?');
    expect(() => model.tensor("something else")).toThrow("it has 3 tensors");
    expect(() => model.tensor("toString")).toThrow("it has 3 tensors");
  });

  it("refuses shapes that do not agree with the values", () => {
    expect(() => fromArrays({ w: { shape: [2, 2], values: new Float32Array(3) } })).toThrow(
      '"w" has shape [2, 2], that is 4 values, and 3 were given',
    );
    expect(() => fromArrays({ w: { shape: [-1], values: new Float32Array(1) } })).toThrow(/whole numbers/);
    expect(() => fromArrays({ w: { shape: [1], values: [1] as unknown as Float32Array } })).toThrow(/no Float32Array/);
    const one = { shape: [1], values: new Float32Array(1) };
    expect(() => fromArrays({ w: { ...one, role: "liner" as "linear" } })).toThrow('did you mean "linear"?');
    expect(() => fromArrays({ w: { ...one, axes: null as never } })).toThrow("one of its lists is missing");
    expect(() => fromArrays({}, { nmae: "x" } as object)).toThrow('did you mean "name"?');
  });
});
