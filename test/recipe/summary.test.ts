import { recordOrigin } from "../../kernel/formats/origin";
import { summaryOf } from "../../kernel/recipe/summary";
import { fromArrays } from "../../kernel/tensor/memory";

test("a report speaks of a model by name, size and hash, and by its source where it is known", () => {
  const model = fromArrays({ a: { shape: [3], values: new Float32Array(3) } }, { name: "m" });
  expect(summaryOf(model, "abc")).toEqual({ name: "m", format: "memory", parameters: 3, bytes: 12, sha256: "abc" });
  expect(summaryOf(recordOrigin(model, "hf:a/b@1"), "abc").source).toBe("hf:a/b@1");
});
