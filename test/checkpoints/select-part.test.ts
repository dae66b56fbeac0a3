import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { compress, fromArrays, magnitude, open, saveSafetensors } from "../../kernel";
import { openingNotes } from "../../kernel/checkpoints/select-part";

/** What torch saved, and the values that it has: test/fixtures/formats/make_checkpoints.py. */
interface Case {
  readonly file: string;
  readonly tensors?: Readonly<Record<string, { readonly shape: number[]; readonly values: string }>>;
  readonly says?: string;
  readonly part?: string;
  readonly raw?: boolean;
  readonly leftOut?: string;
  /** Tensors whose values are not read. */
  readonly complex?: string[];
}
const cases: Readonly<Record<string, Case>> = JSON.parse(
  readFileSync(resolve(__dirname, "../../../test/fixtures/formats/checkpoints.json"), "utf8"),
);
const sha256 = (values: Float32Array): string =>
  createHash("sha256")
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest("hex");

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "codebook-checkpoints-"))));
afterAll(() => rmSync(folder, { recursive: true }));
const write = (name: string): string => {
  const path = join(folder, `${name}.pt`);
  writeFileSync(path, Buffer.from(cases[name].file, "base64"));
  return path;
};

describe("a checkpoint opens as the model that torch has", () => {
  it.each(Object.entries(cases).filter(([, { tensors }]) => tensors))("%s", async (name, fixture) => {
    const { tensors, leftOut, part, raw, complex = [] } = fixture;
    const model = await open(write(name), { ...(part !== undefined && { part }), ...(raw !== undefined && { raw }) });
    expect(model.tensors.map((tensor) => tensor.name).sort()).toEqual(
      [...Object.keys(tensors ?? {}), ...complex].sort(),
    );
    for (const tensor of model.tensors) {
      if (complex.includes(tensor.name)) {
        expect([tensor.role, tensor.dtype]).toEqual(["buffer", "C64"]);
        await expect(tensor.read()).rejects.toThrow("values of type C64 are not decoded here");
        continue;
      }
      const expected = tensors?.[tensor.name];
      expect([tensor.name, [...tensor.shape]]).toEqual([tensor.name, expected?.shape]);
      expect([tensor.name, sha256(await tensor.read())]).toEqual([tensor.name, expected?.values]);
      expect((await tensor.readBytes()).length).toBe(tensor.sizeBytes);
    }
    if (leftOut !== undefined) expect(openingNotes(model).join("; ")).toContain(leftOut);
  });
});

describe("a checkpoint is refused by name", () => {
  it.each(Object.entries(cases).filter(([, { says }]) => says))("%s", async (name, { says = "", part }) => {
    await expect(open(write(name), part === undefined ? {} : { part })).rejects.toThrow(says);
  });
});

it("what pruning leaves of the whole is a share of the model, not of the moments beside it", async () => {
  const small = await compress(await open(write("training")), magnitude({ sparsity: 0.5, scope: "global" }));
  const names = small.tensors.map((tensor) => tensor.name);
  expect(names.filter((name) => /exp_avg|optimizer/.test(name))).toEqual([]);
  const values = (await Promise.all(["0.weight", "2.weight"].map((name) => small.tensor(name).read()))).flatMap(
    (one) => [...one],
  );
  expect(values.filter((value) => value === 0)).toHaveLength(9); // of 12 + 6
});

it("a masked weight says how it is stored, and bytes in its own type", async () => {
  const model = await open(write("masks over bfloat16"));
  const weight = model.tensor("weight");
  expect([weight.dtype, weight.scheme, weight.stored?.map(({ name }) => name)]).toEqual([
    "BF16",
    "torch prune mask",
    ["weight_orig", "weight_mask"],
  ]);
  const bytes = await weight.readBytes();
  const halves = new Uint16Array(bytes.buffer);
  expect(
    Float32Array.from(new Float32Array(new Uint32Array(Uint32Array.from(halves, (half) => half << 16)).buffer)),
  ).toEqual(await weight.read());
});

it("a mask of another shape than its weight is refused, and shown raw", async () => {
  const path = join(mkdtempSync(join(tmpdir(), "codebook-masks-")), "m.safetensors");
  const { tensors } = fromArrays({
    fc_orig: { shape: [4, 4], values: new Float32Array(16) },
    fc_mask: { shape: [16], values: new Float32Array(16) },
  });
  await saveSafetensors({ tensors }, path);
  await expect(open(path)).rejects.toThrow("it has the shape (4, 4) and fc_mask (16): the mask cannot be applied");
  expect((await open(path, { raw: true })).tensors).toHaveLength(2);
  rmSync(path);
});

it("part and raw are checked", async () => {
  const path = write("training");
  await expect(open(path, { part: "" })).rejects.toThrow('open(): part is ""; it takes the keys of a part, "model"');
  await expect(open(path, { part: "model", raw: true })).rejects.toThrow("give one of them");
  await expect(open(path, { raw: 1 as unknown as boolean })).rejects.toThrow(
    "open(): raw is 1; it takes true or false",
  );
});
