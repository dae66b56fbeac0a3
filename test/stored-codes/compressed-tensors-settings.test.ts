import { argsFor, groupsOf } from "../../kernel/stored-codes/compressed-tensors-settings";

const group = (bits: number, ...targets: string[]) => ({ targets, weights: { num_bits: bits, symmetric: true } });
const bitsOf = (
  module: string,
  groups: Record<string, unknown>,
  fits: (args: { bits: number }) => boolean = () => true,
): number[] => argsFor(module, groupsOf({ config_groups: groups }), fits).map(({ bits }) => bits);

test("a name goes before a pattern, a pattern before a class", () => {
  const groups = { a: group(8, "Linear"), b: group(4, "re:.*mlp"), c: group(3, "x.mlp.up") };
  expect([bitsOf("x.mlp.up", groups), bitsOf("x.mlp.down", groups), bitsOf("x.attn", groups)]).toEqual([[3], [4], [8]]);
});

test("what is stored goes before all of them", () => {
  expect(bitsOf("x", { a: group(8, "x"), b: group(4, "Linear") }, ({ bits }) => bits === 4)).toEqual([4]);
});

test("what stays open stays open, and groups that say the same are one", () => {
  expect(bitsOf("x", { a: group(8, "Linear"), b: group(4, "Linear") })).toEqual([8, 4]);
  expect(bitsOf("x", { a: group(8, "Linear"), b: group(8, "re:.*") })).toEqual([8]);
});

test("settings of any other form say nothing", () => {
  expect(groupsOf(undefined)).toEqual([]);
  expect(groupsOf({ config_groups: { W4A16: ["Linear"], b: null, c: { targets: [], weights: {} } } })).toEqual([]);
  expect(bitsOf("x", { a: group(8, "re:("), b: group(4, "re:(a+)+$") })).toEqual([8, 4]);
});
