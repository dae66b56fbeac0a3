import { originKey, originOf, recordOrigin } from "../../kernel/formats/origin";
import { fromArrays } from "../../kernel/tensor/memory";

test("a model has its origin among its metadata, and for who asks; what a file says of its past does not count", async () => {
  const model = fromArrays({ a: { shape: [1], values: new Float32Array(1) } }, { name: "m" });
  expect(originOf(model)).toBeUndefined();
  const recorded = recordOrigin(model, "hf://a/b@1");
  expect([originOf(recorded), recorded.metadata[originKey], recorded.name]).toEqual(["hf://a/b@1", "hf://a/b@1", "m"]);
  expect(await recorded.sha256()).toBe(await model.sha256());
  expect(originOf(model)).toBeUndefined();
});
