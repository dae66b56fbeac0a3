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
