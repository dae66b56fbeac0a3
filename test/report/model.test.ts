import { checkModel } from "../../kernel/report/model";
import { validate } from "../../kernel/report/validate";
import { payloadModel } from "../extension/payloads";

const model = JSON.parse(JSON.stringify(payloadModel())) as { tensors: Record<string, unknown>[] };
const check = (data: unknown) => validate(data, { model: checkModel });

test("a model passes, and its names are taken as they are", () => {
  expect(check(model)).toEqual({ ok: true, view: model });
});

test.each<[string, unknown, string]>([
  ["shape", [4, -6], "tensors[1].shape[1] is below 0"],
  ["parameters", 1.5, "tensors[1].parameters is not a whole number"],
  ["block", 3, "tensors[1].block is not text"],
  ["histogram", [], "tensors[1].histogram is not an object"],
])("a tensor whose %s is %j is refused with its place", (key, value, problem) => {
  const tensors = model.tensors.map((tensor, at) => (at === 1 ? { ...tensor, [key]: value } : tensor));
  expect(check({ ...model, tensors })).toMatchObject({ sentence: `This figure cannot be drawn: its ${problem}.` });
});
