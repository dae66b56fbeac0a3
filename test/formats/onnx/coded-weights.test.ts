import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { compress, magnitude, open } from "../../../kernel";
import { isInteger } from "../../../kernel/formats/onnx/coded-weights";
import type { Axes } from "../../../kernel/tensor/role";

/** Weights of codes, decoded by numpy and held against ONNX Runtime's own results: test/fixtures/formats/make_onnx_codes.py. */
interface Case {
  readonly file: string;
  readonly tensor: { readonly name: string; readonly shape: number[]; readonly values: string };
  readonly scheme: string;
  readonly role: string;
  readonly axes: Axes;
}
const cases: Readonly<Record<string, Case>> = JSON.parse(
  readFileSync(resolve(__dirname, "../../../../test/fixtures/formats/onnx_codes.json"), "utf8"),
);

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "codebook-onnx-codes-"))));
afterEach(() => rmSync(folder, { recursive: true }));
const write = (name: string): string => {
  writeFileSync(join(folder, "model.onnx"), Buffer.from(cases[name].file, "base64"));
  return join(folder, "model.onnx");
};

describe("a weight that ONNX Runtime computes with as codes reads as the numbers that they stand for", () => {
  it.each(Object.entries(cases))("%s", async (name, { tensor: expected, scheme, role, axes }) => {
    const model = await open(write(name));
    const tensor = model.tensor(expected.name);
    expect(tensor).toMatchObject({ shape: expected.shape, scheme, role, axes });
    const values = await tensor.read();
    expect(createHash("sha256").update(new Uint8Array(values.buffer)).digest("hex")).toBe(expected.values);
    const parts = (await open(write(name), { raw: true })).tensors;
    expect(parts.map((part) => part.name)).toEqual(
      expect.arrayContaining(tensor.stored?.map((part) => part.name) ?? []),
    );
    expect(
      model.tensors.filter((other) => tensor.stored?.some((part) => part.name === other.name && part !== other)).length,
    ).toBeLessThan(2);
  });
});

it("counts and prunes the weights, not the bytes that hold them", async () => {
  const model = await open(write("MatMulNBits of 4 bits"));
  const small = await compress(model, magnitude({ sparsity: 0.5, scope: "global" }));
  expect(small.report.layers.map(({ name, shape }) => [name, shape])).toEqual([["b", [6, 64]]]);
  const values = await small.tensor("b").read();
  expect(values.filter((value) => value === 0).length).toBe(192);
});

it("tells integers from floats by their types", () => {
  expect(["I8", "U4", "BOOL", "F32", "BF16", "F8_E4M3"].map(isInteger)).toEqual([
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
});
