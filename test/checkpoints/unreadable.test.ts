import { fromArrays } from "../../kernel";
import { selectPart } from "../../kernel/checkpoints/select-part";
import { refuseUnreadable } from "../../kernel/checkpoints/unreadable";

const modelOf = (...names: string[]) =>
  fromArrays(Object.fromEntries(names.map((name) => [name, { shape: [1], values: Float32Array.of(1) }])), {
    name: "m",
  });

it.each([
  ["EXL3", ["a.q_proj.trellis", "a.q_proj.suh", "a.q_proj.svh", "norm.weight"]],
  ["EXL2", ["a.q_proj.q_weight", "a.q_proj.q_scale", "a.q_proj.q_groups", "a.q_proj.q_invperm"]],
])("codes of %s are refused by name, with what to open instead", (form, names) => {
  expect(() => selectPart(modelOf(...names), {})).toThrow(
    expect.objectContaining({
      code: "UNSUPPORTED",
      message: expect.stringMatching(`^m: a\\.q_proj is stored as ${form}, .*GGUF`),
    }),
  );
});

it("one name alone says nothing", () => {
  expect(() => refuseUnreadable(modelOf("a.trellis", "b.suh", "b.svh"))).not.toThrow();
});
