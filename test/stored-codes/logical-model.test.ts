import { fromArrays } from "../../kernel";
import { LogicalTensor } from "../../kernel/stored-codes/logical-tensor";
import { withLogicalTensors, type LogicalOptions } from "../../kernel/stored-codes/logical-model";
import type { Scheme } from "../../kernel/stored-codes/scheme";

/** Weights at twice what "codes" says, to try the frame by itself. */
const doubled: Scheme = {
  name: "doubled",
  methods: ["doubled"],
  find: (file) =>
    file.stems("codes").map((stem) => {
      const codes = file.need(`${stem}codes`, "doubled");
      const scale = file.need(`${stem}scale`, "doubled", { parameters: 1 });
      return {
        name: `${stem}weight`,
        shape: codes.shape,
        scheme: "doubled 32-bit",
        parts: [codes, scale],
        open: async ({ signal, note }) => {
          note("it was read");
          const [all, [factor]] = [await codes.read({ signal }), await scale.read({ signal })];
          return (values, from) => {
            const columns = codes.shape[codes.shape.length - 1];
            for (let i = 0; i < values.length; i++) values[i] = factor * all[from * columns + i];
          };
        },
      };
    }),
};

const array = (shape: number[], first = 0) => ({
  shape,
  values: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => first + i),
});

const options: LogicalOptions = {
  file: "model.safetensors",
  signal: undefined,
  config: { model_type: "llama", quantization_config: { quant_method: "doubled" } },
  beside: () => Promise.resolve(undefined),
  schemes: [doubled],
};

test("parts become one tensor, at the place of the first, with its own name and count", async () => {
  const file = fromArrays({
    norm: array([4]),
    "a.codes": array([2, 3]),
    other: array([1]),
    "a.scale": array([], 2),
  });
  const { model, config } = await withLogicalTensors(file, options);
  expect(model.tensors.map(({ name }) => name)).toEqual(["norm", "a.weight", "other"]);
  expect(model.parameters).toBe(4 + 6 + 1);
  expect(model.sizeBytes).toBe(file.sizeBytes);
  expect(await model.sha256()).toBe(await file.sha256());
  expect(config).toEqual({ model_type: "llama" });
  const tensor = model.tensor("a.weight");
  expect(tensor).toMatchObject({ shape: [2, 3], scheme: "doubled 32-bit", dtype: "F32", sizeBytes: 28 });
  expect(tensor.stored).toEqual([
    { name: "a.codes", shape: [2, 3], dtype: "F32", sizeBytes: 24 },
    { name: "a.scale", shape: [], dtype: "F32", sizeBytes: 4 },
  ]);
  expect([...(await tensor.read())]).toEqual([0, 2, 4, 6, 8, 10]);
  expect(new Float32Array((await tensor.readBytes()).buffer)[5]).toBe(10);
  expect([...((await tensor.readRows?.(1, 2)) ?? [])]).toEqual([6, 8, 10]);
  expect(tensor instanceof LogicalTensor && tensor.notes).toEqual(["it was read"]);
  await expect(tensor.readRows?.(1, 3)).rejects.toThrow("rows 1 to 3 were asked for; a.weight has rows 0 to 2");
});

test("a model without codes is given back as it is, its settings too", async () => {
  const file = fromArrays({ "a.weight": array([2, 3]) });
  const { model, config } = await withLogicalTensors(file, options);
  expect(model).toBe(file);
  expect(config).toBe(options.config);
});

test("what is missing, of another shape, or there twice is an error that says so", async () => {
  const wrong = (arrays: Parameters<typeof fromArrays>[0]) => withLogicalTensors(fromArrays(arrays), options);
  await expect(wrong({ "a.codes": array([2, 3]) })).rejects.toThrow('there is no tensor "a.scale"');
  await expect(wrong({ "a.codes": array([2, 3]), "a.scale": array([2]) })).rejects.toThrow(
    '"a.scale" is F32 [2]; expected 1 elements',
  );
  await expect(wrong({ "a.codes": array([2, 3]), "a.scale": array([]), "a.weight": array([2, 3]) })).rejects.toThrow(
    'the weight "a.weight" is there as codes and as numbers',
  );
});
