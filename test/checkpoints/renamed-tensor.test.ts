import { fromArrays } from "../../kernel";
import { RenamedTensor } from "../../kernel/checkpoints/renamed-tensor";

it("is the same tensor under another name, with all that is known of it", async () => {
  const axes = { output: [1], input: [0], stacked: [] };
  const own = fromArrays({ "module.w": { shape: [2, 1], values: Float32Array.of(1, 2) } }).tensor("module.w");
  const told = Object.assign(Object.create(own) as typeof own, { role: "linear" as const, roleReason: "told", axes });
  const renamed = new RenamedTensor(told, "w");
  expect(renamed).toMatchObject({
    name: "w",
    shape: [2, 1],
    dtype: "F32",
    parameters: 2,
    sizeBytes: 8,
    role: "linear",
    axes,
  });
  expect(await renamed.read()).toEqual(Float32Array.of(1, 2));
  expect(await renamed.readBytes()).toEqual(await own.readBytes());
  expect(new RenamedTensor(own, "w").scheme).toBeUndefined();
});
