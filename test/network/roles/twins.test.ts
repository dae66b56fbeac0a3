import { rolesOf } from "../../../kernel/network";
import { subjectOf } from "../../../kernel/network/roles/subject";
import { twinsOf } from "../../../kernel/network/roles/twins";

const shape = [4, 3];
const twins = (...names: string[]): string[] => [
  ...twinsOf(names.map((name) => subjectOf({ name, shape: /step|^t$/.test(name) ? [] : shape }))).keys(),
];

test.each([
  [
    ["w", "m.w", "v.w", "step"],
    ["m.w", "v.w"],
  ],
  [
    ["params.a.w", "m.a.w", "v.a.w"],
    ["m.a.w", "v.a.w"],
  ],
  [
    ["params/a/w", "mu/a/w", "nu/a/w"],
    ["mu/a/w", "nu/a/w"],
  ],
  [
    ["a.weight", "a.weight.m", "a.weight.v"],
    ["a.weight.m", "a.weight.v"],
  ],
  [
    ["a.weight", "a.weight_m", "a.weight_v"],
    ["a.weight_m", "a.weight_v"],
  ],
  [
    ["a.weight", "exp_avg.a.weight", "exp_avg_sq.a.weight"],
    ["exp_avg.a.weight", "exp_avg_sq.a.weight"],
  ],
  [
    ["m.a", "v.a", "step"],
    ["m.a", "v.a"],
  ],
  [
    ["Wxh", "Why", "mWxh", "mWhy"],
    ["mWxh", "mWhy"],
  ],
  [
    ["a.weight", "a.weight_init", "a.weight_fisher"],
    ["a.weight_init", "a.weight_fisher"],
  ],
  [["a.weight", "momentum.a.weight"], ["momentum.a.weight"]],
  [["a.weight", "a.weight.grad"], ["a.weight.grad"]],
  [["a.weight", "ema.a.weight"], ["ema.a.weight"]],
  [
    ["W1", "mW1", "vW1", "dW1"],
    ["mW1", "vW1", "dW1"],
  ],
  [
    ["net.0.weight", "state.0.weight.row_var", "state.0.weight.sum"],
    ["state.0.weight.row_var", "state.0.weight.sum"],
  ],
  [["model.net.a.weight", "model_ema.netaweight"], ["model_ema.netaweight"]],
])("of %j those are twins: %j", (names, expected) => expect(twins(...names)).toEqual(expected));

test.each([
  // An attention of q, k, v; layers that are called m and v; a variational layer; a twin of another shape has none.
  [["q.weight", "k.weight", "v.weight"]],
  [["attn.q", "attn.v", "attn.m"]],
  [["m.weight", "v.weight", "x.weight"]],
  [["mu.weight", "logvar.weight"]],
  [["W1", "mW1"]],
  [["state.0.weight", "state.1.weight"]],
  [["ema.a.weight", "ema.b.weight"]],
])("none of %j is a twin", (names) => expect(twins(...names)).toEqual([]));

test("a twin has the shape of its weight", () => {
  const roles = rolesOf({
    tensors: [
      { name: "w", shape: [4, 3] },
      { name: "m.w", shape: [4, 3] },
      { name: "v.w", shape: [4, 3] },
      { name: "ema.w", shape: [4, 5] },
      { name: "grad.w", shape: [4, 3], dtype: "I64" },
    ],
  });
  expect(roles.map(({ role }) => role)).toEqual(["linear", "optimizer state", "optimizer state", "linear", "integer"]);
});
