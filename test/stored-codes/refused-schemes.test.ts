import { refuseCodes } from "../../kernel/stored-codes/refusals";
import { refusedSchemes } from "../../kernel/stored-codes/refused-schemes";
import { headers } from "./weights";

test("each row has a sign or a method, and says what to do instead", () => {
  for (const { name, methods, sign, remedy } of refusedSchemes) {
    expect([name, methods ?? sign]).not.toContain(undefined);
    expect(remedy).not.toBe("");
  }
  expect(new Set(refusedSchemes.map(({ name }) => name)).size).toBe(refusedSchemes.length);
});

test("a sign asks for two things: models of numbers under such names open", () => {
  refuseCodes(headers({ "quantizer.codebooks": ["F32", 8, 4], "quantizer.codes_per_second": ["I64", 2] }));
  refuseCodes(headers({ "trellis.weight": ["F32", 8, 4], "B.weight": ["F32", 4, 4] }));
  refuseCodes(headers({ "a.weight": ["F32", 8, 4], "a.weight_scales": ["F32", 4] }));
  refuseCodes(headers({ "a.indices": ["I64", 8], "a.weight": ["F32", 4, 4] }));
});

test("what was seen stands in the error", () => {
  expect(() => refuseCodes(headers({ "a.trellis": ["I16", 1, 1, 64], "a.suh": ["F16", 16] }))).toThrow(
    '"a.trellis", I16 [1, 1, 64], is stored as EXL3, which is not decoded here; expected the model that it was made from',
  );
});

test.each([
  ["quanto in four bits", { "a.weight._data._data": ["U8", 4, 8], "a.weight._scale": ["F32", 8, 1] }, "optimum-quanto"],
  ["gpt-fast", { "a.weight": ["I32", 1, 1, 32, 4], "a.scales_and_zeros": ["F32", 2, 8, 2] }, "matrix unit"],
  ["a bitmask", { "a.compressed": ["F32", 20], "a.bitmask": ["U8", 8, 1] }, "sparse bitmask"],
  ["marlin-24", { "a.weight_packed": ["I32", 4, 64], "a.scale_packed": ["F32", 1, 64] }, "marlin-24"],
] as const)("%s is refused by name, not taken by what stands beside its codes", (_, tensors, name) => {
  expect(() => refuseCodes(headers(tensors as unknown as Parameters<typeof headers>[0]))).toThrow(name);
});
