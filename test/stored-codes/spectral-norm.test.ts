import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { FileTensors } from "../../kernel/stored-codes/file-tensors";
import { spectralNorm } from "../../kernel/stored-codes/spectral-norm";
import { fileOf, found, type Stored } from "./files";

/** Modules of torch after 30 steps, and the weights that they compute with: test/fixtures/stored-codes/make_spectral.py. */
const cases: Readonly<
  Record<
    string,
    { readonly state: Record<string, { shape: number[]; values: number[] }>; readonly weight: readonly number[] }
  >
> = JSON.parse(readFileSync(resolve(__dirname, "../../../test/fixtures/stored-codes/spectral.json"), "utf8"));

const partsOf = (name: string): Record<string, Stored> =>
  Object.fromEntries(
    Object.entries(cases[name].state).map(([key, { shape, values }]): [string, Stored] => [
      `net.0.${key}`,
      ["F32", shape, values],
    ]),
  );

test.each(Object.keys(cases))("%s: the weight of torch's evaluation mode", async (name) => {
  const [tensor, ...more] = await found(spectralNorm, partsOf(name));
  expect(more).toEqual([]);
  expect(tensor).toMatchObject({ name: "net.0.weight", scheme: "torch spectral norm" });
  expect(tensor.stored).toHaveLength(3);
  const values = await tensor.read();
  expect(values).toHaveLength(cases[name].weight.length);
  // torch adds σ up in float32.
  cases[name].weight.forEach((weight, i) => expect(Math.abs(values[i] - weight)).toBeLessThan(1e-6));
  expect(tensor.notes).toEqual([]);
  expect(await tensor.readRows(1, 2)).toEqual(
    values.slice(values.length / tensor.shape[0]).slice(0, values.length / tensor.shape[0]),
  );
});

const one = (original: Stored, u: Stored, v: Stored, more: Record<string, Stored> = {}): Record<string, Stored> => ({
  "a.weight_orig": original,
  "a.weight_u": u,
  "a.weight_v": v,
  ...more,
});

test("of two axes that fit, the first is taken where the vectors are those of neither, and a note says so", async () => {
  const weight: Stored = ["F32", [2, 2, 1], [2, 0, 0, 1]];
  const [tensor] = await found(spectralNorm, one(weight, ["F32", [2], [1, 0]], ["F32", [2], [0.5, -2]]));
  expect([...(await tensor.read())]).toEqual([2, 0, 0, 1]);
  expect(tensor.notes.join()).toContain("a network that was not trained yet");
});

test("vectors of other lengths and a norm of 0 are errors; what only looks like it stays", async () => {
  const weight: Stored = ["F32", [2, 3], [1, 2, 3, 4, 5, 6]];
  const u: Stored = ["F32", [2], [1, 0]];
  await expect(found(spectralNorm, one(weight, u, ["F32", [2], [1, 0]]))).rejects.toThrow("have 2 and 2 numbers");
  const [zero] = await found(spectralNorm, one(weight, u, ["F32", [3], [0, 0, 0]]));
  await expect(zero.read()).rejects.toThrow("the spectral norm");
  const v: Stored = ["F32", [3], [1, 0, 0]];
  expect(await found(spectralNorm, { "a.weight_orig": weight, "a.weight_u": u })).toEqual([]);
  expect(await found(spectralNorm, one(weight, u, v, { "a.weight": weight }))).toEqual([]);
  const { tensors } = fileOf(one(weight, u, v));
  const settings = { file: "m", quantization: undefined, metadata: {}, signal: undefined };
  expect(spectralNorm.find(new FileTensors(tensors, { ...settings, config: { model_type: "own" } }))).toEqual([]);
  expect(spectralNorm.find(new FileTensors(tensors, { ...settings, config: {} }))).toHaveLength(1);
});
